/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_build.c - see packed/deflate/code_build.h. */
#include "packed/deflate/code_build.h"

#include <string.h>

#include "packed/deflate/code_table.h"

enum { NODES = 2 * LITERALS };

/* A tree in the making. Nodes below leaf_count are leaves. */
struct tree {
    uint32_t weights[NODES];
    uint16_t parents[NODES];
    uint8_t heights[NODES]; /* of the tree below a node */
    uint8_t depths[NODES];
    unsigned leaf_count;
    unsigned node_count;
    uint16_t heap[NODES]; /* from 1 on, the first node to be joined at its top */
    unsigned heap_length;
    uint16_t joined[NODES]; /* in the order in which they left the heap */
    unsigned joined_count;
};

/* ---- the heap: what is equal in weight and height stays in the order that it gives -------------
 */

static bool comes_first(const struct tree *tree, unsigned a, unsigned b)
{
    if (tree->weights[a] != tree->weights[b])
        return tree->weights[a] < tree->weights[b];
    return tree->heights[a] <= tree->heights[b];
}

static void sink(struct tree *tree, unsigned place)
{
    uint16_t node = tree->heap[place];

    for (unsigned child; (child = 2 * place) <= tree->heap_length; place = child) {
        if (child < tree->heap_length &&
            comes_first(tree, tree->heap[child + 1], tree->heap[child]))
            child++;
        if (comes_first(tree, node, tree->heap[child]))
            break;
        tree->heap[place] = tree->heap[child];
    }
    tree->heap[place] = node;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static void add_leaf(struct tree *tree, unsigned symbol, uint32_t weight)
{
    tree->weights[symbol] = weight;
    tree->heights[symbol] = 0;
    tree->heap[++tree->heap_length] = (uint16_t)symbol;
}

/* A code has two symbols at least: the lowest ones that are free are made up. */
static void plant(struct tree *tree, const uint32_t *counts, unsigned count)
{
    unsigned behind = 0; /* the last symbol */

    tree->leaf_count = tree->node_count = count;
    tree->heap_length = tree->joined_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        add_leaf(tree, i, counts[i]);
        behind = i + 1;
    }
    while (tree->heap_length < 2) {
        unsigned symbol = behind < 3 ? behind++ : 0;
        add_leaf(tree, symbol, 1);
    }
    for (unsigned place = tree->heap_length / 2; place >= 1; place--)
        sink(tree, place);
}

/* Joins the two nodes that come first until one is left. */
static void grow(struct tree *tree)
{
    while (tree->heap_length > 1) {
        uint16_t one = tree->heap[1];
        tree->heap[1] = tree->heap[tree->heap_length--];
        sink(tree, 1);
        uint16_t other = tree->heap[1];
        uint16_t node = (uint16_t)tree->node_count++;
        uint8_t height = tree->heights[one] > tree->heights[other] ? tree->heights[one]
                                                                   : tree->heights[other];
        tree->weights[node] = tree->weights[one] + tree->weights[other];
        tree->heights[node] = (uint8_t)(height + 1);
        tree->parents[one] = tree->parents[other] = node;
        tree->joined[tree->joined_count++] = one;
        tree->joined[tree->joined_count++] = other;
        tree->heap[1] = node;
        sink(tree, 1);
    }
}

/* Counts leaves by depth, none deeper than limit, and gives how many nodes would have been. */
static int measure(struct tree *tree, unsigned limit, unsigned counts[CODE_MAX + 1])
{
    int too_deep = 0;

    memset(counts, 0, (CODE_MAX + 1) * sizeof *counts);
    tree->depths[tree->heap[1]] = 0;
    for (unsigned i = tree->joined_count; i-- > 0;) {
        unsigned node = tree->joined[i];
        unsigned depth = tree->depths[tree->parents[node]] + 1u;
        if (depth > limit) {
            depth = limit;
            too_deep++;
        }
        tree->depths[node] = (uint8_t)depth;
        if (node < tree->leaf_count)
            counts[depth]++;
    }
    return too_deep;
}

/* Makes room for what was too deep: a leaf above goes one down, and one of those beside it. */
static void repair(int too_deep, unsigned limit, unsigned counts[CODE_MAX + 1])
{
    for (; too_deep > 0; too_deep -= 2) {
        unsigned depth = limit - 1;
        while (counts[depth] == 0)
            depth--;
        counts[depth]--;
        counts[depth + 1] += 2;
        counts[limit]--;
    }
}

/* Lengths anew, the longest for the leaves that were joined first. */
static void deal(
    const struct tree *tree, unsigned limit, unsigned counts[CODE_MAX + 1], uint8_t *out_lengths)
{
    unsigned next = 0;

    for (unsigned depth = limit; depth > 0; depth--) {
        for (; counts[depth] > 0; counts[depth]--) {
            while (tree->joined[next] >= tree->leaf_count)
                next++;
            out_lengths[tree->joined[next++]] = (uint8_t)depth;
        }
    }
}

