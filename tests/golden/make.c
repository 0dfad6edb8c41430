/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make.c - writes the test vectors into the folder that is its argument. The same bytes each time
 * for one version of libzstd. Names that begin with "bad-" are refused, for the reason that the
 * rest of the name says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make.h"
#include "sample.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20, TABLE_STORED_AT = 28, TABLE_AT = 32, PREFIX_STORED_AT = 12 };

static const char *folder;

void golden_must(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return;
    (void)fprintf(stderr, "make: %s\n", err->message);
    abort();
}

void golden_save(const char *name, const void *data, size_t length)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0) {
        (void)fprintf(stderr, "make: %s: cannot be written\n", path);
        exit(1);
    }
}

void golden_save_buffer(const char *name, const struct wh_buffer *buffer)
{
    golden_save(name, buffer->data, buffer->length);
}

/* ---- packages and bundles ------------------------------------------------------------------- */

static void put_old_package(const struct sample *old)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_error err;

    golden_must(
        wh_frame_write(wh_buffer_bytes(&old->payload), (struct wh_bytes){0}, 19, &frame, &err),
        &err);
    golden_save_buffer("old.prefix", &old->prefix);
    golden_save_buffer("old.payload.zst", &frame);
}

/* Steps to packages whose payload departs from the rules, in both ways, and to a v6-style one. */
static void put_corrected(const struct sample *old)
{
    static const struct sample_file files[] = {
        {"/etc/sample.conf", "setting = 3\n", WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/bin/sample", "another program", 0, 0, 0, NULL, 0},
        {"/usr/bin/to", NULL, 0, S_IFLNK | 0777, 0, "sample", 0},
    };
    static const struct {
        const char *name;
        struct sample_options options;
    } rows[] = {
        {"step-xor.wht", {.uid = 1000, .reserved = 400}},
        {"step-full.wht", {.reserved = 0, .tail = 24}},
        {"step-stripped.wht", {.stripped = true, .three_digests = true, .reserved = 300}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample new;
        wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
        sample_make(&new, "3", files, sizeof files / sizeof *files, &rows[i].options);
        sample_step(old, &new, NULL, &step);
        golden_save_buffer(rows[i].name, &step);
        sample_clear(&new);
    }
}

/* ---- damaged bundles ------------------------------------------------------------------------ */

static void put_changed(const struct wh_buffer *bundle, const char *name, size_t at, uint8_t value)
{
    wh_autofree uint8_t *copy = malloc(bundle->length);

    if (!copy)
        abort();
    memcpy(copy, bundle->data, bundle->length);
    copy[at] = value;
    if (at >= WH_BUNDLE_HEAD_LENGTH)
        sample_mend(copy, bundle->length);
    golden_save(name, copy, bundle->length);
}

static void put_le32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++, value >>= 8)
        at[i] = (uint8_t)value;
}

static size_t get_le32(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

/* The step with another table. */
static void put_table(const struct wh_buffer *step, const char *name, const struct wh_buffer *table)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    size_t start = WH_BUNDLE_HEAD_LENGTH + get_le32(step->data + PREFIX_STORED_AT);
    size_t end = start + get_le32(step->data + TABLE_STORED_AT);
    struct wh_error err;

    golden_must(
        wh_frame_write(wh_buffer_bytes(table), (struct wh_bytes){0}, 19, &frame, &err), &err);
    wh_buffer_append(&made, step->data, start);
    wh_buffer_append(&made, frame.data, frame.length);
    wh_buffer_append(&made, step->data + end, step->length - end);
    put_le32(made.data + TABLE_STORED_AT, frame.length);
    put_le32(made.data + TABLE_AT, table->length);
    sample_mend(made.data, made.length);
    golden_save_buffer(name, &made);
}

static void read_table(const struct wh_buffer *step, struct wh_buffer *out_table)
{
    size_t start = WH_BUNDLE_HEAD_LENGTH + get_le32(step->data + PREFIX_STORED_AT);
    struct wh_error err;

    out_table->ceiling = CEILING;
    golden_must(wh_frame_read_all(
                    (struct wh_bytes){step->data + start, get_le32(step->data + TABLE_STORED_AT)},
                    out_table, &err),
        &err);
}

/* The usual step has no group of more than one entry, so a table is: groups (3 bytes each), files,
 * bases, one twin. All numbers are below 128 and thus one byte. */
