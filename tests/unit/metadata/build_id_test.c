/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_id_test.c - links of all shapes, and which build-id they tell of a file. */
#include "unit.h"

#define LINK(directory, name, target)                                                              \
    {                                                                                              \
        .dirname = (directory), .basename = (name), .linkto = (target), .digest = "",              \
        .mode = S_IFLNK | 0777, .link_next = WH_NO_FILE, .link_count = 1                           \
    }
#define REGULAR(directory, name)                                                                   \
    {                                                                                              \
        .dirname = (directory), .basename = (name), .linkto = "", .digest = "",                    \
        .mode = S_IFREG | 0755, .link_next = WH_NO_FILE, .link_count = 1                           \
    }

#define FOLDER "/usr/lib/.build-id/"
#define UP "../../../.."
#define ID "123456789abcdef0123456789abcdef0123456"
#define PROGRAM "/usr/bin/program"

/* The last file's id, as the links before it tell. */
static uint32_t id_of(struct wh_file *files, uint32_t count, uint8_t out_id[WH_BUILD_ID_MAX])
{
    const struct wh_header header = {.file_count = count, .files = files};

    memset(out_id, 0xee, WH_BUILD_ID_MAX);
    return wh_header_build_id(&header, count - 1, out_id);
}

static void a_link_tells_the_id(void **state)
{
    static const uint8_t expected[] = {0xab, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12,
        0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56};
    struct wh_file files[] = {LINK(FOLDER "ab/", ID, UP PROGRAM), REGULAR("/usr/bin/", "program")};
    uint8_t id[WH_BUILD_ID_MAX];

    (void)state;
    assert_int_equal(id_of(files, COUNT(files), id), sizeof expected);
    assert_memory_equal(id, expected, sizeof expected);
}

static void lengths_up_to_the_limit(void **state)
{
    char name[2 * WH_BUILD_ID_MAX + 3];
    uint8_t id[WH_BUILD_ID_MAX];

    (void)state;
    memset(name, 'f', sizeof name);
    for (uint32_t length = 0; length <= WH_BUILD_ID_MAX; length++) {
        name[2 * length] = '\0';
        struct wh_file files[] = {
            LINK(FOLDER "00/", name, UP PROGRAM), REGULAR("/usr/bin/", "program")};
        uint32_t expected = length == 0 || length == WH_BUILD_ID_MAX ? 0 : length + 1;
        assert_int_equal(id_of(files, COUNT(files), id), expected);
        assert_true(expected == 0 || (id[0] == 0 && id[length] == 0xff));
        name[2 * length] = 'f';
    }
}

static void what_tells_nothing(void **state)
{
    static const struct wh_file rows[] = {
        REGULAR(FOLDER "ab/", ID),                            /* no link */
        LINK("/usr/lib/debug/.build-id/ab/", ID, UP PROGRAM), /* another folder */
        LINK("/usr/lib/.build-id", "ab", UP PROGRAM),         /* no folder of two digits */
        LINK(FOLDER, ID, UP PROGRAM),                         /* the same */
        LINK(FOLDER "/", ID, UP PROGRAM),                     /* the same */
        LINK(FOLDER "a/", ID, UP PROGRAM),                    /* one digit */
        LINK(FOLDER "ab", ID, UP PROGRAM),                    /* no slash */
        LINK(FOLDER "abcd/", ID, UP PROGRAM),                 /* four digits */
        LINK(FOLDER "xy/", ID, UP PROGRAM),                   /* no digits */
        LINK(FOLDER "AB/", ID, UP PROGRAM),                   /* capitals */
        LINK(FOLDER "ab/", ID "7", UP PROGRAM),               /* half a byte */
        LINK(FOLDER "ab/", ID ".1", UP PROGRAM),              /* a second link of the same id */
        LINK(FOLDER "ab/", ID ".debug", UP PROGRAM),          /* to debug information */
        LINK(FOLDER "ab/", "", UP PROGRAM),                   /* no more than a byte */
        LINK(FOLDER "ab/", ID, PROGRAM),                      /* absolute */
        LINK(FOLDER "ab/", ID, "../../.." PROGRAM),           /* not far enough up */
        LINK(FOLDER "ab/", ID, "../../../../.." PROGRAM),     /* too far */
        LINK(FOLDER "ab/", ID, UP "/usr/bin/programs"),       /* another file */
        LINK(FOLDER "ab/", ID, UP "/usr/bin/progra"),         /* another file */
        LINK(FOLDER "ab/", ID, UP "/usr/bin/"),               /* a folder */
        LINK(FOLDER "ab/", ID, UP "/usr/bin"),                /* the same */
        LINK(FOLDER "ab/", ID, UP),                           /* the root */
        LINK(FOLDER "ab/", ID, ""),                           /* nowhere */
        LINK(FOLDER "ab/", ID, UP "/opt/bin/program"),        /* elsewhere */
    };
    uint8_t id[WH_BUILD_ID_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_file files[] = {rows[i], REGULAR("/usr/bin/", "program")};
        assert_int_equal(id_of(files, COUNT(files), id), 0);
        struct wh_file both[] = {
            rows[i], LINK(FOLDER "cd/", "ef", UP PROGRAM), REGULAR("/usr/bin/", "program")};
        assert_int_equal(id_of(both, COUNT(both), id), 2); /* and hides nothing */
        assert_int_equal(id[0], 0xcd);
        assert_int_equal(id[1], 0xef);
    }
}

static void the_first_of_several_counts(void **state)
{
    struct wh_file files[] = {LINK(FOLDER "01/", "23", UP "/usr/bin/other"),
        LINK(FOLDER "45/", "67", UP PROGRAM), LINK(FOLDER "89/", "ab", UP PROGRAM),
        REGULAR("/usr/bin/", "other"), REGULAR("/usr/bin/", "program")};
    uint8_t id[WH_BUILD_ID_MAX];

    (void)state;
    assert_int_equal(id_of(files, COUNT(files), id), 2);
    assert_int_equal(id[0], 0x45);
    assert_int_equal(id_of(files, COUNT(files) - 1, id), 2);
    assert_int_equal(id[0], 0x01);
}

static void a_header_without_links(void **state)
{
    struct wh_file files[] = {REGULAR("/usr/bin/", "program")};
    uint8_t id[WH_BUILD_ID_MAX];

    (void)state;
    assert_int_equal(id_of(files, COUNT(files), id), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_tells_the_id),
        cmocka_unit_test(lengths_up_to_the_limit),
        cmocka_unit_test(what_tells_nothing),
        cmocka_unit_test(the_first_of_several_counts),
        cmocka_unit_test(a_header_without_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
