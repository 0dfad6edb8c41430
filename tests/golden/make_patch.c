/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_patch.c - vectors of groups of patches, over an older package of their own: contents of both
 * methods along copies that are chosen here, so that they do not hang on any match finder. */
#include "make_patch.h"

#include <stdlib.h>
#include <string.h>

#include "made_parts.h"
#include "make.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { LEVEL = 19, COPIES_MAX = 512 };

/* ---- streams ------------------------------------------------------------------------------- */

void golden_streams_write(const struct wh_bytes streams[WH_STREAMS], struct wh_buffer *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frames = {.ceiling = CEILING};
    struct wh_error err;

    for (int i = 0; i < WH_STREAMS; i++) {
        size_t before = frames.length;
        if (streams[i].length > 0)
            golden_must(
                wh_frame_write(streams[i], (struct wh_bytes){0}, LEVEL, &frames, &err), &err);
        wh_buffer_varint(out, streams[i].length);
        wh_buffer_varint(out, frames.length - before);
    }
    wh_buffer_append(out, frames.data, frames.length);
}

struct draft {
    struct wh_buffer streams[WH_STREAMS];
};

static void clear_draft(struct draft *draft)
{
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_clear(&draft->streams[i]);
}

static void init_draft(struct draft *draft)
{
    for (int i = 0; i < WH_STREAMS; i++)
        draft->streams[i] = (struct wh_buffer){.ceiling = CEILING};
}

/* Where in the copied bytes of a content the corrections have come to. */
struct correcting {
    uint64_t end;   /* of the run that was written last */
    uint64_t start; /* of the run that has begun */
    uint64_t at;
};

static void end_run(struct draft *draft, struct correcting *state)
{
    if (state->start == state->at)
        return;
    wh_buffer_varint(&draft->streams[WH_STREAM_GAP], state->start - state->end);
    wh_buffer_varint(&draft->streams[WH_STREAM_GAP], state->at - state->start - 1);
    state->end = state->at;
}

static void correct(struct draft *draft, struct wh_bytes fresh, const uint8_t *predicted,
    const struct wh_copy *copies, size_t count)
{
    struct correcting state = {0, 0, 0};

    for (size_t i = 0; i < count; i++)
        for (size_t byte = 0; byte < copies[i].length; byte++, state.at++) {
            const size_t at = copies[i].new_offset + byte;
            const uint8_t difference = (uint8_t)(fresh.data[at] - predicted[at]);
            if (difference != 0) {
                wh_buffer_u8(&draft->streams[WH_STREAM_VALUE], difference);
                continue;
            }
            end_run(draft, &state);
            state.start = state.at + 1;
        }
    end_run(draft, &state);
    if (state.at > state.end)
        wh_buffer_varint(&draft->streams[WH_STREAM_GAP], state.at - state.end);
}

/* Appends the pieces of one content. */
static void add_content(struct draft *draft, enum wh_patch_method method, struct wh_bytes old,
    struct wh_bytes fresh, const struct wh_copy *copies, size_t count)
{
    wh_autofree uint8_t *predicted = calloc(fresh.length, 1);
    size_t end = 0;
    struct wh_error err;

    if (!predicted)
        abort();
    golden_must(wh_patch_predict(method, old, fresh, copies, count,
                    &draft->streams[WH_STREAM_CONTROL], predicted, &err),
        &err);
    for (size_t i = 0; i <= count; i++) {
        size_t next = i < count ? copies[i].new_offset : fresh.length;
        wh_buffer_append(&draft->streams[WH_STREAM_EXTRA], fresh.data + end, next - end);
        end = i < count ? next + copies[i].length : next;
    }
    correct(draft, fresh, predicted, copies, count);
}

