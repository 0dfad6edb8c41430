/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_bundles.c - bundles with stored frames, their tables, corrections and frames. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/table.h"
#include "seeds.h"
#include "stored_bundle.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20, GROUPS_MAX = 16 };

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

/* A member as its group has it, and whether it is MiniDebugInfo that follows from a base. */
struct coded {
    struct wh_bytes content;
    size_t inner; /* bytes before the outer ones; 0 for all others */
};

static struct coded coded_member(const struct sample *new, const struct wh_entry *entry)
{
    struct coded coded = {.content = sample_content(new, entry->file)};

    for (uint32_t i = 0; i < PACKED_ROWS && entry->recipe && new == &fuzz_packed()->fresh; i++) {
        const struct sample_packed *row = &fuzz_packed()->rows[i];
        if (sample_file(&fuzz_packed()->fresh, row->path) != entry->file)
            continue;
        coded.content = row->content;
        if (entry->recipe->packing == WH_PACKING_DEBUGDATA)
            coded.inner = row->inner_content;
    }
    return coded;
}

/* Patches that copy nothing: a method and a number of copies for each content, and between the two
 * of MiniDebugInfo its form. The outer content is the first of them. */
static void add_patch(const struct coded *coded, struct wh_buffer *control, struct wh_buffer *extra)
{
    size_t outer = coded->content.length - coded->inner;

    wh_buffer_fill(control, 0, coded->inner > 0 ? 5 : 2);
    wh_buffer_append(extra, coded->content.data + coded->inner, outer);
    wh_buffer_append(extra, coded->content.data, coded->inner);
}

static void store_streams(struct wh_bytes control, struct wh_bytes extra, struct wh_buffer *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frames = {.ceiling = CEILING};

    for (int i = 0; i < WH_STREAMS; i++) {
        struct wh_bytes stream = {0};
        size_t start = frames.length;
        if (i == WH_STREAM_CONTROL)
            stream = control;
        else if (i == WH_STREAM_EXTRA)
            stream = extra;
        if (stream.length > 0)
            stored_frame(stream, &frames);
        wh_buffer_varint(out, stream.length);
        wh_buffer_varint(out, frames.length - start);
    }
    wh_buffer_append(out, frames.data, frames.length);
}

/* One group's contents, stored as its codec has them. */
static void store_group(
    const struct sample *new, const struct wh_bundle *bundle, uint32_t group, struct wh_buffer *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer contents = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer extra = {.ceiling = CEILING};

    for (uint32_t i = 0; i < bundle->groups[group].entry_count; i++) {
        const struct wh_entry *entry = &bundle->entries[bundle->groups[group].first_entry + i];
        struct coded coded = coded_member(new, entry);
        wh_buffer_append(&contents, coded.content.data, coded.content.length);
        add_patch(&coded, &control, &extra);
    }
    if (bundle->groups[group].codec == WH_CODEC_PATCH)
        store_streams(wh_buffer_bytes(&control), wh_buffer_bytes(&extra), out);
    else
        stored_frame(wh_buffer_bytes(&contents), out);
}

/* Groups with stored frames, and the table that goes with them. */
static void store_groups(
    const struct fuzz_versions *versions, struct wh_bundle *bundle, struct stored_bundle *stored)
{
    struct wh_buffer *groups = &stored->parts[PART_GROUPS];
    struct wh_buffer *table = &stored->parts[PART_TABLE];
    const struct wh_file_map *old_map = bundle->kind == WH_BUNDLE_STEP ? versions->old_map : NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer written = {.ceiling = CEILING};
    struct wh_error err;

    seed_must(
        wh_bundle_resolve(bundle, versions->old->header, old_map, versions->fresh->header, &err),
        &err);
    groups->length = 0;
    for (uint32_t i = 0; i < bundle->group_count; i++) {
        size_t start = groups->length;
        store_group(versions->fresh, bundle, i, groups);
        bundle->groups[i].stored.length = groups->length - start; /* all that a table says */
    }
    const struct wh_bundle_draft draft = {
        .old_map = old_map,
        .new_header = versions->fresh->header,
        .entries = bundle->entries,
        .entry_count = bundle->entry_count,
        .twins = bundle->twins,
        .twin_count = bundle->twin_count,
        .groups = bundle->groups,
        .group_count = bundle->group_count,
    };
    seed_must(wh_table_write(&draft, &written, &err), &err);
    table->length = 0;
    wh_buffer_append(table, written.data, written.length);
}

