/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_test.c - the file table: bytes that are refused, and tables that no header allows. */
#include "unit.h"

#include "bundle/table.h"

#define ROW(part, bytes)                                                                           \
    {                                                                                              \
        part, bytes, sizeof(bytes) - 1                                                             \
    }

/* Two groups, of files 0 and 2 and of file 1; five stored bytes. */
#define GROUPS                                                                                     \
    "\x02"                                                                                         \
    "\x01\x02\x03"                                                                                 \
    "\x01\x01\x02"
#define FILES "\x00\x04\x01" /* 0, 2, 1: differences 0, 2, -1 as zigzag */
#define BASES "\x00\x01\x05" /* same path, none, old file 3 */
#define TWINS "\x01\x03\x02" /* file 3 is a twin of file 2 */
#define NO_RECIPES "\x00"
#define GOOD GROUPS FILES BASES TWINS NO_RECIPES

static const struct wh_bytes stored = {(const uint8_t *)"abcde", 5};

static void reads_every_part(void **state)
{
    struct wh_bundle bundle = {0};

    (void)state;
    OK(wh_table_read(
        (struct wh_bytes){(const uint8_t *)GOOD, sizeof GOOD - 1}, stored, &bundle, &err));
    assert_int_equal(bundle.group_count, 2);
    assert_int_equal(bundle.groups[1].first_entry, 2);
    assert_memory_equal(bundle.groups[0].stored.data, "abc", 3);
    assert_memory_equal(bundle.groups[1].stored.data, "de", 2);
    assert_int_equal(bundle.entry_count, 3);
    assert_int_equal(bundle.entries[0].base, WH_SAME_PATH);
    assert_int_equal(bundle.entries[1].file, 2);
    assert_int_equal(bundle.entries[1].base, WH_NO_FILE);
    assert_int_equal(bundle.entries[2].file, 1);
    assert_int_equal(bundle.entries[2].base, 3);
    assert_int_equal(bundle.twin_count, 1);
    assert_int_equal(bundle.twins[0].file, 3);
    assert_int_equal(bundle.twins[0].original, 2);
    wh_bundle_clear(&bundle);
}

/* Entry 1: gzip, one stream each; 300 and 301 plain bytes in the first group. */
#define PARTS                                                                                      \
    "\x0a\x01"                                                                                     \
    "\x0b\x04\x01\x01\x09"                                                                         \
    "\x01\x07"
#define RECIPE "\x01\x01\x01" PARTS
#define RECIPES                                                                                    \
    "\x01"                                                                                         \
    "\x01" RECIPE "\xac\x02"                                                                       \
    "\xad\x02"

static void reads_recipes(void **state)
{
    static const char table[] = GROUPS FILES BASES TWINS RECIPES;
    struct wh_bundle bundle = {0};

    (void)state;
    OK(wh_table_read(
        (struct wh_bytes){(const uint8_t *)table, sizeof table - 1}, stored, &bundle, &err));
    assert_null(bundle.entries[0].recipe);
    assert_null(bundle.entries[2].recipe);
    assert_int_equal(bundle.groups[0].plain_bases, 300);
    assert_int_equal(bundle.groups[0].plain_contents, 301);
    assert_int_equal(bundle.groups[1].plain_contents, 0);
    assert_int_equal(wh_bundle_cpu_ms(&bundle), 7);
    const struct wh_recipe *recipe = bundle.entries[1].recipe;
    assert_int_equal(recipe->packing, WH_PACKING_GZIP);
    assert_int_equal(recipe->old_streams[0].before, 10);
    assert_int_equal(recipe->new_streams[0].before, 11);
    assert_int_equal(recipe->new_streams[0].growth, 2);
    assert_int_equal(recipe->new_streams[0].coder, WH_CODER_DEFLATE);
    assert_int_equal(recipe->new_streams[0].parameters.data[0], 9);
    assert_int_equal(recipe->outer_growth, -1);
    wh_bundle_clear(&bundle);
}

static void refuse(const char *part, const char *bytes, size_t length)
{
    struct wh_bundle bundle = {0};
    wh_autofree uint8_t *copy = malloc(length + 1); /* so that one byte too far is seen */

    memcpy(copy, bytes, length);
    REFUSED(
        WH_MALFORMED, part, wh_table_read((struct wh_bytes){copy, length}, stored, &bundle, &err));
    wh_bundle_clear(&bundle);
}

