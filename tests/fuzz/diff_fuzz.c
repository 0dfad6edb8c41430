/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff_fuzz.c - a patch as the publisher makes it, between any two contents: the decoder must give
 * the new one. A byte chooses the effort. The next one chooses a kind of ELF file, changes of whose
 * two builds follow; or above these kinds both contents do, the old one behind its length. */
#include <stdlib.h>
#include <string.h>

#include "diff/diff.h"
#include "encode.h"
#include "fuzz_elf.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20 };

struct pair {
    struct wh_bytes old;
    struct wh_bytes fresh;
};

/* In memory of its own, so that a read past its end shows. */
static struct wh_bytes copy_of(struct wh_bytes bytes)
{
    uint8_t *copy = malloc(bytes.length ? bytes.length : 1);

    if (!copy)
        abort();
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return (struct wh_bytes){copy, bytes.length};
}

static void take_pair(struct wh_bytes input, struct pair *pair)
{
    uint8_t kind = fuzz_take(&input);

    if (kind < FUZZ_ELF_KINDS) {
        const struct fuzz_builds *builds = fuzz_builds(kind);
        pair->old = made_elf_file(&builds->old);
        pair->old.data = fuzz_elf_changed(&builds->old, &input);
        pair->fresh = made_elf_file(&builds->fresh);
        pair->fresh.data = fuzz_elf_changed(&builds->fresh, &input);
        return;
    }
    size_t length = fuzz_take16(&input);
    if (length > input.length)
        length = input.length;
    pair->old = copy_of((struct wh_bytes){input.data, length});
    pair->fresh = copy_of((struct wh_bytes){input.data + length, input.length - length});
}

static void clear_pair(struct pair *pair)
{
    free((void *)(uintptr_t)pair->old.data); /* made by copy_of() or fuzz_elf_changed() */
    free((void *)(uintptr_t)pair->fresh.data);
}

static void check_decoded(const struct pair *pair, const struct wh_residue *residue)
{
    struct wh_reader readers[WH_STREAMS];
    size_t length = pair->fresh.length;
    wh_autofree uint8_t *out = malloc(length ? length : 1);

    if (!out)
        abort();
    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(wh_buffer_bytes(&residue->streams[i]));
    promise(wh_patch_decode(readers, pair->old, out, length, NULL) == WH_OK);
    promise(fuzz_same((struct wh_bytes){out, length}, pair->fresh));
    for (int i = 0; i < WH_STREAMS; i++)
        promise(wh_reader_at_end(&readers[i]));
}

/* Only patches that are longer than their content are no group. */
static void check_group(const struct pair *pair, const struct wh_residue *residue)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};
    const uint64_t old_length = pair->old.length;
    const uint64_t new_length = pair->fresh.length;
    wh_autofree uint8_t *out = malloc(pair->fresh.length + 1);
    struct wh_error err = {0};

    wh_status status = wh_encode_patch(residue, new_length, 1, WH_EFFORT_FAST, &group, &err);
    promise(status == WH_OK || status == WH_UNSUPPORTED);
    if (!fuzz_ok(status, &err))
        return;
    const struct wh_codec_job job = {
        wh_buffer_bytes(&group), pair->old, &old_length, out, &new_length, 1};
    promise(out && wh_codec_find(WH_CODEC_PATCH)->decode(&job, NULL) == WH_OK);
    promise(fuzz_same((struct wh_bytes){out, pair->fresh.length}, pair->fresh));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_pair) struct pair pair = {0};
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    struct wh_bytes input = {data, size};
    uint8_t choice = fuzz_take(&input);
    enum wh_effort effort = (enum wh_effort)(choice % (WH_EFFORT_BEST + 1));
    enum wh_patch_method method;
    struct wh_error err;

    take_pair(input, &pair);
    wh_residue_init(&residue);
    promise(wh_diff(pair.old, pair.fresh, effort, &method, &residue, &err) == WH_OK);
    check_decoded(&pair, &residue);
    if (choice & 0x80)
        check_group(&pair, &residue);
    if (method == WH_PATCH_ELF)
        fuzz_accept();
    return 0;
}
