/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata_fuzz.c - files with MiniDebugInfo. A byte chooses a pair of them and what is done: the
 * publisher makes a patch between them, which must give the new ones; or the decoder gets a patch
 * that was changed. Then come lists of changes: of the old inner and outer file, then of the new
 * ones, or of the patch. A list is its length, and for each change where (two bytes) and a word. */
#include <stdlib.h>
#include <string.h>

#include "diff/debugdata_diff.h"
#include "fuzz_elf.h"
#include "made_debug.h"
#include "packed/fields.h"
#include "whittle/cleanup.h"

enum { MACHINES = 3, CHANGES = 16, CHANGED_PATCH = 0x40 };

struct pair {
    struct made_debug old;
    struct made_debug fresh;
    struct wh_residue residue;
};

static const struct pair *pair_of(unsigned machine, unsigned changes)
{
    static const uint16_t machines[MACHINES] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};
    static struct pair made[MACHINES][CHANGES];
    struct pair *pair = &made[machine][changes];
    struct made_debug_recipe recipe = {
        .outer = {machines[machine], MADE_ET_DYN, MADE_ALL & ~MADE_SYMBOLS, 0, false},
        .packed_length = 104,
        .build_id = 1,
        .package = "{\"version\":\"1\"}",
    };

    if (pair->old.inner.length > 0)
        return pair;
    made_debug_make(&recipe, &pair->old);
    recipe.outer.inserted = 64;
    recipe.outer.added = true;
    recipe.changes = changes;
    recipe.build_id = 2;
    made_debug_make(&recipe, &pair->fresh);
    const struct wh_debug_file old = made_debug_file(&pair->old);
    const struct wh_debug_file fresh = made_debug_file(&pair->fresh);
    wh_residue_init(&pair->residue);
    promise(wh_debugdata_diff(&old, &fresh, WH_EFFORT_FAST, &pair->residue, NULL) == WH_OK);
    return pair;
}

/* A copy in memory of its own, with the next list of changes; the caller frees. */
static struct wh_bytes changed(struct wh_bytes bytes, struct wh_bytes *input)
{
    uint8_t *copy = malloc(bytes.length ? bytes.length : 1);

    if (!copy)
        abort();
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    for (unsigned left = fuzz_take(input); left > 0 && input->length > 0; left--) {
        size_t at = fuzz_take16(input);
        for (int i = 0; i < 4; i++) {
            uint8_t byte = fuzz_take(input);
            if (bytes.length > 0)
                copy[at++ % bytes.length] = byte;
        }
    }
    return (struct wh_bytes){copy, bytes.length};
}

static void free_copy(struct wh_bytes *copy)
{
    free((void *)(uintptr_t)copy->data); /* made by changed() */
}

static struct wh_debug_file changed_file(const struct made_debug *debug, struct wh_bytes *input)
{
    struct wh_debug_file file = made_debug_file(debug);

    file.inner = changed(file.inner, input);
    file.outer = changed(file.outer, input);
    return file;
}

static void clear_file(struct wh_debug_file *file)
{
    free_copy(&file->inner);
    free_copy(&file->outer);
}

/* What was made of a patch; whatever was in the memory before. */
static bool decode(const struct wh_bytes streams[WH_STREAMS], const struct wh_debug_file *old,
    const struct wh_debug_file *fresh, uint8_t *inner, uint8_t *outer)
{
    struct wh_reader readers[WH_STREAMS];
    struct wh_error err = {0};

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(streams[i]);
    wh_status status = wh_debugdata_decode(readers, old, fresh->build_id, inner,
        fresh->inner.length, outer, fresh->outer.length, &err);
    promise(status == WH_OK || status == WH_MALFORMED);
    for (int i = 0; i < WH_STREAMS; i++)
        promise(readers[i].at >= streams[i].data && readers[i].at <= readers[i].end);
    return fuzz_ok(status, &err);
}

static void check_patch(const struct wh_debug_file *old, const struct wh_debug_file *fresh)
{
    wh_cleanup(wh_residue_clear) struct wh_residue residue = {0};
    wh_autofree uint8_t *inner = malloc(fresh->inner.length);
    wh_autofree uint8_t *outer = malloc(fresh->outer.length);
    struct wh_bytes streams[WH_STREAMS];

    promise(inner && outer);
    promise(wh_debugdata_diff(old, fresh, WH_EFFORT_FAST, &residue, NULL) == WH_OK);
    for (int i = 0; i < WH_STREAMS; i++)
        streams[i] = wh_buffer_bytes(&residue.streams[i]);
    promise(decode(streams, old, fresh, inner, outer));
    promise(memcmp(inner, fresh->inner.data, fresh->inner.length) == 0);
    promise(memcmp(outer, fresh->outer.data, fresh->outer.length) == 0);
    fuzz_accept();
}

static void check_changed_patch(
    const struct pair *pair, const struct wh_debug_file *old, struct wh_bytes *input)
{
    const struct wh_debug_file fresh = made_debug_file(&pair->fresh);
    wh_autofree uint8_t *files = calloc(2, fresh.inner.length + fresh.outer.length);
    struct wh_bytes streams[WH_STREAMS];
    size_t length = fresh.inner.length + fresh.outer.length;

    promise(files != NULL);
    for (int i = 0; i < WH_STREAMS; i++)
        streams[i] = changed(wh_buffer_bytes(&pair->residue.streams[i]), input);
    bool first = decode(streams, old, &fresh, files, files + fresh.inner.length);
    memset(files + length, 0xff, length);
    bool second = decode(streams, old, &fresh, files + length, files + length + fresh.inner.length);
    promise(first == second);
    promise(!first || memcmp(files, files + length, length) == 0);
    for (int i = 0; i < WH_STREAMS; i++)
        free_copy(&streams[i]);
    if (first)
        fuzz_accept();
}

/* Fields go out and come back, whatever the file says. */
static void check_fields(const struct made_debug *debug, struct wh_bytes *input)
{
    wh_cleanup(free_copy) struct wh_bytes whole = changed(wh_buffer_bytes(&debug->whole), input);
    const struct wh_placed stream = {
        .start = debug->packed_at, .packed_length = debug->packed_length};
    const struct wh_bytes id = {debug->build_id, sizeof debug->build_id};
    wh_autofree uint8_t *bytes = malloc(whole.length);

    promise(bytes != NULL);
    memcpy(bytes, whole.data, whole.length);
    wh_fields_debugdata(bytes, whole.length, &stream, id, false);
    wh_fields_debugdata(bytes, whole.length, &stream, id, true);
    promise(memcmp(bytes, whole.data, whole.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    uint8_t choice = fuzz_take(&input);
    const struct pair *pair = pair_of((choice & 3u) % MACHINES, choice >> 2 & (CHANGES - 1u));
    wh_cleanup(clear_file) struct wh_debug_file old = changed_file(&pair->old, &input);

    if (choice & CHANGED_PATCH) {
        check_changed_patch(pair, &old, &input);
    } else {
        wh_cleanup(clear_file) struct wh_debug_file fresh = changed_file(&pair->fresh, &input);
        check_patch(&old, &fresh);
    }
    check_fields(&pair->old, &input);
    return 0;
}
