/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make.c - writes the test vectors into the folder that is its argument. The same bytes each time
 * for one version of libzstd. Names that begin with "bad-" are refused, for the reason that the
 * rest of the name says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/index.h"

enum { CEILING = 1 << 20, TABLE_STORED_AT = 28, TABLE_AT = 32, PREFIX_STORED_AT = 12 };

static const char *folder;

static void must(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return;
    (void)fprintf(stderr, "make: %s\n", err->message);
    abort();
}

static void save(const char *name, const void *data, size_t length)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0) {
        (void)fprintf(stderr, "make: %s: cannot be written\n", path);
        exit(1);
    }
}

static void save_buffer(const char *name, const struct wh_buffer *buffer)
{
    save(name, buffer->data, buffer->length);
}

/* ---- packages and bundles ------------------------------------------------------------------- */

static void put_old_package(const struct sample *old)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_error err;

    must(wh_deflate(wh_buffer_bytes(&old->payload), (struct wh_bytes){0}, 19, &frame, &err), &err);
    save_buffer("old.prefix", &old->prefix);
    save_buffer("old.payload.zst", &frame);
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
        save_buffer(rows[i].name, &step);
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
    save(name, copy, bundle->length);
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

    must(wh_deflate(wh_buffer_bytes(table), (struct wh_bytes){0}, 19, &frame, &err), &err);
    wh_buffer_append(&made, step->data, start);
    wh_buffer_append(&made, frame.data, frame.length);
    wh_buffer_append(&made, step->data + end, step->length - end);
    put_le32(made.data + TABLE_STORED_AT, frame.length);
    put_le32(made.data + TABLE_AT, table->length);
    sample_mend(made.data, made.length);
    save_buffer(name, &made);
}

