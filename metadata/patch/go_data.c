/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go_data.c - read-only data of Go programs: types and their methods, stack maps. Besides pointers
 * they hold offsets of four bytes from the start of the types or of the code, which nothing marks.
 * What a word is shows in how the words before it behaved: each prediction keeps a score for each
 * recent past, and the best one is used. */
#include "patch/go.h"

enum { POINTER = WH_GO_KINDS, SCORE_MAX = 24 };

static void remember(struct wh_go *go, unsigned kind)
{
    go->history = (go->history << 2 | kind) & (WH_GO_CONTEXTS - 1);
}

/* A word under every prediction. */
struct guesses {
    uint32_t values[WH_GO_KINDS];
    bool differ;
};

static uint32_t guess_offset(const struct wh_walk *walk, uint64_t base, uint32_t value)
{
    return (uint32_t)(wh_guess(walk, base + value) - wh_guess(walk, base));
}

static struct guesses make_guesses(const struct wh_walk *walk, uint32_t value)
{
    const struct wh_go *go = walk->go;
    struct guesses guesses = {{value, value, value}, false};

    if (value == 0)
        return guesses;
    if (value < go->types_end - go->types)
        guesses.values[WH_GO_TYPE] = guess_offset(walk, go->types, value);
    if (value < go->text_end - go->text)
        guesses.values[WH_GO_TEXT] = guess_offset(walk, go->text, value);
    guesses.differ = guesses.values[WH_GO_TYPE] != value || guesses.values[WH_GO_TEXT] != value;
    return guesses;
}

static enum wh_go_kind best_kind(const int8_t *scores)
{
    enum wh_go_kind best = WH_GO_NUMBER;

    for (enum wh_go_kind kind = WH_GO_TYPE; kind < WH_GO_KINDS; kind++)
        if (scores[kind] > scores[best])
            best = kind;
    return best;
}

static void keep_score(int8_t *scores, const struct guesses *guesses, uint32_t now)
{
    for (unsigned kind = 0; kind < WH_GO_KINDS; kind++) {
        if (guesses->values[kind] == now)
            scores[kind] = (int8_t)(scores[kind] < SCORE_MAX ? scores[kind] + 1 : SCORE_MAX);
        else
            scores[kind] = (int8_t)(scores[kind] > -SCORE_MAX ? scores[kind] - 2 : -SCORE_MAX);
    }
}

static void put_word(struct wh_walk *walk, size_t at, uint32_t value)
{
    struct wh_go *go = walk->go;
    int8_t *scores = go->scores[go->history];
    struct guesses guesses = make_guesses(walk, value);
    enum wh_go_kind kind = best_kind(scores);

    if (value == 0)
        kind = WH_GO_NUMBER;
    if (guesses.differ) {
        uint32_t guess = guesses.values[kind];
        uint32_t now = wh_put32(walk, at, guess);
        keep_score(scores, &guesses, now);
        uint64_t base = kind == WH_GO_TYPE ? go->types : go->text;
        if (now != guess && now != value && kind != WH_GO_NUMBER)
            wh_learn(walk, base + value, wh_guess(walk, base) + now);
    }
    remember(go, kind);
}

void wh_walk_go_data(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    size_t from = wh_first_record(stretch, 0, 8);

    walk->go->history = 0;
    for (; from + 8 <= stretch->to; from += 8) {
        uint64_t word = wh_load64(walk->old_bytes + from);
        if (word && wh_in_image(walk, word)) {
            (void)wh_put_address(walk, from + stretch->shift, 8, word);
            remember(walk->go, POINTER);
            continue;
        }
        put_word(walk, from + stretch->shift, (uint32_t)word);
        put_word(walk, from + stretch->shift + 4, (uint32_t)(word >> 32));
    }
}

void wh_walk_go_links(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    if (!walk->go)
        return;
    uint64_t base = wh_guess(walk, walk->go->types);
    for (size_t from = wh_first_record(stretch, 0, 4); from + 4 <= stretch->to; from += 4) {
        uint32_t value = wh_load32(walk->old_bytes + from);
        uint64_t target = walk->go->types + value;
        if (value >= walk->go->types_end - walk->go->types)
            continue;
        uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
        uint32_t now = wh_put32(walk, from + stretch->shift, guess);
        if (now != guess)
            wh_learn(walk, target, base + now);
    }
}