void wh_code_build(const uint32_t *counts, unsigned count, unsigned limit, uint8_t *out_lengths)
{
    struct tree tree;
    unsigned by_depth[CODE_MAX + 1];

    plant(&tree, counts, count);
    grow(&tree);
    memset(out_lengths, 0, count);
    int too_deep = measure(&tree, limit, by_depth);
    if (too_deep > 0) {
        repair(too_deep, limit, by_depth);
        deal(&tree, limit, by_depth, out_lengths);
        return;
    }
    for (unsigned i = 0; i < tree.joined_count; i++) {
        if (tree.joined[i] < tree.leaf_count)
            out_lengths[tree.joined[i]] = tree.depths[tree.joined[i]];
    }
}

/* ---- the spelling --------------------------------------------------------------------------- */

static void add_item(struct wh_spelling *spelling, unsigned symbol, unsigned over)
{
    spelling->items[spelling->item_count].symbol = (uint8_t)symbol;
    spelling->items[spelling->item_count++].over = (uint8_t)over;
}

/* The longest piece of a run of equal lengths that one symbol says, or a single length. */
static unsigned spell_piece(
    struct wh_spelling *spelling, uint8_t length, unsigned run, bool is_first)
{
    if (length == 0 && run >= 3) {
        unsigned piece = run < 138 ? run : 138;
        unsigned symbol = piece < 11 ? 17 : 18;
        add_item(spelling, symbol, piece - wh_order_spans[symbol].base);
        return piece;
    }
    if (length != 0 && !is_first && run >= 3) {
        unsigned piece = run < 6 ? run : 6;
        add_item(spelling, 16, piece - 3);
        return piece;
    }
    add_item(spelling, length, 0);
    return 1;
}

/* Runs of literals and of distances are apart. */
static void spell(struct wh_spelling *spelling, const uint8_t *lengths, unsigned count)
{
    for (unsigned at = 0; at < count;) {
        unsigned run = 1;
        while (at + run < count && lengths[at + run] == lengths[at])
            run++;
        for (unsigned left = run; left > 0;)
            left -= spell_piece(spelling, lengths[at], left, left == run);
        at += run;
    }
}

static unsigned used(const uint8_t *lengths, unsigned count)
{
    while (count > 1 && lengths[count - 1] == 0)
        count--;
    return count;
}

void wh_spelling_make(const struct wh_code_lengths *lengths, struct wh_spelling *out_spelling)
{
    uint32_t counts[ORDERS] = {0};

    out_spelling->item_count = 0;
    out_spelling->literal_count = used(lengths->literals, LITERALS);
    out_spelling->distance_count = used(lengths->distances, DISTANCES);
    spell(out_spelling, lengths->literals, out_spelling->literal_count);
    spell(out_spelling, lengths->distances, out_spelling->distance_count);
    for (unsigned i = 0; i < out_spelling->item_count; i++)
        counts[out_spelling->items[i].symbol]++;
    wh_code_build(counts, ORDERS, ORDER_CODE_MAX, out_spelling->order_lengths);
    out_spelling->order_count = ORDERS;
    while (out_spelling->order_count > 4 &&
           out_spelling->order_lengths[wh_order_sequence[out_spelling->order_count - 1]] == 0)
        out_spelling->order_count--;
}

uint64_t wh_spelling_bits(const struct wh_spelling *spelling)
{
    uint64_t bits = 14 + 3 * spelling->order_count;

    for (unsigned i = 0; i < spelling->item_count; i++) {
        unsigned symbol = spelling->items[i].symbol;
        bits += spelling->order_lengths[symbol] + wh_order_spans[symbol].extra;
    }
    return bits;
}

void wh_spelling_write(const struct wh_spelling *spelling, struct wh_bit_writer *writer)
{
    uint16_t codes[ORDERS];

    wh_codes_assign(spelling->order_lengths, ORDERS, codes);
    wh_bits_put(writer, spelling->literal_count - 257, 5);
    wh_bits_put(writer, spelling->distance_count - 1, 5);
    wh_bits_put(writer, spelling->order_count - 4, 4);
    for (unsigned i = 0; i < spelling->order_count; i++)
        wh_bits_put(writer, spelling->order_lengths[wh_order_sequence[i]], 3);
    for (unsigned i = 0; i < spelling->item_count; i++) {
        unsigned symbol = spelling->items[i].symbol;
        wh_bits_put(writer, codes[symbol], spelling->order_lengths[symbol]);
        wh_bits_put(writer, spelling->items[i].over, wh_order_spans[symbol].extra);
    }
}
