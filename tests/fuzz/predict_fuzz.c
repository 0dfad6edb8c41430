/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_fuzz.c - a patch there and back: what the publisher predicts, the decoder must predict
 * too, whatever the two contents and the copies between them are. A byte chooses the kind of ELF
 * file; changes of the old and of the new build follow; then copies, if there are to be others than
 * the perfect ones. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_elf.h"
#include "whittle/cleanup.h"

enum { COPIES_MAX = 255, CEILING = 1 << 20 };

struct pair {
    struct wh_bytes old;
    struct wh_bytes fresh;
    struct wh_copy copies[COPIES_MAX];
    size_t copy_count;
};

/* Copies ascend and are disjoint in the new content, and they are inside of both. */
static void add_copy(struct pair *pair, const struct wh_copy *wanted)
{
    struct wh_copy copy = *wanted;

    if (copy.new_offset >= pair->fresh.length || copy.old_offset >= pair->old.length)
        return;
    if (copy.length > pair->fresh.length - copy.new_offset)
        copy.length = pair->fresh.length - copy.new_offset;
    if (copy.length > pair->old.length - copy.old_offset)
        copy.length = pair->old.length - copy.old_offset;
    pair->copies[pair->copy_count++] = copy;
}

/* Six bytes each: new bytes before it, how far on or back it is in the old content, its length. */
static void take_copies(struct wh_bytes *input, struct pair *pair)
{
    size_t new_end = 0;
    size_t old_end = 0;

    while (input->length >= 6 && pair->copy_count < COPIES_MAX) {
        struct wh_copy copy = {.new_offset = new_end + fuzz_take16(input)};
        copy.old_offset = old_end + (size_t)(int16_t)fuzz_take16(input);
        copy.length = fuzz_take16(input) + 1;
        add_copy(pair, &copy);
        if (pair->copy_count == 0)
            continue;
        const struct wh_copy *last = &pair->copies[pair->copy_count - 1];
        new_end = last->new_offset + last->length;
        old_end = last->old_offset + last->length;
    }
}

static void take_pair(struct wh_bytes input, struct pair *pair)
{
    const struct fuzz_builds *builds = fuzz_builds(fuzz_take(&input) % FUZZ_ELF_KINDS);

    pair->old = made_elf_file(&builds->old);
    pair->old.data = fuzz_elf_changed(&builds->old, &input);
    pair->fresh = made_elf_file(&builds->fresh);
    pair->fresh.data = fuzz_elf_changed(&builds->fresh, &input);
    take_copies(&input, pair);
    if (pair->copy_count == 0)
        for (size_t i = 0; i < builds->copy_count; i++)
            add_copy(pair, &builds->copies[i]);
}

static void clear_pair(struct pair *pair)
{
    free((void *)(uintptr_t)pair->old.data); /* made by fuzz_elf_changed() */
    free((void *)(uintptr_t)pair->fresh.data);
}

/* The streams of a patch. */
struct streams {
    struct wh_buffer stream[WH_STREAMS];
};

static void clear_streams(struct streams *streams)
{
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_clear(&streams->stream[i]);
}

static void write_extra(const struct pair *pair, struct wh_buffer *extra)
{
    size_t end = 0;

    for (size_t i = 0; i < pair->copy_count; i++) {
        wh_buffer_append(extra, pair->fresh.data + end, pair->copies[i].new_offset - end);
        end = pair->copies[i].new_offset + pair->copies[i].length;
    }
    wh_buffer_append(extra, pair->fresh.data + end, pair->fresh.length - end);
}

/* The copied bytes, predicted and true, end to end: a run of corrections may span two copies. */
static void join_copies(const struct pair *pair, const uint8_t *bytes, struct wh_buffer *out)
{
    for (size_t i = 0; i < pair->copy_count; i++)
        wh_buffer_append(out, bytes + pair->copies[i].new_offset, pair->copies[i].length);
}

/* patch/corrections.h */
static void write_corrections(
    const struct pair *pair, const uint8_t *predicted, struct streams *streams)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer guessed = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer real = {.ceiling = CEILING};
    size_t at = 0;

    join_copies(pair, predicted, &guessed);
    join_copies(pair, pair->fresh.data, &real);
    while (at < real.length) {
        size_t start = at;
        while (start < real.length && real.data[start] == guessed.data[start])
            start++;
        wh_buffer_varint(&streams->stream[WH_STREAM_GAP], start - at);
        for (at = start; at < real.length && real.data[at] != guessed.data[at]; at++)
            wh_buffer_u8(
                &streams->stream[WH_STREAM_VALUE], (uint8_t)(real.data[at] - guessed.data[at]));
        if (at > start)
            wh_buffer_varint(&streams->stream[WH_STREAM_GAP], at - start - 1);
    }
}

static void check_decoded(const struct pair *pair, const struct streams *streams)
{
    struct wh_reader readers[WH_STREAMS];
    size_t length = pair->fresh.length;
    wh_autofree uint8_t *out = malloc(length ? length : 1);

    if (!out)
        abort();
    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(wh_buffer_bytes(&streams->stream[i]));
    promise(wh_patch_decode(readers, pair->old, out, length, NULL) == WH_OK);
    promise(fuzz_same((struct wh_bytes){out, length}, pair->fresh));
    for (int i = 0; i < WH_STREAMS; i++)
        promise(wh_reader_at_end(&readers[i]));
}

static void check_method(const struct pair *pair, enum wh_patch_method method)
{
    wh_cleanup(clear_streams) struct streams streams;
    wh_autofree uint8_t *predicted = calloc(pair->fresh.length + 1, 1);
    struct wh_error err = {0};

    if (!predicted)
        abort();
    for (int i = 0; i < WH_STREAMS; i++)
        streams.stream[i] = (struct wh_buffer){.ceiling = CEILING};
    wh_status status = wh_patch_predict(method, pair->old, pair->fresh, pair->copies,
        pair->copy_count, &streams.stream[WH_STREAM_CONTROL], predicted, &err);
    promise(status == WH_OK || (method == WH_PATCH_ELF && status == WH_UNSUPPORTED));
    if (!fuzz_ok(status, &err))
        return;
    write_extra(pair, &streams.stream[WH_STREAM_EXTRA]);
    write_corrections(pair, predicted, &streams);
    check_decoded(pair, &streams);
    if (method == WH_PATCH_ELF)
        fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_pair) struct pair pair = {0};

    take_pair((struct wh_bytes){data, size}, &pair);
    check_method(&pair, WH_PATCH_PLAIN);
    check_method(&pair, WH_PATCH_ELF);
    return 0;
}