static void put_bad_tables(const struct wh_buffer *step)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer table = {0};

    read_table(step, &table);
    size_t groups = table.data[0];
    size_t files = 1;
    for (size_t i = 0; i < groups; i++) /* codec, entries, stored bytes: one or two */
        files += table.data[files + 2] < 128 ? 3 : 4;
    size_t bases = files + groups;
    const struct {
        const char *name;
        size_t at;
        uint8_t value;
    } rows[] = {
        {"bad-table-file-twice.wht", files + 1, 0},
        {"bad-table-file-without-content.wht", files, 0},
        {"bad-table-file-not-in-header.wht", files, 100},
        {"bad-table-file-below-zero.wht", files, 1},
        {"bad-table-base-of-same-path-as-number.wht", bases, 2},
        {"bad-table-base-not-in-older-version.wht", bases, 102},
        {"bad-table-base-is-a-folder.wht", bases, 4},
        {"bad-table-empty-group.wht", 2, 0},
        {"bad-table-unknown-codec.wht", 1, 77},
        {"bad-table-twin-of-nothing.wht", table.length - 2, 0},
        {"bad-table-twin-is-an-entry.wht", table.length - 3, 8},
        {"bad-table-more-twins-than-bytes.wht", table.length - 4, 2},
        {"bad-table-more-recipes-than-bytes.wht", table.length - 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t saved = table.data[rows[i].at];
        table.data[rows[i].at] = rows[i].value;
        put_table(step, rows[i].name, &table);
        table.data[rows[i].at] = saved;
    }
    wh_buffer_u8(&table, 0);
    put_table(step, "bad-table-bytes-follow.wht", &table);
    table.data[table.length - 2] |= 0x80;
    put_table(step, "bad-table-padded-number.wht", &table);
    table.length -= 2;
    put_table(step, "bad-table-cut-short.wht", &table);
}

static void put_bad_steps(const struct wh_buffer *step)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t value;
    } rows[] = {
        {"bad-magic.wht", 4, '\n'},
        {"bad-version-unknown.wht", 8, 2},
        {"bad-kind-unknown.wht", 9, 5},
        {"bad-kind-of-supplement.wht", 9, 2},
        {"bad-correction-mode-unknown.wht", 10, 3},
        {"bad-correction-missing.wht", 10, 1},
        {"bad-reserved-byte.wht", 11, 1},
        {"bad-stored-prefix-length.wht", 15, 1},
        {"bad-prefix-over-limit.wht", 19, 0x7f},
        {"bad-prefix-length.wht", 16, 1},
        {"bad-table-over-limit.wht", 35, 0x7f},
        {"bad-groups-length.wht", 43, 1},
        {"bad-starts-from-another-version.wht", 52, 1},
        {"bad-prefix-digest.wht", 84, 1},
        {"bad-digest.wht", 212, 1},
        {"bad-prefix-frame.wht", WH_BUNDLE_HEAD_LENGTH, 0},
    };
    wh_autofree uint8_t *copy = malloc(step->length + 1);

    if (!copy)
        abort();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_changed(step, rows[i].name, rows[i].at, rows[i].value);
    memcpy(copy, step->data, step->length);
    copy[step->length] = 0;
    sample_mend(copy, step->length + 1);
    golden_save("bad-bytes-follow.wht", copy, step->length + 1);
    memcpy(copy, step->data, step->length);
    sample_mend(copy, step->length - 1);
    golden_save("bad-cut-short.wht", copy, step->length - 1);
    golden_save("bad-head-cut-short.wht", step->data, WH_BUNDLE_HEAD_LENGTH - 1);
    golden_save("bad-empty.wht", step->data, 0);
    memset(copy + 52, 0, 32);
    golden_save("bad-starts-from-nothing.wht", copy, step->length);
}

/* A step whose contents are not those of the header that it claims to give. */
static void put_wrong_content(const struct sample *old, const struct sample *new)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    struct wh_digest digest;
    struct wh_error err;

    sample_step(old, old, NULL, &step);
    golden_must(wh_digest_of(WH_SHA256, wh_buffer_bytes(&new->prefix), &digest, &err), &err);
    memcpy(step.data + 84, digest.bytes, digest.length);
    golden_save_buffer("bad-another-package-inside.wht", &step);
}

int main(int argc, char **argv)
{
    struct sample old;
    struct sample new;
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer grouped = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer config = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer doc = {0};
    static const char *const together[] = {
        "/usr/bin/sample", "/usr/lib/sample/new", "/usr/lib/sample/small", NULL};

    if (argc != 2) {
        (void)fprintf(stderr, "usage: golden_make FOLDER\n");
        return 2;
    }
    folder = argv[1];
    sample_old(&old);
    sample_new(&new);
    put_old_package(&old);
    sample_step(&old, &new, NULL, &step);
    sample_step(&old, &new, together, &grouped);
    sample_supplement(&new, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &config);
    sample_supplement(&new, WH_BUNDLE_DOC, WH_FILE_DOC, &doc);
    golden_save_buffer("step.wht", &step);
    golden_save_buffer("step-grouped.wht", &grouped);
    golden_save_buffer("config.wht", &config);
    golden_save_buffer("doc.wht", &doc);
    put_corrected(&old);
    put_bad_steps(&step);
    put_bad_tables(&step);
    put_wrong_content(&old, &new);
    put_changed(&config, "bad-config-starts-from-something.wht", 52, 1);
    put_changed(&config, "bad-config-of-another-package.wht", 84, 1);
    put_changed(&config, "bad-config-with-prefix.wht", PREFIX_STORED_AT, 1);
    golden_put_indexes();
    golden_put_signatures();
    golden_put_packed();
    golden_put_patches();
    golden_put_upgrades();
    sample_clear(&old);
    sample_clear(&new);
    return 0;
}
