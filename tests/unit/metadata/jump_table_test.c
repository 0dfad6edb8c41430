/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jump_table_test.c - jump tables and pointers in read-only data. */
#include "unit.h"

#include "whittle/tables.h"

enum { SHIFT = 0x2000, CODE = 0x1000, CODE_LENGTH = 0x800, ROOM = 256 };

/* Read-only data, filled with what leads nowhere. */
struct data {
    uint8_t bytes[ROOM];
};

static const struct data nothing = {{0}};

static void put(struct data *data, size_t at, uint32_t value)
{
    wh_store32(data->bytes + at, value);
}

static void put_table(struct data *data, size_t at, size_t rows, uint64_t base, uint32_t step)
{
    for (size_t i = 0; i < rows; i++)
        put(data, at + 4 * i, (uint32_t)(CODE + 0x40 + step * i - base));
}

static const struct wh_table_form form = {.code_low = CODE, .code_span = CODE_LENGTH};

struct found {
    struct wh_table_entry entries[ROOM / 4];
    size_t count;
};

static struct found search(const struct wh_table_form *with, const struct data *data, size_t end)
{
    struct found found = {.count = 0};
    struct wh_table_search search = {.at = 0};

    while (wh_table_next(with, data->bytes, SHIFT, end, &search, &found.entries[found.count]))
        found.count++;
    return found;
}

static void finds_a_table(void **state)
{
    struct data data = nothing;

    (void)state;
    memset(data.bytes, 0x55, sizeof data.bytes);
    put_table(&data, 64, 5, SHIFT + 64, 0x20);
    struct found found = search(&form, &data, ROOM);
    assert_int_equal(found.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(found.entries[i].at, 64 + 4 * i);
        assert_int_equal(found.entries[i].width, 4);
        assert_int_equal(found.entries[i].base, SHIFT + 64);
        assert_int_equal(found.entries[i].target, CODE + 0x40 + 0x20 * i);
    }
}

static void two_tables_beside_each_other(void **state)
{
    struct data data = nothing;

    (void)state;
    memset(data.bytes, 0x55, sizeof data.bytes);
    put_table(&data, 0, 2, SHIFT, 0x20);
    put(&data, 8, 0x55555555);
    put_table(&data, 12, 3, SHIFT + 12, 0x20);
    struct found found = search(&form, &data, ROOM);
    assert_int_equal(found.count, 5);
    assert_int_equal(found.entries[1].base, SHIFT);
    assert_int_equal(found.entries[2].base, SHIFT + 12);
}

/* One displacement by itself is likely to be something else. */
static void one_row_is_no_table(void **state)
{
    struct data data = nothing;

    (void)state;
    memset(data.bytes, 0x55, sizeof data.bytes);
    put_table(&data, 100, 1, SHIFT + 100, 0);
    assert_int_equal(search(&form, &data, ROOM).count, 0);
    put_table(&data, ROOM - 4, 1, SHIFT + ROOM - 4, 0);
    assert_int_equal(search(&form, &data, ROOM).count, 0);
}

/* Whatever the end, no entry reaches behind it. */
static void ends_anywhere(void **state)
{
    struct data data = nothing;

    (void)state;
    put_table(&data, 0, ROOM / 4, SHIFT, 4);
    for (size_t end = 0; end <= ROOM; end++) {
        struct found found = search(&form, &data, end);
        assert_int_equal(found.count, end < 8 ? 0 : end / 4);
        for (size_t i = 0; i < found.count; i++)
            assert_true(found.entries[i].at + found.entries[i].width <= end);
    }
}

/* i386: rows count from the GOT, wherever the table is. */
static void tables_that_count_from_the_got(void **state)
{
    const struct wh_table_form got = {.code_low = CODE, .code_span = CODE_LENGTH, .got = 0x9000};
    struct data data = nothing;

    (void)state;
    memset(data.bytes, 0x55, sizeof data.bytes);
    put_table(&data, 40, 3, 0x9000, 8);
    struct found found = search(&got, &data, ROOM);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.entries[2].target, CODE + 0x50);
    assert_int_equal(found.entries[2].base, 0x9000);
}

/* Programs at a fixed address have pointers. */
static void pointers_of_programs(void **state)
{
    const struct wh_table_form program = {
        .code_low = 0x401000, .code_span = 0x800, .low = 0x400000, .span = 0x10000};
    struct data data = nothing;

    (void)state;
    wh_store64(data.bytes + 16, 0x401010);
    wh_store64(data.bytes + 24, 0x410000); /* behind the image */
    wh_store64(data.bytes + 36, 0x401010); /* not aligned */
    wh_store64(data.bytes + 64, 0x40ffff);
    struct found found = search(&program, &data, ROOM);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.entries[0].at, 16);
    assert_int_equal(found.entries[0].width, 8);
    assert_int_equal(found.entries[0].target, 0x401010);
    assert_int_equal(found.entries[1].at, 64);
    found = search(&program, &data, 71); /* the last one does not fit */
    assert_int_equal(found.count, 1);
}

static void the_form_of_a_file(void **state)
{
    struct wh_region regions[] = {
        {WH_REGION_CONSTANTS, 1, 0, 16, 0x100},
        {WH_REGION_CODE, 2, 16, 32, 0x5000},
        {WH_REGION_CODE, 3, 64, 32, 0x4000},
    };
    struct wh_elf elf = {.type = WH_ET_EXEC,
        .low = 0x1000,
        .high = 0x9000,
        .regions = regions,
        .region_count = COUNT(regions)};
    struct wh_table_form found;

    (void)state;
    wh_table_form_of(&elf, 7, &found);
    assert_int_equal(found.code_low, 0x4000);
    assert_int_equal(found.code_span, 0x1020);
    assert_int_equal(found.low, 0x1000);
    assert_int_equal(found.span, 0x8000);
    assert_int_equal(found.got, 7);
    elf.type = 3;
    elf.region_count = 1;
    wh_table_form_of(&elf, 0, &found);
    assert_int_equal(found.code_span, 0);
    assert_int_equal(found.span, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_table),
        cmocka_unit_test(two_tables_beside_each_other),
        cmocka_unit_test(one_row_is_no_table),
        cmocka_unit_test(ends_anywhere),
        cmocka_unit_test(tables_that_count_from_the_got),
        cmocka_unit_test(pointers_of_programs),
        cmocka_unit_test(the_form_of_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
