/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sketch.c - see sketch.h. */
#include "sketch.h"

#include <string.h>

#include "whittle/word.h"

enum { SPAN = 8, SEEN = 256 };

/* Runs of one byte, and words that are mostly zeros: small numbers in tables. */
static bool is_common(uint64_t word)
{
    int zeros = 0;

    if (word == (word & 0xff) * 0x0101010101010101u)
        return true;
    for (int i = 0; i < SPAN; i++)
        zeros += (word >> 8 * i & 0xff) == 0;
    return zeros > SPAN / 2;
}

/* Where the hash is or would be. */
static uint32_t place_of(const struct wh_sketch *sketch, uint64_t hash)
{
    uint32_t low = 0;
    uint32_t high = sketch->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sketch->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts it in its place; of too many the greatest goes. */
static void insert(struct wh_sketch *sketch, uint32_t most, uint64_t hash)
{
    uint32_t place = place_of(sketch, hash);

    if (place < sketch->count && sketch->hashes[place] == hash)
        return;
    if (sketch->count < most)
        sketch->count++;
    if (place == sketch->count)
        return;
    memmove(&sketch->hashes[place + 1], &sketch->hashes[place],
        (sketch->count - 1 - place) * sizeof *sketch->hashes);
    sketch->hashes[place] = hash;
}

void wh_sketch_make(struct wh_bytes content, uint32_t most, struct wh_sketch *out_sketch)
{
    uint64_t seen[SEEN] = {0}; /* what is repetitive comes again and again */
    uint64_t limit = UINT64_MAX;
    struct wh_sketch *sketch = out_sketch;

    *sketch = (struct wh_sketch){0};
    if (most == 0 || most > WH_SKETCH_MAX)
        most = WH_SKETCH_MAX;
    for (size_t i = 0; i + SPAN <= content.length; i++) {
        uint64_t word = wh_load64(content.data + i);
        uint64_t hash = (word + 0x2545f4914f6cdd1du) * 0x9e3779b97f4a7c15u;
        if (hash > limit || seen[hash % SEEN] == hash || is_common(word))
            continue;
        seen[hash % SEEN] = hash;
        insert(sketch, most, hash);
        if (sketch->count == most)
            limit = sketch->hashes[most - 1];
    }
    sketch->complete = sketch->count < most;
}

uint32_t wh_common_score(struct wh_common common)
{
    enum { DOUBT = 3 };

    return 1000 * common.shared / (common.known + DOUBT);
}

struct wh_common wh_sketch_compare(const struct wh_sketch *content, const struct wh_sketch *source)
{
    struct wh_common common = {0};
    uint32_t at = 0;

    for (uint32_t i = 0; i < content->count; i++) {
        uint64_t hash = content->hashes[i];
        while (at < source->count && source->hashes[at] < hash)
            at++;
        if (at == source->count && !source->complete)
            break; /* the source may have it, its sketch does not reach so far */
        common.known++;
        common.shared += at < source->count && source->hashes[at] == hash;
    }
    return common;
}

bool wh_is_compressed(struct wh_bytes content)
{
    static const struct {
        const char *magic;
        size_t length;
    } formats[] = {
        {"\x1f\x8b\x08", 3},         /* gzip */
        {"\xfd\x37\x7a\x58\x5a", 5}, /* xz */
        {"\x28\xb5\x2f\xfd", 4},     /* zstd */
        {"BZh", 3},                  /* bzip2 */
        {"\x04\x22\x4d\x18", 4},     /* lz4 */
        {"\x5d\x00\x00", 3},         /* lzma */
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (content.length >= formats[i].length &&
            memcmp(content.data, formats[i].magic, formats[i].length) == 0)
            return true;
    return false;
}