static void seed_stored_between(const struct fuzz_versions *versions, const char *name,
    struct wh_bytes bytes, enum wh_codec_id codec, struct wh_bytes choices)
{
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    wh_cleanup(stored_bundle_clear) struct stored_bundle stored = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = CEILING};
    struct wh_error err;

    seed_must(wh_bundle_parse(bytes, &bundle, &err), &err);
    if (!stored_bundle_open(bytes, versions->old->parsed.header.bytes, &stored))
        abort();
    for (uint32_t i = 0; i < bundle.group_count; i++)
        bundle.groups[i].codec = codec;
    store_groups(versions, &bundle, &stored);
    stored_bundle_close(&stored, &whole);
    seed_assembly(name, wh_buffer_bytes(&whole), choices);
    memcpy(whole.data + BUNDLE_PACKAGE_SIZE_AT, choices.data, choices.length);
    seed("bundle", name, wh_buffer_bytes(&whole));

    uint64_t groups = stored.parts[PART_GROUPS].length;
    const uint8_t of_table[] = {
        bundle.kind != WH_BUNDLE_STEP, (uint8_t)groups, (uint8_t)(groups >> 8)};
    if (versions->fresh == fuzz_new()) /* whose files the table's harness knows */
        seed_chosen("table", name, (struct wh_bytes){of_table, sizeof of_table},
            wh_buffer_bytes(&stored.parts[PART_TABLE]));
}

static void seed_stored(
    const struct sample *new, const char *name, struct wh_bytes bytes, enum wh_codec_id codec)
{
    const struct fuzz_versions versions = {fuzz_old(), fuzz_old_map(), new};

    seed_stored_between(&versions, name, bytes, codec, CHOICES(0, 0, 0, 0));
}

void seed_assembly(const char *name, struct wh_bytes bundle, struct wh_bytes choices)
{
    wh_autofree uint8_t *copy = malloc(bundle.length);

    if (!copy)
        abort();
    memcpy(copy, bundle.data, bundle.length);
    memcpy(copy + BUNDLE_PACKAGE_SIZE_AT, choices.data, choices.length);
    seed("assembly", name, (struct wh_bytes){copy, bundle.length});
}

/* Systems and reports that a step meets. */
static void seed_systems(struct wh_bytes step)
{
    seed_assembly("all-changed", step, CHOICES(0xff, 0xff, 0, 1));
    seed_assembly("config-changed", step, CHOICES(0x01, 0, 0, 1));
    seed_assembly("config-changed-unsupplied", step, CHOICES(0x01, 0, 0, 0));
    seed_assembly("doc-changed", step, CHOICES(0x80, 0x01, 0, 1));
    seed_assembly("doc-changed-unreported", step, CHOICES(0, 0, 0x80, 1));
    seed_assembly("moved-changed-unreported", step, CHOICES(0, 0, 0x20, 1));
    seed_assembly("program-changed", step, CHOICES(0x02, 0, 0, 1));
}

static void seed_steps(void)
{
    static const char *const together[] = {"/usr/bin/sample", "/usr/lib/sample/new", NULL};
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer grouped = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer config = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer doc = {0};

    sample_step(fuzz_old(), fuzz_new(), NULL, &step);
    sample_step(fuzz_old(), fuzz_new(), together, &grouped);
    sample_supplement(fuzz_new(), WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &config);
    sample_supplement(fuzz_new(), WH_BUNDLE_DOC, WH_FILE_DOC, &doc);
    seed("bundle", "step", wh_buffer_bytes(&step));
    seed("bundle", "config", wh_buffer_bytes(&config));
    seed_assembly("step", wh_buffer_bytes(&step), CHOICES(0, 0, 0, 0));
    seed_stored(fuzz_new(), "stored-step", wh_buffer_bytes(&step), WH_CODEC_ZSTD);
    seed_stored(fuzz_new(), "stored-step-grouped", wh_buffer_bytes(&grouped), WH_CODEC_ZSTD);
    seed_stored(fuzz_new(), "stored-patches", wh_buffer_bytes(&grouped), WH_CODEC_PATCH);
    seed_stored(fuzz_new(), "stored-config", wh_buffer_bytes(&config), WH_CODEC_ZSTD);
    seed_stored(fuzz_new(), "stored-doc", wh_buffer_bytes(&doc), WH_CODEC_ZSTD);
    seed_systems(wh_buffer_bytes(&step));
}