static void refuses_bad_tables(void **state)
{
    static const struct {
        const char *part, *bytes;
        size_t length;
    } rows[] = {
        ROW("groups do not add up", ""),
        ROW("groups do not add up", "\x00\x00"),  /* five stored bytes of no group */
        ROW("groups do not add up", "\x7f" GOOD), /* more groups than bytes */
        ROW("groups do not add up", "\x82\x00"),  /* padded */
        ROW("groups do not add up", "\x01\x01\x01\x04"
                                    "\x00\x00\x00"),
        ROW("groups do not add up", "\x01\x01\x01\x06"
                                    "\x00\x00\x00"),
        ROW("no entries, or too many", "\x02\x01\x00\x03\x01\x01\x02"),
        ROW("cut short", "\x01\x01\x80\x80\x40\x05"),               /* a million entries */
        ROW("no entries, or too many", "\x01\x01\x81\x80\x40\x05"), /* one more */
        ROW("out of order", GROUPS "\x00\x00\x01" BASES TWINS),     /* the same file again */
        ROW("out of order", GROUPS "\x04\x03\x01" BASES TWINS),     /* descending in a group */
        ROW("out of order", GROUPS "\x01\x04\x01" BASES TWINS),     /* below zero */
        ROW("out of order", GROUPS "\x00\x80\x80\x80\x01\x01" BASES TWINS), /* past the limit */
        ROW("cut short", GROUPS FILES "\x00\x01\x82\x80\x40" TWINS), /* a base past the limit */
        ROW("cut short", GROUPS FILES "\x00\x80\x00" TWINS),
        ROW("out of order", GROUPS FILES BASES "\x02\x03\x02\x00\x02"),
        ROW("bytes follow", GROUPS FILES BASES TWINS NO_RECIPES "\x00"),
        ROW("bytes follow", GROUPS FILES BASES TWINS RECIPES "\x00"),
        ROW("cut short", GROUPS FILES BASES TWINS "\x02" RECIPE),        /* two in so few bytes */
        ROW("out of order", GROUPS FILES BASES TWINS "\x01\x03" RECIPE), /* of no entry */
        ROW("out of order", GROUPS FILES BASES TWINS "\x02\x01" RECIPE "\x00" RECIPE),
        ROW("packs nothing", GROUPS FILES BASES TWINS "\x01\x00"
                                                      "\x00\x01\x01" PARTS),
        ROW("packs nothing", GROUPS FILES BASES TWINS "\x01\x00"
                                                      "\x01\x00\x00"
                                                      "\x00\x00\x00\x00\x00"),
        ROW("not one stream", GROUPS FILES BASES TWINS "\x01\x00"
                                                       "\x04\x02\x01"
                                                       "\x0a\x01" PARTS),
        ROW("out of its range", GROUPS FILES BASES TWINS "\x01\x00"
                                                         "\x05\x01\x01" PARTS),
        ROW("out of its range", GROUPS FILES BASES TWINS "\x01\x00"
                                                         "\x01\x01\x7f" PARTS),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse(rows[i].part, rows[i].bytes, rows[i].length);
    for (size_t i = 0; i < sizeof GOOD - 1; i++)
        refuse("file table", GOOD, i);
    for (size_t i = 0; i < sizeof(RECIPES) - 1; i++) /* wherever it is cut */
        refuse("cut short", GROUPS FILES BASES TWINS RECIPES, sizeof GOOD - 2 + i);
}

/* ---- tables against headers ----------------------------------------------------------------- */

#define PLAIN(name, bytes, kind, type)                                                             \
    {                                                                                              \
        .dirname = "/", .basename = (name), .linkto = "", .digest = "", .size = (bytes),           \
        .flags = (kind), .mode = (type), .link_count = 1, .link_next = WH_NO_FILE,                 \
        .has_content = (type) == S_IFREG && (bytes) > 0 && !((kind)&WH_FILE_GHOST)                 \
    }

static struct wh_file old_files[] = {
    PLAIN("a", 10, 0, S_IFREG),
    PLAIN("b", 0, 0, S_IFREG),
    PLAIN("c", 10, WH_FILE_GHOST, S_IFREG),
    PLAIN("d", 10, 0, S_IFLNK),
    PLAIN("e", 10, 0, S_IFREG),
};
static struct wh_file new_files[] = {
    PLAIN("a", 10, 0, S_IFREG),
    PLAIN("b", 20, 0, S_IFREG),
    PLAIN("c", 10, 0, S_IFREG),
    PLAIN("d", 0, 0, S_IFDIR),
    PLAIN("f", 20, 0, S_IFREG),
    PLAIN("g", 0, 0, S_IFREG),
};
static const struct wh_header old_header = {.file_count = COUNT(old_files), .files = old_files};
static const struct wh_header new_header = {.file_count = COUNT(new_files), .files = new_files};

#define ENTRY(number, other)                                                                       \
    {                                                                                              \
        .file = (number), .base = (other)                                                          \
    }

struct table {
    struct wh_entry entries[3];
    uint32_t entry_count;
    struct wh_twin twins[3];
    uint32_t twin_count;
};

static wh_status resolve(struct table *table, bool supplement, struct wh_error *err)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    struct wh_bundle bundle = {.entries = table->entries,
        .entry_count = table->entry_count,
        .twins = table->twins,
        .twin_count = table->twin_count};

    WH_TRY(wh_file_map_new(&old_header, &map, err));
    return wh_bundle_resolve(&bundle, &old_header, supplement ? NULL : map, &new_header, err);
}

