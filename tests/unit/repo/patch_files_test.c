/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_files_test.c - patches between files that compilers and linkers made: this program and the
 * libraries that it runs with. */
#include "unit.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>

#include "round_trip.h"
#include "whittle/cleanup.h"

enum { FILES_MAX = 8, FILE_MAX = 3 << 20 };

static struct wh_bytes files[FILES_MAX];
static size_t file_count;

static struct wh_bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(FILE_MAX);
    struct wh_bytes bytes = {data, 0};

    assert_non_null(data);
    if (!file)
        return bytes;
    bytes.length = fread(data, 1, FILE_MAX, file);
    (void)fclose(file);
    return bytes;
}

/* The program itself has no name here. */
static int add_file(struct dl_phdr_info *info, size_t size, void *context)
{
    const char *path = info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe";

    (void)size;
    (void)context;
    struct wh_bytes bytes = read_file(path);
    if (bytes.length > 64 && file_count < FILES_MAX)
        files[file_count++] = bytes;
    else
        wh_free_pointer(&bytes.data);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    (void)dl_iterate_phdr(add_file, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < file_count; i++)
        wh_free_pointer(&files[i].data);
    return 0;
}

static void each_against_the_next(void **state)
{
    (void)state;
    assert_in_range(file_count, 3, FILES_MAX);
    for (size_t i = 0; i < file_count; i++)
        (void)round_trip(files[i], files[(i + 1) % file_count], WH_EFFORT_FAST);
}

/* Bytes of code put in at a place of each file; the headers do not know of them. */
static void bytes_inserted(void **state)
{
    enum { INSERTED = 48 };

    (void)state;
    for (size_t i = 0; i < file_count; i++) {
        const size_t length = files[i].length;
        const size_t at = length / 3;
        wh_autofree uint8_t *longer = malloc(length + INSERTED);
        assert_non_null(longer);
        memcpy(longer, files[i].data, at);
        memset(longer + at, 0x90, INSERTED);
        memcpy(longer + at + INSERTED, files[i].data + at, length - at);
        (void)round_trip(files[i], (struct wh_bytes){longer, length + INSERTED}, WH_EFFORT_DEFAULT);
        (void)round_trip((struct wh_bytes){longer, length + INSERTED}, files[i], WH_EFFORT_FAST);
    }
}

/* As `strip` does it: what comes last is gone, and the headers that lead there lead nowhere. */
static void cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < file_count; i++) {
        const struct wh_bytes part = {files[i].data, files[i].length / 4 * 3};
        (void)round_trip(files[i], part, WH_EFFORT_FAST);
        (void)round_trip(part, files[i], WH_EFFORT_FAST);
    }
}

static void the_same_costs_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < file_count; i++) {
        struct round_trip trip = round_trip(files[i], files[i], WH_EFFORT_DEFAULT);
        assert_int_equal(trip.method, WH_PATCH_ELF);
        assert_int_equal(trip.lengths[WH_STREAM_VALUE], 0);
        assert_int_equal(trip.lengths[WH_STREAM_EXTRA], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_against_the_next),
        cmocka_unit_test(bytes_inserted),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(the_same_costs_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