/* A small package, so that the whole bundle is small too. */
static void seed_small_steps(void)
{
    static const struct sample_file files[] = {
        {"/etc/sample.conf", "setting = 3\n", WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/bin/sample", "another program", 0, 0, 7, NULL, 0},
        {"/usr/bin/sample-too", "another program", 0, 0, 7, NULL, 0},
        {"/usr/bin/to", NULL, 0, S_IFLNK | 0777, 0, "sample", 0},
        {"/usr/bin/twin", "another program", 0, 0, 0, NULL, 0},
    };
    static const struct {
        const char *name;
        enum wh_codec_id codec;
        struct sample_options options;
    } rows[] = {
        {"stored-small", WH_CODEC_ZSTD, {.reserved = 0}},
        {"stored-small-patches", WH_CODEC_PATCH, {.reserved = 0}},
        {"stored-small-xor", WH_CODEC_ZSTD, {.uid = 1000}},
        {"stored-small-full", WH_CODEC_ZSTD, {.tail = 24}},
        {"stored-small-stripped", WH_CODEC_ZSTD, {.stripped = true, .three_digests = true}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample new;
        wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
        sample_make(&new, "3", files, sizeof files / sizeof *files, &rows[i].options);
        sample_step(fuzz_old(), &new, NULL, &step);
        seed_stored(&new, rows[i].name, wh_buffer_bytes(&step), rows[i].codec);
        sample_clear(&new);
    }
}

/* ---- recipes -------------------------------------------------------------------------------- */

static void seed_packed(const char *name, const struct sample_coding *coding)
{
    static const uint8_t choices[] = {0, 0, 0, 2};
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    char stored[64];

    sample_step_coded(&fuzz_packed()->old, &fuzz_packed()->fresh, coding, &step);
    seed_assembly(name, wh_buffer_bytes(&step), (struct wh_bytes){choices, sizeof choices});
    (void)snprintf(stored, sizeof stored, "stored-%s", name);
    memcpy(step.data + BUNDLE_PACKAGE_SIZE_AT, choices, sizeof choices);
    const struct fuzz_versions packed = fuzz_versions_for(step.data, step.length);
    seed_stored_between(&packed, stored, wh_buffer_bytes(&step),
        coding->patches ? WH_CODEC_PATCH : WH_CODEC_ZSTD,
        (struct wh_bytes){choices, sizeof choices});
}

/* For the table's harness, which looks at no content. */
static void seed_table_with_recipes(void)
{
    struct sample_packed rows[] = {fuzz_packed()->rows[0], fuzz_packed()->rows[1]};
    const struct sample_coding coding = {.packed = rows, .packed_count = 2};
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    rows[0].path = "/usr/bin/sample";
    rows[1].path = "/usr/lib/sample/small";
    sample_step_coded(fuzz_old(), fuzz_new(), &coding, &step);
    seed_stored(fuzz_new(), "stored-recipes", wh_buffer_bytes(&step), WH_CODEC_ZSTD);
}

static void seed_steps_with_recipes(void)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_ZIP, PACKED_ELF, PACKED_TEXT, NULL};
    struct sample_coding coding = packed_pair_coding(fuzz_packed());

    seed_packed("packed", &coding);
    seed_table_with_recipes();
    coding.patches = true;
    seed_packed("packed-patches", &coding);
    coding.together = together;
    seed_packed("packed-patches-together", &coding);
    coding.patches = false;
    seed_packed("packed-together", &coding);
    for (uint32_t i = 0; i < PACKED_ROWS; i++) {
        char name[32];
        struct sample_coding one = {.packed = &fuzz_packed()->rows[i], .packed_count = 1};
        (void)snprintf(name, sizeof name, "packed-%u", (unsigned)i);
        seed_packed(name, &one);
    }
}

/* ---- corrections ---------------------------------------------------------------------------- */

static void seed_correction(
    const char *name, uint8_t choice, const struct sample *sample, bool longer)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton real = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer correction = {.ceiling = CEILING};
    enum wh_correction_mode mode;
    struct wh_error err;

    seed_must(wh_skeleton_generate(sample->header, &real, &err), &err);
    real.bytes[30] ^= 1;
    if (longer)
        real.length--;
    seed_must(wh_skeleton_compare(sample->header, &real, &mode, &correction, &err), &err);
    choice |= (uint8_t)mode;
    seed_chosen("correction", name, CHOICES(choice), wh_buffer_bytes(&correction));
}

static void seed_corrections(void)
{
    seed_correction("xor", 0, fuzz_new(), false);
    seed_correction("full", 0, fuzz_new(), true);
    seed_correction("xor-stripped", 0x80, fuzz_stripped(), false);
    seed_correction("full-stripped", 0x80, fuzz_stripped(), true);
    seed("correction", "none", CHOICES(0));
}

static void seed_frames(void)
{
    static const char text[] = "one line of text that stays the same in both versions, or nearly";
    struct wh_bytes raw = {(const uint8_t *)text, sizeof text - 1};
    struct wh_bytes reference = {raw.data, 50};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer patch = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer empty = {.ceiling = CEILING};
    struct wh_error err;

    seed_must(wh_frame_write(raw, (struct wh_bytes){0}, 19, &plain, &err), &err);
    seed_must(wh_frame_write(raw, reference, 19, &patch, &err), &err);
    stored_frame(raw, &stored);
    stored_frame((struct wh_bytes){0}, &empty);
    seed_chosen("frame", "plain", CHOICES(sizeof text - 1, 0, 0), wh_buffer_bytes(&plain));
    seed_chosen("frame", "patch", CHOICES(sizeof text - 1, 0, 50), wh_buffer_bytes(&patch));
    seed_chosen("frame", "stored", CHOICES(sizeof text - 1, 0, 0), wh_buffer_bytes(&stored));
    seed_chosen("frame", "empty", CHOICES(0, 0, 0), wh_buffer_bytes(&empty));
    seed_chosen("frame", "skippable", CHOICES(0, 0, 0),
        CHOICES(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'));
    seed_chosen("frame", "zstd-before-0-8", CHOICES(2, 0, 0),
        CHOICES(0x27, 0xb5, 0x2f, 0xfd, 0, 0x38, 0x40, 0, 2, 'h', 'i', 0xc0, 0, 0));
}

void seed_bundles(void)
{
    seed_steps();
    seed_small_steps();
    seed_steps_with_recipes();
    seed_corrections();
    seed_frames();
}
