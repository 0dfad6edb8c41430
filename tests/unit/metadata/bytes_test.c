/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes_test.c - buffers with a ceiling, the sticky reader, numbers. */
#include "unit.h"

static void writes_numbers_as_the_formats_spell_them(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer buffer = {.ceiling = 64};
    static const uint8_t expected[] = {0xff, 0x01, 0x02, 0x03, 0x04, 0x04, 0x03, 0x02, 0x01, 0x08,
        0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x7f, 0x80, 0x01, 0, 0};

    (void)state;
    wh_buffer_u8(&buffer, 0xff);
    wh_buffer_be32(&buffer, 0x01020304);
    wh_buffer_le32(&buffer, 0x01020304);
    wh_buffer_le64(&buffer, 0x0102030405060708);
    wh_buffer_varint(&buffer, 127);
    wh_buffer_varint(&buffer, 128);
    wh_buffer_fill(&buffer, 0, 2);
    OK(wh_buffer_check(&buffer, &err));
    assert_int_equal(buffer.length, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);

    struct wh_reader reader = wh_reader_over(wh_buffer_bytes(&buffer));
    assert_int_equal(wh_read_u8(&reader), 0xff);
    assert_int_equal(wh_read_be32(&reader), 0x01020304);
    assert_int_equal(wh_read_le32(&reader), 0x01020304);
    assert_int_equal(wh_read_le64(&reader), 0x0102030405060708);
    assert_int_equal(wh_read_varint(&reader, 127), 127);
    assert_int_equal(wh_read_varint(&reader, 128), 128);
    assert_false(wh_reader_at_end(&reader));
    assert_int_equal(wh_read_be16(&reader), 0);
    assert_true(wh_reader_at_end(&reader));
}

static void stops_at_the_ceiling_and_stays_failed(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer buffer = {.ceiling = 10};

    (void)state;
    wh_buffer_fill(&buffer, 1, 10);
    OK(wh_buffer_check(&buffer, &err));
    wh_buffer_u8(&buffer, 1);
    REFUSED(WH_OVER_LIMIT, "more than 10 bytes", wh_buffer_check(&buffer, &err));
    wh_buffer_append(&buffer, "", 0);
    assert_true(buffer.failed);
    wh_buffer_clear(&buffer);
    assert_int_equal(buffer.ceiling, 10);
    wh_buffer_fill(&buffer, 1, 11);
    REFUSED(WH_OVER_LIMIT, "more than 10 bytes", wh_buffer_check(&buffer, &err));
    wh_buffer_fill(&buffer, 1, 1);
    assert_int_equal(buffer.length, 0);
}

static void a_reader_never_passes_the_end(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct wh_reader reader = wh_reader_over((struct wh_bytes){bytes, sizeof bytes});

    (void)state;
    assert_int_equal(wh_read_be32(&reader), 0x01020000); /* worthless, as failed says */
    assert_true(reader.failed);
    assert_int_equal(wh_read_u8(&reader), 0);
    assert_null(wh_read_bytes(&reader, 0).data);
    assert_false(wh_reader_at_end(&reader));

    reader = wh_reader_over((struct wh_bytes){bytes, sizeof bytes});
    assert_null(wh_read_bytes(&reader, UINT64_MAX).data);
    assert_true(reader.failed);
    reader = wh_reader_over((struct wh_bytes){0});
    assert_true(wh_reader_at_end(&reader));
    assert_int_equal(wh_read_le64(&reader), 0);
    assert_true(reader.failed);
}

static void varints_have_one_spelling(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint64_t ceiling;
        bool good;
        uint64_t value;
    } rows[] = {
        {"\x00", 1, 0, true, 0},
        {"\x05", 1, 5, true, 5},
        {"\x05", 1, 4, false, 0},
        {"\x80\x00", 2, 100, false, 0}, /* padded */
        {"\x85\x80\x00", 3, 100, false, 0},
        {"\x80", 1, 1000, false, 0}, /* cut short */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, UINT64_MAX, true, UINT64_MAX},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, UINT64_MAX, false, 0}, /* 65 bits */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11, UINT64_MAX, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_reader reader = wh_reader_over(
            (struct wh_bytes){(const uint8_t *)rows[i].bytes, rows[i].length});
        assert_int_equal(wh_read_varint(&reader, rows[i].ceiling), rows[i].value);
        assert_int_equal(reader.failed, !rows[i].good);
    }
    for (unsigned shift = 0; shift < 64; shift++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer buffer = {.ceiling = 16};
        wh_buffer_varint(&buffer, 1ull << shift);
        struct wh_reader reader = wh_reader_over(wh_buffer_bytes(&buffer));
        assert_true(wh_read_varint(&reader, UINT64_MAX) == 1ull << shift);
        assert_true(wh_reader_at_end(&reader));
    }
}

static void decimals_have_one_spelling(void **state)
{
    static const char *const refused[] = {"", "00", "07", "-1", "+1", " 1", "1 ", "0x1", "1a", "/",
        ":", "101", "18446744073709551615", "18446744073709551616", "99999999999999999999"};
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_false(wh_decimal(refused[i], 100, &value));
        assert_int_equal(value, 7);
    }
    assert_true(wh_decimal("100", 100, &value));
    assert_int_equal(value, 100);
    assert_true(wh_decimal("0", 0, &value));
    assert_int_equal(value, 0);
    assert_true(wh_decimal("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(wh_decimal("18446744073709551616", UINT64_MAX, &value));
    assert_false(wh_decimal("99999999999999999999", UINT64_MAX, &value));
}

static void arrays_are_bounded(void **state)
{
    wh_autofree uint8_t *nothing = NULL;
    struct wh_error err;

    (void)state;
    assert_non_null(nothing = wh_array(0, 8, 0, &err));
    assert_null(wh_array(3, 8, 23, &err));
    assert_int_equal(err.status, WH_OVER_LIMIT);
    assert_null(wh_array(UINT64_MAX, 8, UINT64_MAX, &err));
    assert_int_equal(err.status, WH_OVER_LIMIT);
    wh_autofree uint8_t *three = wh_array(3, 8, 24, &err);
    assert_non_null(three);
    assert_int_equal(three[23], 0);
}

static void messages_have_no_control_bytes(void **state)
{
    struct wh_error err;

    (void)state;
    assert_int_equal(wh_fail(&err, WH_MALFORMED, "a\nb\x1b[c"), WH_MALFORMED);
    assert_string_equal(err.message, "a?b?[c");
    assert_int_equal(wh_fail(NULL, WH_MISSING, "no place for it"), WH_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_numbers_as_the_formats_spell_them),
        cmocka_unit_test(stops_at_the_ceiling_and_stays_failed),
        cmocka_unit_test(a_reader_never_passes_the_end),
        cmocka_unit_test(varints_have_one_spelling),
        cmocka_unit_test(decimals_have_one_spelling),
        cmocka_unit_test(arrays_are_bounded),
        cmocka_unit_test(messages_have_no_control_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
