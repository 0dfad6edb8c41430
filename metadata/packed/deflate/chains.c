/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chains.c - see packed/deflate/chains.h. Places are kept modulo 2^32: from 4 GiB on a head may be
 * taken for a near one, which costs a comparison of bytes and nothing else. */
#include "packed/deflate/chains.h"

#include <stdlib.h>

#include "whittle/word.h"

/* What an encoder wants to see ahead. */
#define AHEAD (WH_DEFLATE_WINDOW - WH_CHAINS_REACH)
/* What all searches may take together. Real contents take a fraction; those that were made to be
 * slow would take minutes for a megabyte. */
#define STEPS_ONCE (1ull << 26)
#define STEPS_A_BYTE 512u
#define MASK (WH_DEFLATE_WINDOW - 1)

wh_status wh_chains_init(
    struct wh_chains *chains, struct wh_bytes plain, unsigned hash_bits, struct wh_error *err)
{
    *chains = (struct wh_chains){
        .plain = plain,
        .hash_shift = (hash_bits + 2) / 3, /* the first byte leaves the hash with the fourth */
        .steps_left = STEPS_ONCE + STEPS_A_BYTE * (uint64_t)plain.length,
        .hash_mask = (1u << hash_bits) - 1,
        .heads = calloc((size_t)1 << hash_bits, sizeof *chains->heads),
        .links = calloc(WH_DEFLATE_WINDOW, sizeof *chains->links),
    };
    if (chains->heads && chains->links)
        return WH_OK;
    wh_chains_clear(chains);
    return wh_no_memory(err);
}

wh_status wh_chains_buffer(struct wh_chains *chains, struct wh_error *err)
{
    const struct wh_bytes plain = chains->plain;
    const size_t window = WH_DEFLATE_WINDOW;
    struct wh_buffered *buffered = calloc(1, sizeof *buffered);

    if (!buffered)
        return wh_no_memory(err);
    chains->buffered = buffered;
    buffered->last = SIZE_MAX;
    buffered->kept = plain.length < window ? plain.length : window;
    if (buffered->kept > 0)
        memcpy(buffered->bytes, plain.data + plain.length - buffered->kept, buffered->kept);
    for (size_t i = 2; i < WH_DEFLATE_MATCH_MAX; i++) {
        size_t place = plain.length + i;
        buffered->bytes[buffered->kept + i] = place < 2 * window ? 0 : plain.data[place - window];
    }
    return WH_OK;
}

void wh_chains_stand(struct wh_chains *chains, size_t at)
{
    const size_t window = WH_DEFLATE_WINDOW;
    const size_t length = chains->plain.length;
    struct wh_buffered *buffered = chains->buffered;
    size_t start = 0; /* of the buffer */

    if (!buffered || buffered->is_end_seen || length - at >= AHEAD)
        return;
    if (length > 2 * window)
        start = (length - window - 1) / window * window;
    if (at - start >= 2 * window - AHEAD) /* moved on for more, which is not there */
        start += window;
    buffered->is_end_seen = true;
    buffered->last = start + 2 * window - AHEAD;
}

void wh_chains_clear(struct wh_chains *chains)
{
    free(chains->buffered);
    free(chains->heads);
    free(chains->links);
    *chains = (struct wh_chains){0};
}

void wh_chains_add(struct wh_chains *chains, size_t end)
{
    const uint8_t *data = chains->plain.data;
    const size_t length = chains->plain.length;
    const unsigned shift = chains->hash_shift;

    /* The last two places have no three bytes, and no match starts there. */
    if (end + 2 > length)
        end = length < 2 ? 0 : length - 2;
    for (size_t at = chains->next; at < end; at++) {
        uint32_t hash = ((uint32_t)data[at] << 2 * shift ^ (uint32_t)data[at + 1] << shift ^
                            data[at + 2]) &
                        chains->hash_mask;
        uint32_t distance = (uint32_t)at - chains->heads[hash];
        /* Place 0 is how encoders write "none": it is never found. */
        bool is_near = distance <= WH_CHAINS_REACH && distance < at;
        chains->links[at & MASK] = (uint16_t)(is_near ? distance : 0);
        chains->heads[hash] = (uint32_t)at;
    }
    wh_chains_skip(chains, end);
}

void wh_chains_skip(struct wh_chains *chains, size_t end)
{
    if (chains->next < end)
        chains->next = end;
}

/* Equal bytes at two places, of which the later one has `most`. */
static uint32_t equal_bytes(const uint8_t *one, const uint8_t *other, uint32_t most)
{
    uint32_t length = 0;

    while (length + 8 <= most) {
        uint64_t differ = wh_load64(one + length) ^ wh_load64(other + length);
        if (differ)
            return length + (uint32_t)__builtin_ctzll(differ) / 8;
        length += 8;
    }
    while (length < most && one[length] == other[length])
        length++;
    return length;
}

/* The best of a chain that starts so far away, compared for `most` bytes. */
static struct wh_match search_chain(struct wh_chains *chains, size_t at, const uint8_t *here,
    struct wh_match best, const struct wh_search *search, uint32_t most)
{
    uint32_t distance = chains->links[at & MASK];
    uint32_t step = distance;
    uint16_t last_two = wh_load16(here + best.length - 1);
    uint64_t steps = 0;

    for (uint32_t left = search->candidates; step > 0 && left > 0; left--) {
        const uint8_t *candidate = here - distance;
        steps++;
        if (wh_load16(candidate + best.length - 1) == last_two) {
            uint32_t length = equal_bytes(candidate, here, most);
            steps += length / 8;
            if (length > best.length) {
                best = (struct wh_match){length, distance};
                if (length >= search->nice || length == most)
                    break;
                last_two = wh_load16(here + length - 1);
            }
        }
        step = chains->links[(at - distance) & MASK];
        distance += step;
        if (distance >= WH_CHAINS_REACH || distance >= at)
            break;
    }
    chains->steps_left -= steps < chains->steps_left ? steps : chains->steps_left;
    return best;
}

struct wh_match wh_chains_search(
    struct wh_chains *chains, size_t at, uint32_t floor, const struct wh_search *search)
{
    const size_t left = chains->plain.length - at;
    const uint32_t most = left < WH_DEFLATE_MATCH_MAX ? (uint32_t)left : WH_DEFLATE_MATCH_MAX;
    struct wh_match best = {.length = floor};

    if (most < WH_DEFLATE_MATCH_MIN || most <= floor)
        return best;
    wh_chains_add(chains, at + 1);
    if (chains->steps_left == 0)
        return best;
    if (most == WH_DEFLATE_MATCH_MAX || !chains->buffered)
        return search_chain(chains, at, chains->plain.data + at, best, search, most);
    if (at > chains->buffered->last)
        return best;

    const uint8_t *here = chains->buffered->bytes + chains->buffered->kept - left;
    best = search_chain(chains, at, here, best, search, WH_DEFLATE_MATCH_MAX);
    if (best.length > most)
        best.length = most;
    return best;
}
