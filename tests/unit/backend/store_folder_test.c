/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_folder_test.c - bundles in a folder: whole or not there, and no more than it may hold. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "objects.h"
#include "whittle/cleanup.h"
#include "whittled/store_kind.h"

static struct wh_store *open_store(const char *folder, uint64_t max)
{
    const struct wh_store_place place = {.folder = folder, .folder_max = max};
    struct wh_store *store = NULL;

    OK(wh_store_open(&place, &store, &err));
    return store;
}

static bool is_there(const struct scratch *scratch, const char *name)
{
    struct stat info;

    return fstatat(scratch->folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static uint32_t entries;
static uint64_t entries_bytes;

static int count_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    if (type == FTW_F && path[walk->base] != '.') {
        entries++;
        entries_bytes += (uint64_t)info->st_size;
    }
    assert_null(strstr(path, "unfinished"));
    return 0;
}

static uint32_t count_objects(const struct scratch *scratch)
{
    entries = 0;
    entries_bytes = 0;
    assert_int_equal(nftw(scratch->path, count_entry, 8, FTW_PHYS), 0);
    return entries;
}

static void gives_what_was_put(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, 0);
    struct made_object object = object_make(1);
    char name[WH_OBJECT_NAME_LENGTH];
    uint64_t size = 0;
    int fd = -1;

    (void)state;
    expect_none(store, &object, WH_MISSING);
    REFUSED(WH_MISSING, "not there", wh_store_open_file(store, object.sha256, &fd, &size, &err));
    put_object(store, &object);
    put_object(store, &object);
    expect_object(store, &object);
    wh_object_name(object.sha256, name);
    assert_true(is_there(&scratch, name));
    assert_int_equal(name[2], '/');
    OK(wh_store_open_file(store, object.sha256, &fd, &size, &err));
    assert_int_equal(size, object.length);
    assert_int_equal(close(fd), 0);
    assert_int_equal(count_objects(&scratch), 1);
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void takes_no_wrong_bytes(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, 0);
    struct made_object object = object_make(1);

    (void)state;
    object.bytes[77] ^= 1;
    REFUSED(WH_MISMATCH, ".wht", wh_store_put(store, object.sha256, object_bytes(&object), &err));
    expect_none(store, &object, WH_MISSING);
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void damage(const struct scratch *scratch, const struct made_object *object)
{
    char name[WH_OBJECT_NAME_LENGTH];

    wh_object_name(object->sha256, name);
    wh_autoclose int fd = openat(scratch->folder, name, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "?", 1, 99), 1);
}

static void removes_what_is_damaged(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, 0);
    struct made_object object = object_make(1);

    (void)state;
    put_object(store, &object);
    damage(&scratch, &object);
    expect_none(store, &object, WH_MISMATCH);
    expect_none(store, &object, WH_MISSING);
    put_object(store, &object);
    damage(&scratch, &object);
    put_object(store, &object); /* mends it */
    expect_object(store, &object);
    wh_store_close(store);
    scratch_remove(&scratch);
}

/* A folder in an object's place is no object, and nothing of it is removed. */
static void refuses_what_is_no_file(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, 0);
    struct made_object object = object_make(1);
    char name[WH_OBJECT_NAME_LENGTH + 2];

    (void)state;
    wh_object_name(object.sha256, name);
    strncat(name, "/x", 3);
    scratch_folders(&scratch, name);
    expect_none(store, &object, WH_MISMATCH);
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void many_may_put_the_same(void **state)
{
    struct scratch scratch = scratch_make();
    const struct wh_store_place place = {.folder = scratch.path};

    (void)state;
    put_from_processes(&place, 100, 30);
    struct wh_store *store = open_store(scratch.path, 0);
    for (uint32_t i = 0; i < 30; i++) {
        struct made_object object = object_make(100 + i);
        expect_object(store, &object);
    }
    assert_int_equal(count_objects(&scratch), 30);
    wh_store_close(store);
    scratch_remove(&scratch);
}

/* ---- sweeping ---------------------------------------------------------------------------------
 */

enum { KEPT_BYTES = 40 * 8192 }; /* a file of 4 to 5 kB takes two blocks at most */

static void last_used(const struct scratch *scratch, const struct made_object *object, time_t when)
{
    const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
    char name[WH_OBJECT_NAME_LENGTH];

    wh_object_name(object->sha256, name);
    assert_int_equal(utimensat(scratch->folder, name, times, 0), 0);
}

