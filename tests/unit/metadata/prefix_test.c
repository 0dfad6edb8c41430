/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_test.c - cutting lead, signature header and main header apart, from hostile bytes. */
#include "unit.h"

#include "package/tags.h"

enum { SIGNATURE_ENTRIES = 96 + 8, SIGNATURE_DATA = 96 + 12 };

static struct sample package;

static int set_up(void **state)
{
    (void)state;
    sample_old(&package);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_clear(&package);
    return 0;
}

static void put_be32(uint8_t *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static void measures_step_by_step(void **state)
{
    size_t have = 0;
    size_t needed = 1;
    int steps = 0;

    (void)state;
    for (; needed > have; steps++) {
        have = needed;
        assert_true(have <= package.prefix.length);
        OK(wh_prefix_measure((struct wh_bytes){package.prefix.data, have}, &needed, &err));
    }
    assert_int_equal(needed, package.prefix.length);
    assert_int_equal(steps, 4); /* lead and signature intro, main intro, all of it */
    size_t length;
    for (size_t i = 0; i < package.prefix.length; i++) {
        OK(wh_prefix_measure((struct wh_bytes){package.prefix.data, i}, &length, &err));
        assert_true(length > i);
    }
}

static void refuses_every_truncation(void **state)
{
    struct wh_prefix prefix;
    struct wh_raw_header header;

    (void)state;
    for (size_t i = 0; i < package.prefix.length; i++)
        REFUSED(WH_MALFORMED, "package prefix has",
            wh_prefix_parse((struct wh_bytes){package.prefix.data, i}, &prefix, &err));
    for (size_t i = 0; i < package.parsed.header.bytes.length; i++)
        REFUSED(WH_MALFORMED, "cut short",
            wh_raw_header_parse(
                (struct wh_bytes){package.parsed.header.bytes.data, i}, &header, &err));
    wh_buffer_u8(&package.prefix, 0);
    REFUSED(WH_MALFORMED, "instead of",
        wh_prefix_parse(wh_buffer_bytes(&package.prefix), &prefix, &err));
}

static void refuses_what_is_no_package(void **state)
{
    struct wh_bytes bytes = wh_buffer_bytes(&package.prefix);
    size_t main_at = (size_t)(package.parsed.header.bytes.data - bytes.data);
    struct wh_prefix prefix;
    size_t length;

    (void)state;
    package.prefix.data[0] ^= 1;
    REFUSED(WH_MALFORMED, "not an rpm package", wh_prefix_measure(bytes, &length, &err));
    package.prefix.data[0] ^= 1;
    package.prefix.data[96] ^= 1;
    REFUSED(
        WH_MALFORMED, "signature header does not begin", wh_prefix_measure(bytes, &length, &err));
    package.prefix.data[96] ^= 1;
    package.prefix.data[main_at + 7] ^= 1;
    REFUSED(WH_MALFORMED, "main header does not begin", wh_prefix_measure(bytes, &length, &err));
    package.prefix.data[main_at + 7] ^= 1;
    package.prefix.data[main_at - 1] = 1;
    REFUSED(WH_MALFORMED, "padding", wh_prefix_parse(bytes, &prefix, &err));
}

static void refuses_hostile_counts(void **state)
{
    struct wh_bytes bytes = wh_buffer_bytes(&package.prefix);
    size_t main_at = (size_t)(package.parsed.header.bytes.data - bytes.data);
    const struct {
        size_t at;
        uint32_t value;
    } rows[] = {
        {SIGNATURE_ENTRIES, 33},
        {SIGNATURE_ENTRIES, UINT32_MAX},
        {SIGNATURE_DATA, (64u << 20) + 1},
        {SIGNATURE_DATA, UINT32_MAX},
        {main_at + 8, 65536},
        {main_at + 8, UINT32_MAX},
        {main_at + 12, (64u << 20) + 1},
        {main_at + 12, UINT32_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length;
        uint8_t saved[4];
        memcpy(saved, package.prefix.data + rows[i].at, 4);
        put_be32(package.prefix.data + rows[i].at, rows[i].value);
        REFUSED(WH_OVER_LIMIT, "over the limit", wh_prefix_measure(bytes, &length, &err));
        memcpy(package.prefix.data + rows[i].at, saved, 4);
    }
    put_be32(package.prefix.data + SIGNATURE_ENTRIES, 32);
    size_t length;
    struct wh_error err;
    assert_int_not_equal(wh_prefix_measure(bytes, &length, &err), WH_OVER_LIMIT);
}

static void finds_tags_inside_the_data_only(void **state)
{
    const struct wh_raw_header *signature = &package.parsed.signature;
    struct wh_tag_entry entry;

    (void)state;
    assert_true(wh_raw_header_find(signature, WH_SIG_MD5, &entry));
    assert_int_equal(entry.type, WH_TYPE_BIN);
    assert_int_equal(entry.count, 16);
    assert_memory_equal(entry.data.data, "0123456789abcdef", 16);
    assert_false(wh_raw_header_find(signature, WH_SIG_GPG, &entry));

    uint32_t last = signature->entry_count - 1;
    uint8_t *offset = package.prefix.data + 96 + 16 + 16 * last + 8;
    put_be32(offset, (uint32_t)signature->data.length);
    assert_true(wh_raw_header_find(signature, WH_SIG_RESERVEDSPACE, &entry));
    assert_int_equal(entry.data.length, 0);
    put_be32(offset, (uint32_t)signature->data.length + 1);
    assert_false(wh_raw_header_find(signature, WH_SIG_RESERVEDSPACE, &entry));
}

static void blanks_and_completes_the_header_digests(void **state)
{
    struct wh_tag_entry sha1;
    struct wh_tag_entry sha256;
    wh_autofree uint8_t *copy = malloc(package.prefix.length);

    (void)state;
    memcpy(copy, package.prefix.data, package.prefix.length);
    wh_prefix_blank(package.prefix.data, &package.parsed);
    assert_true(wh_raw_header_find(&package.parsed.signature, WH_SIG_SHA1, &sha1));
    assert_true(wh_raw_header_find(&package.parsed.signature, WH_SIG_SHA256, &sha256));
    assert_int_equal(strspn((const char *)sha1.data.data, "0"), 40);
    assert_int_equal(strspn((const char *)sha256.data.data, "0"), 64);
    OK(wh_prefix_complete(package.prefix.data, &package.parsed, &err));
    assert_memory_equal(package.prefix.data, copy, package.prefix.length);

    char hex[65];
    wh_hex(package.header->id, WH_SHA256_LENGTH, hex);
    assert_string_equal((const char *)sha256.data.data, hex);
}

/* A digest text that is shorter than its algorithm's is none: it is left as it is. */
static void leaves_odd_digest_texts_alone(void **state)
{
    wh_autofree uint8_t *copy = malloc(package.prefix.length);
    struct wh_tag_entry sha1;

    (void)state;
    assert_true(wh_raw_header_find(&package.parsed.signature, WH_SIG_SHA1, &sha1));
    uint8_t *text = package.prefix.data + (sha1.data.data - package.prefix.data);
    text[39] = '\0';
    memcpy(copy, package.prefix.data, package.prefix.length);
    wh_prefix_blank(package.prefix.data, &package.parsed);
    assert_memory_equal(text, copy + (text - package.prefix.data), 40);
    OK(wh_prefix_complete(package.prefix.data, &package.parsed, &err));
    assert_memory_equal(package.prefix.data, copy, package.prefix.length);
    text[39] = 'x';
    text[40] = 'x';
    wh_prefix_blank(package.prefix.data, &package.parsed);
    assert_int_equal(text[39], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(measures_step_by_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_every_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_package, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_hostile_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_tags_inside_the_data_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blanks_and_completes_the_header_digests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_odd_digest_texts_alone, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