static void write_draft(const struct draft *draft, struct wh_buffer *out)
{
    struct wh_bytes streams[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        streams[i] = wh_buffer_bytes(&draft->streams[i]);
    golden_streams_write(streams, out);
}

/* ---- bundles ------------------------------------------------------------------------------- */

/* The step with these stored bytes in its first groups, which become groups of patches. */
void golden_put_patched(const char *name, const struct golden_pair *pair,
    const struct wh_buffer *groups, uint32_t count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    wh_autofree uint8_t *prefix = NULL;
    struct wh_bytes old_header = pair->old.parsed.header.bytes;
    struct wh_error err;

    golden_must(wh_file_map_new(pair->old.header, &map, &err), &err);
    golden_must(wh_bundle_parse(wh_buffer_bytes(&pair->step), &bundle, &err), &err);
    golden_must(wh_bundle_resolve(&bundle, pair->old.header, map, pair->fresh.header, &err), &err);
    golden_must(wh_bundle_prefix(&bundle, old_header, &prefix, &err), &err);
    for (uint32_t i = 0; i < count; i++) {
        bundle.groups[i].codec = WH_CODEC_PATCH;
        bundle.groups[i].stored = wh_buffer_bytes(&groups[i]);
    }
    struct wh_bundle_draft draft = {
        .kind = bundle.kind,
        .identity = bundle.identity,
        .package_size = bundle.package_size,
        .prefix = {prefix, bundle.prefix_length},
        .old_header = old_header,
        .old_map = map,
        .new_header = pair->fresh.header,
        .entries = bundle.entries,
        .entry_count = bundle.entry_count,
        .twins = bundle.twins,
        .twin_count = bundle.twin_count,
        .groups = bundle.groups,
        .group_count = bundle.group_count,
    };
    golden_must(wh_bundle_write(&draft, &out, &err), &err);
    golden_save_buffer(name, &out);
}

static void clear_pair(struct golden_pair *pair)
{
    sample_clear(&pair->old);
    sample_clear(&pair->fresh);
    wh_buffer_clear(&pair->step);
}

/* ---- packages ------------------------------------------------------------------------------ */

/* Lines of eight bytes. */
#define OLD_MIXED "alpha--\nbeta---\ngamma--\ndelta--\nepsilon\n"
#define OLD_SECOND "first--\nsecond-\nthird--\n"
#define EXACT "one----\ntwo----\n"

static void make_old(struct wh_bytes program, struct sample *sample)
{
    static const struct sample_file files[] = {
        {"/usr/bin/exact", "head---\n" EXACT "tail---\n", 0, 0, 0, NULL, 0},
        {"/usr/bin/mixed", OLD_MIXED, 0, 0, 0, NULL, 0},
        {"/usr/bin/second", OLD_SECOND, 0, 0, 0, NULL, 0},
        {"/usr/lib/program.so", "", 0, 0, 0, NULL, 0},
    };
    const struct wh_bytes contents[] = {{0}, {0}, {0}, program};
    const struct sample_options options = {.reserved = 400, .contents = contents};

    sample_make(sample, "1", files, sizeof files / sizeof *files, &options);
}

/* Out of order; a line twice; differences from the end of one copy to the beginning of the next,
 * over the new bytes between them, too. */
#define NEW_MIXED                                                                                  \
    "new\ngamma--\ndeltaXXXXXta---\nalpha+++new line\n+++a---\nepsilon\ngamma--\nend\n"

static void make_texts(struct wh_bytes program, struct sample *sample)
{
    static const struct sample_file files[] = {
        {"/usr/bin/alone", "nothing older is like this\n", 0, 0, 0, NULL, 0},
        {"/usr/bin/exact", EXACT, 0, 0, 0, NULL, 0},
        {"/usr/bin/mixed", NEW_MIXED, 0, 0, 0, NULL, 0},
        {"/usr/bin/second", "first--\nSECOND-\nthird--!", 0, 0, 0, NULL, 0},
        {"/usr/bin/whole", "a frame for itself\n", 0, 0, 0, NULL, 0},
        {"/usr/lib/program.so", "", 0, 0, 0, NULL, 0},
    };
    const struct wh_bytes contents[] = {{0}, {0}, {0}, {0}, {0}, program};
    const struct sample_options options = {.reserved = 400, .contents = contents};

    sample_make(sample, "2", files, sizeof files / sizeof *files, &options);
}

static void make_program(struct wh_bytes program, struct sample *sample)
{
    static const struct sample_file files[] = {
        {"/usr/lib/program.so", "", 0, 0, 0, NULL, 0},
    };
    const struct sample_options options = {.reserved = 400, .contents = &program};

    sample_make(sample, "3", files, 1, &options);
}

/* ---- vectors ------------------------------------------------------------------------------- */

static void add_file(struct draft *draft, const struct golden_pair *pair, const char *path,
    const struct wh_copy *copies, size_t count)
{
    struct wh_bytes fresh = sample_content(&pair->fresh, sample_file(&pair->fresh, path));
    struct wh_bytes old = {0};

    if (count > 0)
        old = sample_content(&pair->old, sample_file(&pair->old, path));
    add_content(draft, WH_PATCH_PLAIN, old, fresh, copies, count);
}

/* Two groups of patches and one of zstd. The second has neither differences nor new bytes. */
static void put_texts(const struct golden_pair *pair)
{
    static const struct wh_copy exact[] = {{0, 8, 16}};
    static const struct wh_copy mixed[] = {
        {4, 16, 16}, {20, 8, 8}, {28, 0, 8}, {45, 8, 8}, {53, 32, 8}, {61, 16, 8}};
    static const struct wh_copy second[] = {{0, 0, 24}};
    wh_cleanup(clear_draft) struct draft first;
    wh_cleanup(clear_draft) struct draft other;
    struct wh_buffer groups[] = {{.ceiling = CEILING}, {.ceiling = CEILING}};

    init_draft(&first);
    init_draft(&other);
    add_file(&first, pair, "/usr/bin/alone", NULL, 0);
    add_file(&first, pair, "/usr/bin/mixed", mixed, sizeof mixed / sizeof *mixed);
    add_file(&first, pair, "/usr/bin/second", second, 1);
    add_file(&other, pair, "/usr/bin/exact", exact, 1);
    write_draft(&first, &groups[0]);
    write_draft(&other, &groups[1]);
    golden_put_patched("step-patch.wht", pair, groups, 2);
    golden_put_bad_patches(pair, &groups[0]);
    wh_buffer_clear(&groups[0]);
    wh_buffer_clear(&groups[1]);
}

/* What a match finder that is not perfect finds: two functions are not found again, and inserted
 * code is taken for what is older, across the ends of other copies. */
static size_t rough_copies(
    const struct made_elf *old, const struct made_elf *fresh, struct wh_copy *out_copies)
{
    enum { LOST = 20, FOUND = 22, INSERTED = 64 };
    struct wh_copy perfect[MADE_COPIES_MAX];
    const size_t count = made_elf_copies(old, fresh, perfect);
    const size_t text = (size_t)old->sections[MADE_TEXT].offset;
    const size_t lost = old->functions[LOST];
    const size_t found = old->functions[FOUND];
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        struct wh_copy copy = perfect[i];
        if (copy.old_offset != text) {
            out_copies[made++] = copy;
            continue;
        }
        const size_t end = copy.new_offset + copy.length;
        out_copies[made++] = (struct wh_copy){copy.new_offset, text, lost};
        out_copies[made++] = (struct wh_copy){
            copy.new_offset + found, text + found, copy.length - found};
        out_copies[made++] = (struct wh_copy){end, text + lost - INSERTED / 2, INSERTED};
        out_copies[made++] = (struct wh_copy){
            end + INSERTED, (size_t)old->sections[MADE_RODATA].offset - INSERTED / 2, INSERTED};
    }
    return made;
}

