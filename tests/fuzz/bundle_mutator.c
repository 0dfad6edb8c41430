/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_mutator.c - changes one part of a bundle, what lies inside its frame, and mends lengths
 * and digest. Plain changes of any byte take their turn, for the head and the frames themselves. */
#include <string.h>

#include "fuzz.h"
#include "mutate_header.h"
#include "mutate_recipe.h"
#include "stored_bundle.h"
#include "whittle/cleanup.h"

enum { ROOM = 1 << 12 };

static void mutate_part(struct wh_buffer *part)
{
    uint8_t bytes[2 * ROOM];
    size_t length = part->length < ROOM ? part->length : ROOM;

    if (length < part->length) { /* a large part only changes at its beginning, in place */
        (void)LLVMFuzzerMutate(part->data, length, length);
        return;
    }
    if (length > 0)
        memcpy(bytes, part->data, length);
    length = LLVMFuzzerMutate(bytes, length, sizeof bytes);
    part->length = 0;
    wh_buffer_append(part, bytes, length);
}

/* The main header inside the prefix, which keeps lead and signature header. */
static void mutate_main_header(struct wh_buffer *part, unsigned seed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer header = {.ceiling = 1 << 16};
    struct wh_prefix prefix;

    if (wh_prefix_parse(wh_buffer_bytes(part), &prefix, NULL) != WH_OK ||
        !mutate_header(prefix.header.bytes, seed, &header))
        return;
    part->length -= prefix.header.bytes.length;
    wh_buffer_append(part, header.data, header.length);
}

static bool mutate_inside(struct wh_bytes bytes, unsigned seed, struct wh_buffer *out)
{
    struct stored_bundle bundle;
    enum { MAIN_HEADER = PARTS, RECIPE, CHOICES };
    unsigned part = seed % CHOICES;

    if (!stored_bundle_open(
            bytes, fuzz_versions_for(bytes.data, bytes.length).old->parsed.header.bytes, &bundle))
        return false;
    if (part < PARTS)
        mutate_part(&bundle.parts[part]);
    else if (part == MAIN_HEADER)
        mutate_main_header(&bundle.parts[PART_PREFIX], seed / CHOICES);
    else if (!mutate_recipe(bytes, seed / CHOICES, &bundle.parts[PART_TABLE]))
        mutate_part(&bundle.parts[PART_TABLE]);
    stored_bundle_close(&bundle, out);
    stored_bundle_clear(&bundle);
    return true;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 1 << 20};
    unsigned choice = seed % 8;

    if (choice > 1 && mutate_inside((struct wh_bytes){data, size}, seed / 8, &made) &&
        made.length <= max_size) {
        memcpy(data, made.data, made.length);
        return made.length;
    }
    if (choice == 1 && size >= WH_BUNDLE_HEAD_LENGTH) {
        (void)LLVMFuzzerMutate(data, WH_BUNDLE_HEAD_LENGTH, WH_BUNDLE_HEAD_LENGTH);
        return size;
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
