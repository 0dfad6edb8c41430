/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_map_test.c - files found by path and by digest. */
#include "unit.h"

#define FILE_ROW(folder, name, hash, bytes, kind, type)                                            \
    {                                                                                              \
        .dirname = (folder), .basename = (name), .linkto = "", .digest = (hash), .size = (bytes),  \
        .flags = (kind), .mode = (type)                                                            \
    }

static struct wh_file files[] = {
    FILE_ROW("/usr/lib/", "b", "aa", 5, 0, S_IFREG),
    FILE_ROW("/usr/", "lib", "", 0, 0, S_IFDIR),
    FILE_ROW("/usr/lib/", "a", "bb", 5, 0, S_IFREG),
    FILE_ROW("/usr/bin/", "a", "aa", 5, 0, S_IFREG),
    FILE_ROW("/usr/bin/", "b", "aa", 6, 0, S_IFREG),
    FILE_ROW("/var/", "ghost", "aa", 5, WH_FILE_GHOST, S_IFREG),
    FILE_ROW("/var/", "link", "aa", 5, 0, S_IFLNK),
    FILE_ROW("/usr/bin/", "c", "aa", 5, 0, S_IFREG),
    FILE_ROW("", "a.spec", "", 5, 0, S_IFREG),
};

static const struct wh_header header = {.file_count = COUNT(files), .files = files};

static void finds_paths(void **state)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;

    (void)state;
    OK(wh_file_map_new(&header, &map, &err));
    for (uint32_t i = 0; i < COUNT(files); i++)
        assert_int_equal(wh_file_map_path(map, files[i].dirname, files[i].basename), i);
    assert_int_equal(wh_file_map_path(map, "/usr/lib/", "c"), WH_NO_FILE);
    assert_int_equal(wh_file_map_path(map, "/usr/lib", "/a"), WH_NO_FILE);
    assert_int_equal(wh_file_map_path(map, "/", ""), WH_NO_FILE);
    assert_int_equal(wh_file_map_path(map, "/zzz/", "zzz"), WH_NO_FILE);
}

static void finds_all_files_with_a_digest_in_order(void **state)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;

    (void)state;
    OK(wh_file_map_new(&header, &map, &err));
    assert_int_equal(wh_file_map_digest(map, "aa", 5), 0);
    assert_int_equal(wh_file_map_digest_next(map, 0), 3);
    assert_int_equal(wh_file_map_digest_next(map, 3), 7);
    assert_int_equal(wh_file_map_digest_next(map, 7), WH_NO_FILE);
    assert_int_equal(wh_file_map_digest(map, "aa", 6), 4);
    assert_int_equal(wh_file_map_digest_next(map, 4), WH_NO_FILE);
    assert_int_equal(wh_file_map_digest(map, "bb", 5), 2);
    assert_int_equal(wh_file_map_digest(map, "bb", 4), WH_NO_FILE);
    assert_int_equal(wh_file_map_digest(map, "cc", 5), WH_NO_FILE);
    assert_int_equal(wh_file_map_digest(map, "", 5), WH_NO_FILE);
}

static void an_empty_header_has_no_files(void **state)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    static const struct wh_header empty;

    (void)state;
    OK(wh_file_map_new(&empty, &map, &err));
    assert_int_equal(wh_file_map_path(map, "/", "a"), WH_NO_FILE);
    assert_int_equal(wh_file_map_digest(map, "aa", 5), WH_NO_FILE);
    wh_file_map_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_paths),
        cmocka_unit_test(finds_all_files_with_a_digest_in_order),
        cmocka_unit_test(an_empty_header_has_no_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