static void read_table(const struct wh_buffer *step, struct wh_buffer *out_table)
{
    size_t start = WH_BUNDLE_HEAD_LENGTH + get_le32(step->data + PREFIX_STORED_AT);
    struct wh_error err;

    out_table->ceiling = CEILING;
    must(wh_inflate_all(
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
        {"bad-table-twin-of-nothing.wht", table.length - 1, 0},
        {"bad-table-twin-is-an-entry.wht", table.length - 2, 8},
        {"bad-table-more-twins-than-bytes.wht", table.length - 3, 2},
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
        {"bad-kind-unknown.wht", 9, 4},
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
    save("bad-bytes-follow.wht", copy, step->length + 1);
    memcpy(copy, step->data, step->length);
    sample_mend(copy, step->length - 1);
    save("bad-cut-short.wht", copy, step->length - 1);
    save("bad-head-cut-short.wht", step->data, WH_BUNDLE_HEAD_LENGTH - 1);
    save("bad-empty.wht", step->data, 0);
    memset(copy + 52, 0, 32);
    save("bad-starts-from-nothing.wht", copy, step->length);
}

/* A step whose contents are not those of the header that it claims to give. */
static void put_wrong_content(const struct sample *old, const struct sample *new)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    struct wh_digest digest;
    struct wh_error err;

    sample_step(old, old, NULL, &step);
    must(wh_digest_of(WH_SHA256, wh_buffer_bytes(&new->prefix), &digest, &err), &err);
    memcpy(step.data + 84, digest.bytes, digest.length);
    save_buffer("bad-another-package-inside.wht", &step);
}

/* ---- signature headers ------------------------------------------------------------------------
 */

enum { INT32 = 4, STRING = 6, BIN = 7, STRING_ARRAY = 8 };

#define BLOB(tag, bytes)                                                                           \
    {                                                                                              \
        tag, BIN, sizeof(bytes) - 1, bytes, sizeof(bytes) - 1                                      \
    }
#define TEXT(tag, text)                                                                            \
    {                                                                                              \
        tag, STRING, 1, text, sizeof(text)                                                         \
    }
#define NUMBER(tag, bytes)                                                                         \
    {                                                                                              \
        tag, INT32, 1, bytes, 4                                                                    \
    }
#define SPACE(tag, bytes)                                                                          \
    {                                                                                              \
        tag, BIN, sizeof(bytes), bytes, sizeof(bytes)                                              \
    }

#define RSA BLOB(268, "an RSA signature")
#define SHA1 TEXT(269, "0123456789012345678901234567890123456789")
#define SHA256 TEXT(273, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
#define OPENPGP                                                                                    \
    {                                                                                              \
        278, STRING_ARRAY, 2, "c2lnMQ==\0c2lnMg==", 18                                             \
    }
#define SIZE NUMBER(1000, "\0\0\1\2")
#define PGP BLOB(1002, "signature over all")
#define MD5 BLOB(1004, "0123456789abcdef")
#define GPG BLOB(1005, "another one")
#define PAYLOADSIZE NUMBER(1007, "\0\0\3\4")

static void put_signature(const char *name, const struct sample_tag *tags, uint32_t count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer prefix = {0};

    sample_signed_prefix(tags, count, &prefix);
    save_buffer(name, &prefix);
}

/* NAME.prefix, which the readers rewrite with package digests of 0x11 and 0x22. */
static void put_signatures(void)
{
    static const uint8_t space[512];
#define PREFIX(name, ...)                                                                          \
    do {                                                                                           \
        static const struct sample_tag tags[] = {__VA_ARGS__};                                     \
        put_signature(name ".prefix", tags, sizeof tags / sizeof *tags);                           \
    } while (0)
    PREFIX("signature-v4", RSA, SHA1, SHA256, SIZE, PGP, MD5, PAYLOADSIZE, SPACE(1008, space));
    PREFIX("signature-v4-all-legacy", BLOB(267, "a DSA signature"), RSA, SHA1, SHA256, SIZE,
        BLOB(1001, "l1"), PGP, BLOB(1003, "l2"), MD5, GPG, BLOB(1006, "p5"), PAYLOADSIZE);
    PREFIX("signature-v4-little-space", SHA1, SHA256, SIZE, MD5, BLOB(1008, "\0\0\0\0"));
    PREFIX("signature-v6", SHA256, OPENPGP, TEXT(279, "0123"), SPACE(999, space));
    PREFIX("signature-v6-without-space", SHA256, OPENPGP, TEXT(279, "0123"));
    PREFIX("bad-signature-unknown-tag", RSA, BLOB(300, "?"));
    PREFIX("bad-signature-over-payload-only", SHA1, SIZE, PGP, MD5);
    PREFIX("bad-signature-out-of-order", SHA256, SHA1);
    PREFIX("bad-signature-tag-twice", RSA, RSA);
    PREFIX("bad-signature-data-too-short", RSA, {1004, BIN, 1000, "0123", 4});
}

/* ---- index ------------------------------------------------------------------------------------
 */

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define DIGEST " sha256='fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'"
#define BUNDLE(from, size) "<bundle from='" from "' size='" size "'" DIGEST "/>"
#define FROM "2c26b46b68ffc68f"
#define PACKAGE(id, inside) "<package pkgid='" id "'>" inside "</package>"
#define WHITTLE(version, inside) "<whittle version='" version "'>" inside "</whittle>\n"
#define USUAL PACKAGE(ID, BUNDLE(FROM, "5388"))
#define WITH(bundle) WHITTLE("1", PACKAGE(ID, bundle))

static void put_indexes(void)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"index.xml", WHITTLE("1", USUAL PACKAGE("0123456789abcdef0123456789abcdef",
                                       BUNDLE(FROM, "244") BUNDLE("486ea46224d1bb4f",
                                           "1073741824") "<config size='812'" DIGEST
                                                         "/><doc size='4100'" DIGEST "/>"))},
        {"index-empty.xml", WHITTLE("1", "")},
        {"index-later-additions.xml", WHITTLE("1", "<backend url='x'><package/></backend>"
                                                   "<package pkgid='" ID "' new='1'><hint/>" BUNDLE(
                                                       FROM, "5388") "</package>")},
        {"bad-index-version-2.xml", WHITTLE("2", USUAL)},
        {"bad-index-version-padded.xml", WHITTLE("01", USUAL)},
        {"bad-index-without-version.xml", "<whittle/>"},
        {"bad-index-another-root.xml", "<metadata version='1'/>"},
        {"bad-index-doctype.xml", "<!DOCTYPE whittle>" WHITTLE("1", USUAL)},
        {"bad-index-entities.xml", "<!DOCTYPE whittle [<!ENTITY a 'ha'>]>" WHITTLE("1", "&a;")},
        {"bad-index-not-xml.xml", "no XML at all"},
        {"bad-index-cut-short.xml", "<whittle version='1'>" USUAL},
        {"bad-index-package-twice.xml", WHITTLE("1", USUAL USUAL)},
        {"bad-index-package-without-bundle.xml", WITH("")},
        {"bad-index-pkgid-upper-case.xml",
            WHITTLE("1", PACKAGE("0123456789ABCDEF0123456789ABCDEF", BUNDLE(FROM, "5388")))},
        {"bad-index-pkgid-short.xml", WHITTLE("1", PACKAGE("0123", BUNDLE(FROM, "5388")))},
        {"bad-index-from-short.xml", WITH(BUNDLE("2c26", "5388"))},
        {"bad-index-from-no-digits.xml", WITH(BUNDLE("2c26b46b68ffc68g", "5388"))},
        {"bad-index-size-padded.xml", WITH(BUNDLE(FROM, "05388"))},
        {"bad-index-size-negative.xml", WITH(BUNDLE(FROM, "-5388"))},
        {"bad-index-size-below-head.xml", WITH(BUNDLE(FROM, "243"))},
        {"bad-index-size-over-limit.xml", WITH(BUNDLE(FROM, "1073741825"))},
        {"bad-index-size-wraps.xml", WITH(BUNDLE(FROM, "18446744073709551860"))},
        {"bad-index-without-sha256.xml", WITH("<doc size='500'/>")},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        save(rows[i].name, rows[i].text, strlen(rows[i].text));

    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_bytes text = {(const uint8_t *)rows[0].text, strlen(rows[0].text)};
    struct wh_error err;
    must(wh_deflate(text, (struct wh_bytes){0}, 19, &frame, &err), &err);
    save_buffer("index.xml.zst", &frame);
    save("bad-index-frame-cut-short.xml.zst", frame.data, frame.length - 1);
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
    save_buffer("step.wht", &step);
    save_buffer("step-grouped.wht", &grouped);
    save_buffer("config.wht", &config);
    save_buffer("doc.wht", &doc);
    put_corrected(&old);
    put_bad_steps(&step);
    put_bad_tables(&step);
    put_wrong_content(&old, &new);
    put_changed(&config, "bad-config-starts-from-something.wht", 52, 1);
    put_changed(&config, "bad-config-of-another-package.wht", 84, 1);
    put_changed(&config, "bad-config-with-prefix.wht", PREFIX_STORED_AT, 1);
    put_indexes();
    put_signatures();
    sample_clear(&old);
    sample_clear(&new);
    return 0;
}
