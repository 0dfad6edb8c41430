/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system_test.c - roots that have an rpm database, and roots that have none. */
#include "root.h"

#include "whittle/cleanup.h"

static void opens_a_root(void **state)
{
    wh_cleanup(root_remove) struct root root;
    struct stat folder;
    struct stat opened;

    (void)state;
    root_make(&root);
    assert_string_equal(root.system->root, root.scratch.path);
    assert_int_equal(stat(root.scratch.path, &folder), 0);
    assert_int_equal(fstat(root.system->root_fd, &opened), 0);
    assert_int_equal(opened.st_ino, folder.st_ino);
}

static void a_root_has_an_absolute_path(void **state)
{
    struct wh_system *system = NULL;

    (void)state;
    REFUSED(WH_MALFORMED, "must be an absolute path", wh_system_open("tmp", &system, &err));
    REFUSED(WH_MALFORMED, "must be an absolute path", wh_system_open("", &system, &err));
    assert_null(system);
}

static void a_root_is_a_folder(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_system *system = NULL;
    char path[128];

    (void)state;
    scratch_put(&scratch, "file", "", 0);
    (void)snprintf(path, sizeof path, "%s/file", scratch.path);
    REFUSED(WH_SYSTEM, "Not a directory", wh_system_open(path, &system, &err));
    (void)snprintf(path, sizeof path, "%s/none", scratch.path);
    REFUSED(WH_SYSTEM, "No such file", wh_system_open(path, &system, &err));
    assert_null(system);
}

/* Looking must not make one: the next rpm would take the root for an installed system. */
static void no_database_is_made(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_system *system = NULL;

    (void)state;
    REFUSED(WH_MISSING, "database cannot be opened", wh_system_open(scratch.path, &system, &err));
    assert_null(system);
    assert_int_equal(scratch_names(&scratch, "."), 0);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    wh_system_free(NULL);
    wh_rpm_lock(); /* and has given the lock back */
    wh_rpm_unlock();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_root),
        cmocka_unit_test(a_root_has_an_absolute_path),
        cmocka_unit_test(a_root_is_a_folder),
        cmocka_unit_test(no_database_is_made),
        cmocka_unit_test(freeing_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
