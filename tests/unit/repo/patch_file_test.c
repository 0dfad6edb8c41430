/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_file_test.c - patch files are hostile: what they say of themselves is checked, and nothing
 * but the new content ever comes of one. */
#include "unit.h"

#include <stdlib.h>

#include "group_encode.h"
#include "patch_file.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { LENGTH = 1500, OLD_LENGTH_AT = 16, NEW_LENGTH_AT = 24, STORED_AT = 32 };

/* A patch file of two contents, and what it was made from. */
struct made {
    uint8_t old_content[LENGTH];
    uint8_t new_content[LENGTH];
    struct wh_buffer bytes;
};

static void clear_made(struct made *made)
{
    wh_buffer_clear(&made->bytes);
}

static struct wh_bytes old_of(const struct made *made)
{
    return (struct wh_bytes){made->old_content, LENGTH};
}

static void digest(struct wh_bytes bytes, uint8_t out[WH_SHA256_LENGTH])
{
    struct wh_digest found;

    OK(wh_digest_of(WH_SHA256, bytes, &found, &err));
    memcpy(out, found.bytes, WH_SHA256_LENGTH);
}

static void make(enum wh_codec_id codec, struct made *made)
{
    const struct wh_means means = {
        .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    uint32_t random = 1;

    *made = (struct made){.bytes.ceiling = 1u << 20};
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525u + 1013904223u;
        made->old_content[i] = made->new_content[i] = (uint8_t)(random >> 24);
    }
    for (size_t i = 1; i < LENGTH && codec == WH_CODEC_PATCH; i += 20) /* for frames too many */
        made->new_content[i] ^= 1;
    memset(made->new_content + 700, 'x', 40);
    struct wh_bytes content = {made->new_content, LENGTH};
    OK(wh_groups_encode_one(old_of(made), content, &means, &groups, &err));
    assert_int_equal(groups.groups[0].codec, codec);
    struct wh_patch_file patch = {
        .codec = groups.groups[0].codec,
        .with_base = groups.entries[0].base != WH_NO_FILE,
        .old_length = LENGTH,
        .new_length = LENGTH,
        .stored = groups.groups[0].stored,
    };
    digest(old_of(made), patch.old_sha256);
    digest(content, patch.new_sha256);
    wh_patch_file_write(&patch, &made->bytes);
    assert_int_equal(made->bytes.length, WH_PATCH_FILE_HEAD + patch.stored.length);
}

/* Reads, checks and applies, from a copy that ends where it ends. */
static wh_status apply(const struct made *made, size_t length, struct wh_error *err)
{
    wh_autofree uint8_t *exact = malloc(length ? length : 1);
    wh_autofree uint8_t *content = NULL;
    struct wh_patch_file patch;

    assert_non_null(exact);
    memcpy(exact, made->bytes.data, length);
    WH_TRY(wh_patch_file_parse((struct wh_bytes){exact, length}, &patch, err));
    WH_TRY(wh_patch_file_check(&patch, old_of(made), err));
    WH_TRY(wh_patch_file_apply(&patch, old_of(made), &content, err));
    assert_int_equal(patch.new_length, LENGTH);
    assert_memory_equal(content, made->new_content, LENGTH);
    return WH_OK;
}

static const enum wh_codec_id codecs[] = {WH_CODEC_ZSTD, WH_CODEC_PATCH};

static void gives_the_new_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codecs); i++) {
        wh_cleanup(clear_made) struct made made;
        make(codecs[i], &made);
        OK(apply(&made, made.bytes.length, &err));
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codecs); i++) {
        wh_cleanup(clear_made) struct made made;
        make(codecs[i], &made);
        for (size_t length = 8; length < made.bytes.length; length++)
            REFUSED(WH_MALFORMED, "cut short", apply(&made, length, &err));
        for (size_t length = 0; length < 8; length++)
            REFUSED(WH_MALFORMED, "does not begin as", apply(&made, length, &err));
    }
}

/* Every byte of the head counts; one of the group that does not still gives the right content. */
static void every_flipped_byte_is_refused_or_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codecs); i++) {
        wh_cleanup(clear_made) struct made made;
        make(codecs[i], &made);
        for (size_t at = 0; at < made.bytes.length; at++) {
            struct wh_error error = {0};
            made.bytes.data[at] ^= 0x41;
            wh_status status = apply(&made, made.bytes.length, &error);
            made.bytes.data[at] ^= 0x41;
            assert_true(status != WH_SYSTEM && status != WH_NO_MEMORY);
            assert_true(status != WH_OK || at >= WH_PATCH_FILE_HEAD);
            assert_true(status == WH_OK || error.message[0] != '\0');
        }
    }
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        wh_status status;
        const char *part;
    } cases[] = {
        {0, 'W', WH_MALFORMED, "does not begin as a patch file"},
        {8, 2, WH_UNSUPPORTED, "format version 2 is not known"},
        {9, 2, WH_MALFORMED, "its head is bad"},
        {10, 1, WH_MALFORMED, "its head is bad"},
        {12, 99, WH_UNSUPPORTED, "codec 99 is not known"},
        {OLD_LENGTH_AT, 0, WH_MISMATCH, "not the file that the patch is for"},
        {OLD_LENGTH_AT + 7, 1, WH_OVER_LIMIT, "more than 2147483648 bytes"},
        {NEW_LENGTH_AT + 4, 1, WH_OVER_LIMIT, "more than 2147483648 bytes"},
        {STORED_AT, 0, WH_MALFORMED, "bytes follow its end"},
        {STORED_AT + 7, 0xff, WH_MALFORMED, "cut short"},
        {40, 0, WH_MISMATCH, "not the file that the patch is for"},
        {72, 0, WH_MISMATCH, "not the file that it names"},
    };
    wh_cleanup(clear_made) struct made made;

    (void)state;
    make(WH_CODEC_PATCH, &made);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t good = made.bytes.data[cases[i].at];
        made.bytes.data[cases[i].at] = cases[i].byte;
        REFUSED(cases[i].status, cases[i].part, apply(&made, made.bytes.length, &err));
        made.bytes.data[cases[i].at] = good;
    }
}

/* The length comes from the file: claiming much must not take time or memory by itself. */
static void a_long_promise_is_not_believed(void **state)
{
    wh_cleanup(clear_made) struct made made;
    struct wh_error error = {0};

    (void)state;
    make(WH_CODEC_PATCH, &made);
    made.bytes.data[NEW_LENGTH_AT + 3] = 0x7f;
    assert_int_equal(apply(&made, made.bytes.length, &error), WH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_new_content),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_byte_is_refused_or_harmless),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(a_long_promise_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