static void what_is_used_least_goes_first(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, 0);
    struct made_object object;

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        object = object_make(i);
        put_object(store, &object);
        last_used(&scratch, &object, 1000000 + (time_t)i);
    }
    object = object_make(0);
    expect_object(store, &object); /* used just now */
    wh_store_close(store);
    assert_int_equal(count_objects(&scratch), 200);

    store = open_store(scratch.path, KEPT_BYTES);
    object = object_make(500);
    put_object(store, &object);
    uint32_t left = count_objects(&scratch);
    assert_true(left >= 20 && left < 100);
    assert_true(entries_bytes <= KEPT_BYTES);
    expect_object(store, &object);
    object = object_make(0);
    expect_object(store, &object);
    object = object_make(1);
    expect_none(store, &object, WH_MISSING);
    object = object_make(199);
    expect_object(store, &object);
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void stays_below_its_ceiling(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, KEPT_BYTES);

    (void)state;
    for (uint32_t i = 0; i < 400; i++) {
        struct made_object object = object_make(i);
        put_object(store, &object);
        expect_object(store, &object);
    }
    (void)count_objects(&scratch);
    assert_true(entries_bytes <= KEPT_BYTES + KEPT_BYTES / 16 + 2 * OBJECT_LENGTH);
    assert_true(entries >= 20);
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void abandoned_files_go(void **state)
{
    static const char abandoned[] = "00/.whittle-unfinished.00000000000000000000000000000001";
    static const char young[] = "00/.whittle-unfinished.00000000000000000000000000000002";
    static const char foreign[] = "00/README";
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, KEPT_BYTES);
    struct made_object object = object_make(1);
    const struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};

    (void)state;
    scratch_folders(&scratch, abandoned);
    for (unsigned i = 0; i < 3; i++) {
        const char *const names[] = {abandoned, young, foreign};
        wh_autoclose int fd = openat(
            scratch.folder, names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
    }
    assert_int_equal(utimensat(scratch.folder, abandoned, old, 0), 0);
    assert_int_equal(utimensat(scratch.folder, foreign, old, 0), 0);
    put_object(store, &object);
    assert_false(is_there(&scratch, abandoned));
    assert_true(is_there(&scratch, young));
    assert_true(is_there(&scratch, foreign));
    wh_store_close(store);
    scratch_remove(&scratch);
}

static void refuses_what_it_may_not_hold(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store *store = open_store(scratch.path, OBJECT_LENGTH - 100);
    struct made_object object = object_make(1);

    (void)state;
    REFUSED(WH_OVER_LIMIT, "may not hold",
        wh_store_put(store, object.sha256, object_bytes(&object), &err));
    assert_int_equal(count_objects(&scratch), 0);
    wh_store_close(store);
    scratch_remove(&scratch);
}

/* ---- a disk that is full -----------------------------------------------------------------------
 */

static bool mount_small(const struct scratch *scratch)
{
    if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return false;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", scratch->path, "tmpfs", 0, "size=32k") == 0;
}

static void a_full_disk_leaves_nothing_half(void **state)
{
    struct scratch scratch = scratch_make();
    uint32_t stored = 0;
    struct wh_error error = {0};
    wh_status status = WH_OK;

    (void)state;
    if (!mount_small(&scratch)) {
        print_message("no right to mount a small file system\n");
        scratch_remove(&scratch);
        skip();
    }
    struct wh_store *store = open_store(scratch.path, 0);
    while (status == WH_OK) {
        struct made_object object = object_make(stored);
        status = wh_store_put(store, object.sha256, object_bytes(&object), &error);
        stored += status == WH_OK;
    }
    assert_int_equal(status, WH_SYSTEM);
    assert_int_equal(error.sys_errno, ENOSPC);
    assert_true(stored > 0);
    assert_int_equal(count_objects(&scratch), stored); /* and no unfinished one */
    struct made_object object = object_make(0);
    expect_object(store, &object);
    wh_store_close(store);
    assert_int_equal(umount2(scratch.path, MNT_DETACH), 0);
    scratch_remove(&scratch);
}

static void needs_one_place(void **state)
{
    const struct wh_store_place none = {0};
    const struct wh_store_place both = {.folder = "/tmp", .bucket_url = "http://h/b"};
    struct wh_store *store = NULL;

    (void)state;
    REFUSED(WH_UNSUPPORTED, "either", wh_store_open(&none, &store, &err));
    REFUSED(WH_UNSUPPORTED, "either", wh_store_open(&both, &store, &err));
    const struct wh_store_place file = {.folder = "/dev/null"};
    REFUSED(WH_SYSTEM, "/dev/null", wh_store_open(&file, &store, &err));
    assert_null(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_put),
        cmocka_unit_test(takes_no_wrong_bytes),
        cmocka_unit_test(removes_what_is_damaged),
        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(many_may_put_the_same),
        cmocka_unit_test(what_is_used_least_goes_first),
        cmocka_unit_test(stays_below_its_ceiling),
        cmocka_unit_test(abandoned_files_go),
        cmocka_unit_test(refuses_what_it_may_not_hold),
        cmocka_unit_test(needs_one_place),
        cmocka_unit_test(a_full_disk_leaves_nothing_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
