/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_fuzz.c - a content that may be a container: the streams that are found in it, and its
 * fields without what follows from streams. The first byte chooses whose streams the fields follow
 * from: below ANY those that were found, each by one of its bits; else the next bytes say. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "made_archives.h"
#include "packed/changed.h"
#include "packed/fields.h"
#include "whittle/cleanup.h"

enum { ANY = 0x80, BITS = 7, STREAMS_MAX = 16 };

struct placed {
    struct wh_placed list[STREAMS_MAX];
    uint32_t count;
};

static void check_listing(struct wh_bytes content, const struct wh_listing *listing)
{
    size_t end = 0;

    promise(!listing->why || (listing->count == 0 && listing->why[0]));
    promise(listing->packing != WH_PACKING_NONE || (listing->count == 0 && !listing->why));
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct wh_inner *stream = &listing->streams[i];
        promise(stream->start >= end && stream->start <= content.length);
        promise(stream->packed_length > 0);
        promise(stream->packed_length <= content.length - stream->start);
        promise(fuzz_inside(stream->name, content));
        end = stream->start + stream->packed_length;
    }
}

/* Of gzip and zip a stream is doubted as soon as one of its numbers is another. */
static void check_doubts(struct wh_bytes content, const struct wh_listing *listing)
{
    if (listing->packing != WH_PACKING_GZIP && listing->packing != WH_PACKING_ZIP)
        return;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct wh_inner *stream = &listing->streams[i];
        struct wh_inflated found = {stream->packed_length, stream->plain_length, stream->crc};
        promise(!wh_container_doubt(content, listing->packing, stream, &found));
        found.crc++;
        promise(wh_container_doubt(content, listing->packing, stream, &found));
        found.packed_length--;
        promise(wh_container_doubt(content, listing->packing, stream, &found));
    }
}

static void check_changed(const struct wh_listing *old, const struct wh_listing *listing,
    const struct wh_changed *changed)
{
    wh_autofree uint8_t *paired = calloc((size_t)changed->unpacked_count + 1, 1);

    if (!paired)
        abort();
    promise(changed->made_count > 0 || changed->unpacked_count == 0);
    for (uint32_t i = 0; i < changed->made_count; i++) {
        const struct wh_made_stream *made = &changed->made[i];
        promise(made->number < listing->count);
        promise(i == 0 || changed->made[i - 1].number < made->number);
        if (made->pair == WH_NO_PAIR)
            continue;
        promise(made->pair < changed->unpacked_count && paired[made->pair]++ == 0);
        promise(fuzz_same(
            old->streams[changed->unpacked[made->pair]].name, listing->streams[made->number].name));
    }
    for (uint32_t i = 0; i < changed->unpacked_count; i++) {
        promise(changed->unpacked[i] < old->count);
        promise(i == 0 || changed->unpacked[i - 1] < changed->unpacked[i]);
    }
}

/* Against itself nothing has changed; then against an archive, both ways. */
static void check_changes(struct wh_bytes content, const struct wh_listing *listing)
{
    struct wh_bytes other = made_archives[MADE_PYTHON_1].bytes;
    wh_cleanup(wh_listing_clear) struct wh_listing others = {0};
    wh_cleanup(wh_changed_clear) struct wh_changed none = {0};
    wh_cleanup(wh_changed_clear) struct wh_changed from = {0};
    wh_cleanup(wh_changed_clear) struct wh_changed to = {0};

    promise(wh_container_list(other, &others, NULL) == WH_OK);
    promise(wh_changed_find(content, listing, content, listing, &none, NULL) == WH_OK);
    promise(none.made_count == 0 && none.unpacked_count == 0);
    promise(wh_changed_find(other, &others, content, listing, &from, NULL) == WH_OK);
    check_changed(&others, listing, &from);
    promise(wh_changed_find(content, listing, other, &others, &to, NULL) == WH_OK);
    check_changed(listing, &others, &to);
}

static void place_found(const struct wh_listing *listing, uint8_t bits, struct placed *placed)
{
    for (uint32_t i = 0; i < listing->count && placed->count < STREAMS_MAX; i++) {
        const struct wh_inner *stream = &listing->streams[i];
        if (bits >> i % BITS & 1)
            placed->list[placed->count++] = (struct wh_placed){
                stream->start, stream->packed_length, (size_t)stream->plain_length, stream->crc};
    }
}

/* Four bytes for each; what is left of the input is the content, and they lie inside of it. */
static void place_any(struct wh_bytes *input, uint32_t count, struct placed *placed)
{
    size_t length = input->length > 4 * (size_t)count ? input->length - 4 * (size_t)count : 0;
    size_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        at += fuzz_take(input);
        size_t packed_length = fuzz_take(input);
        uint8_t plain_length = fuzz_take(input);
        uint8_t crc = fuzz_take(input);
        if (at > length || packed_length > length - at)
            continue;
        placed->list[placed->count++] = (struct wh_placed){
            at, packed_length, plain_length, crc * 0x01020304u};
        at += packed_length;
    }
}

static void check_fields(wh_fields_fn *walk, struct wh_bytes content, const struct placed *placed)
{
    wh_autofree uint8_t *bytes = malloc(content.length + 1);

    if (!bytes)
        abort();
    if (content.length > 0)
        memcpy(bytes, content.data, content.length);
    for (int restore_first = 0; restore_first < 2; restore_first++) {
        walk(bytes, content.length, placed->list, placed->count, restore_first);
        for (uint32_t i = 0; i < placed->count; i++) {
            const struct wh_placed *stream = &placed->list[i];
            promise(memcmp(bytes + stream->start, content.data + stream->start,
                        stream->packed_length) == 0);
        }
        walk(bytes, content.length, placed->list, placed->count, !restore_first);
        promise(fuzz_same((struct wh_bytes){bytes, content.length}, content));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    uint8_t choice = fuzz_take(&input);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
    struct placed placed = {.count = 0};

    if (choice >= ANY)
        place_any(&input, choice % STREAMS_MAX, &placed);
    wh_autofree uint8_t *bytes = malloc(input.length + !input.length);
    if (!bytes)
        abort();
    if (input.length > 0)
        memcpy(bytes, input.data, input.length);
    struct wh_bytes content = {bytes, input.length};
    promise(wh_container_list(content, &listing, NULL) == WH_OK);
    check_listing(content, &listing);
    check_doubts(content, &listing);
    check_changes(content, &listing);
    if (choice < ANY)
        place_found(&listing, choice, &placed);
    check_fields(wh_fields_zip, content, &placed);
    check_fields(wh_fields_gzip, content, &placed);
    if (listing.packing != WH_PACKING_NONE && !listing.why)
        fuzz_accept();
    return 0;
}