/* The perfect copies in pieces, some of them lost and some from anywhere: hundreds of lessons, and
 * with this seed some that push out others which are asked for again. */
static size_t scattered_copies(
    const struct made_elf *old, const struct made_elf *fresh, struct wh_copy *out_copies)
{
    enum { PIECE = 1500, ONE_IN = 9, SEED = 12 };
    struct wh_copy perfect[MADE_COPIES_MAX];
    const size_t count = made_elf_copies(old, fresh, perfect);
    uint32_t random = SEED;
    size_t made = 0;

    for (size_t i = 0; i < count; i++)
        for (struct wh_copy rest = perfect[i]; rest.length > 0;) {
            struct wh_copy piece = rest;
            const size_t most = 1 + made_random(&random) % PIECE;
            if (piece.length > most)
                piece.length = most;
            const uint32_t chance = made_random(&random) % ONE_IN;
            if (chance == 1)
                piece.old_offset = made_random(&random) % (old->file.length - piece.length);
            if (chance > 0)
                out_copies[made++] = piece;
            rest.new_offset += piece.length;
            rest.old_offset += piece.length;
            rest.length -= piece.length;
        }
    return made;
}

static void put_program(const char *name, const struct golden_pair *pair,
    const struct made_elf *old, const struct made_elf *fresh, const struct wh_copy *copies,
    size_t count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};
    wh_cleanup(clear_draft) struct draft draft;

    init_draft(&draft);
    add_content(&draft, WH_PATCH_ELF, made_elf_file(old), made_elf_file(fresh), copies, count);
    write_draft(&draft, &group);
    golden_put_patched(name, pair, &group, 1);
}

static void put_programs(
    const struct golden_pair *pair, const struct made_elf *old, const struct made_elf *fresh)
{
    struct wh_copy copies[COPIES_MAX];

    size_t count = rough_copies(old, fresh, copies);
    put_program("step-patch-elf.wht", pair, old, fresh, copies, count);
    count = scattered_copies(old, fresh, copies);
    put_program("step-patch-elf-scattered.wht", pair, old, fresh, copies, count);
}

static void put_old(const struct sample *old)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_error err;

    golden_must(
        wh_frame_write(wh_buffer_bytes(&old->payload), (struct wh_bytes){0}, LEVEL, &frame, &err),
        &err);
    golden_save_buffer("patch-old.prefix", &old->prefix);
    golden_save_buffer("patch-old.payload.zst", &frame);
}

void golden_put_patches(void)
{
    static const char *const together[] = {
        "/usr/bin/alone", "/usr/bin/mixed", "/usr/bin/second", NULL};
    struct made_recipe recipe = {WH_EM_X86_64, MADE_ET_DYN, MADE_ALL, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf old;
    wh_cleanup(made_elf_clear) struct made_elf fresh;
    wh_cleanup(clear_pair) struct golden_pair texts;
    wh_cleanup(clear_pair) struct golden_pair program;

    made_elf_make(&recipe, &old);
    recipe.inserted = 128;
    recipe.added = true;
    made_elf_make(&recipe, &fresh);
    make_old(made_elf_file(&old), &texts.old);
    make_old(made_elf_file(&old), &program.old);
    make_texts(made_elf_file(&old), &texts.fresh);
    make_program(made_elf_file(&fresh), &program.fresh);
    sample_step(&texts.old, &texts.fresh, together, &texts.step);
    sample_step(&program.old, &program.fresh, NULL, &program.step);
    put_old(&texts.old);
    put_texts(&texts);
    put_programs(&program, &old, &fresh);
}