static void resolves_the_base_of_the_same_path(void **state)
{
    struct table table = {
        {ENTRY(0, WH_SAME_PATH), ENTRY(1, 4), ENTRY(2, WH_NO_FILE)}, 3, {{4, 1}}, 1};

    (void)state;
    OK(resolve(&table, false, &err));
    assert_int_equal(table.entries[0].base, 0);
    assert_int_equal(table.entries[1].base, 4);
    assert_int_equal(table.entries[2].base, WH_NO_FILE);
}

static void refuses_tables_that_no_header_allows(void **state)
{
    static const struct {
        const char *part;
        struct table table;
    } rows[] = {
        {"entry's file has no content", {{ENTRY(6, WH_NO_FILE)}, 1, {{0}}, 0}},
        {"entry's file has no content", {{ENTRY(3, WH_NO_FILE)}, 1, {{0}}, 0}},
        {"entry's file has no content", {{ENTRY(5, WH_NO_FILE)}, 1, {{0}}, 0}},
        {"made twice", {{ENTRY(0, WH_NO_FILE), ENTRY(0, WH_NO_FILE)}, 2, {{0}}, 0}},
        {"spelled as a number", {{ENTRY(0, 0)}, 1, {{0}}, 0}},
        {"not in the older version", {{ENTRY(0, 5)}, 1, {{0}}, 0}},
        {"not in the older version", {{ENTRY(4, WH_SAME_PATH)}, 1, {{0}}, 0}},
        {"base has no content", {{ENTRY(1, WH_SAME_PATH)}, 1, {{0}}, 0}},
        {"base has no content", {{ENTRY(2, WH_SAME_PATH)}, 1, {{0}}, 0}},
        {"base has no content", {{ENTRY(0, 3)}, 1, {{0}}, 0}},
        {"twin's file has no content", {{ENTRY(1, WH_NO_FILE)}, 1, {{6, 1}}, 1}},
        {"twin's file has no content", {{ENTRY(1, WH_NO_FILE)}, 1, {{4, 6}}, 1}},
        {"twin's file has no content", {{ENTRY(1, WH_NO_FILE)}, 1, {{3, 1}}, 1}},
        {"twin has no original", {{ENTRY(1, WH_NO_FILE)}, 1, {{4, 2}}, 1}},
        {"twin has no original", {{ENTRY(1, WH_NO_FILE)}, 1, {{1, 1}}, 1}},
        {"twin has no original", {{ENTRY(0, WH_NO_FILE)}, 1, {{1, 4}, {4, 0}}, 2}},
        {"another size", {{ENTRY(1, WH_NO_FILE)}, 1, {{0, 1}}, 1}},
        {"made twice", {{ENTRY(1, WH_NO_FILE)}, 1, {{4, 1}, {4, 1}}, 2}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct table table = rows[i].table;
        REFUSED(WH_MALFORMED, rows[i].part, resolve(&table, false, &err));
    }
}

static void supplements_have_neither_bases_nor_twins(void **state)
{
    struct table good = {{ENTRY(0, WH_NO_FILE)}, 1, {{0}}, 0};
    struct table based = {{ENTRY(0, WH_SAME_PATH)}, 1, {{0}}, 0};
    struct table numbered = {{ENTRY(0, 4)}, 1, {{0}}, 0};
    struct table twin = {{ENTRY(1, WH_NO_FILE)}, 1, {{4, 1}}, 1};

    (void)state;
    OK(resolve(&good, true, &err));
    REFUSED(WH_MALFORMED, "supplement has a base", resolve(&based, true, &err));
    REFUSED(WH_MALFORMED, "supplement has a base", resolve(&numbered, true, &err));
    REFUSED(WH_MALFORMED, "supplement has a twin", resolve(&twin, true, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_part),
        cmocka_unit_test(reads_recipes),
        cmocka_unit_test(refuses_bad_tables),
        cmocka_unit_test(resolves_the_base_of_the_same_path),
        cmocka_unit_test(refuses_tables_that_no_header_allows),
        cmocka_unit_test(supplements_have_neither_bases_nor_twins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
