/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_fault_test.c - while a package is assembled, every allocation and every system call of
 * our own code fails once. A failure may be got over, or end in a refusal; never in a wrong
 * package, nor in anything left behind. */
#include "upgrade.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/xattr.h>

#include "assemble/budget.h"
#include "capture.h"
#include "whittle/cleanup.h"
#include "wrap.h"

static int calls_to_fault;     /* 0: none fails any more */
static bool fault_allocations; /* else system calls */

static bool fails_now(const char *name)
{
    if (calls_to_fault == 0 || is_allocation(name) != fault_allocations || --calls_to_fault > 0)
        return false;
    errno = fault_allocations ? ENOMEM : EIO;
    return true;
}

WRAP(void *, NULL, malloc, (size_t size), (size))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, NULL, realloc, (void *pointer, size_t size), (pointer, size))
WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(char *, NULL, strndup, (const char *text, size_t length), (text, length))
WRAP(int, -1, open64, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, -1, openat64, (int folder, const char *path, int flags, mode_t mode),
    (folder, path, flags, mode))
WRAP(long, -1, syscall, (long number, long a, long b, long c, long d), (number, a, b, c, d))
WRAP(ssize_t, -1, read, (int fd, void *data, size_t length), (fd, data, length))
WRAP(ssize_t, -1, pread64, (int fd, void *data, size_t length, off_t offset),
    (fd, data, length, offset))
WRAP(ssize_t, -1, pwrite64, (int fd, const void *data, size_t length, off_t offset),
    (fd, data, length, offset))
WRAP(off_t, -1, lseek64, (int fd, off_t offset, int whence), (fd, offset, whence))
WRAP(int, -1, fallocate64, (int fd, int mode, off_t offset, off_t length),
    (fd, mode, offset, length))
WRAP(ssize_t, -1, getrandom, (void *out, size_t length, unsigned flags), (out, length, flags))
WRAP(int, -1, fsetxattr, (int fd, const char *name, const void *value, size_t length, int flags),
    (fd, name, value, length, flags))
WRAP(int, -1, linkat, (int from, const char *old, int to, const char *new, int flags),
    (from, old, to, new, flags))
WRAP(int, -1, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))

/* Assembles with the nth call failing; false when there are not so many. */
static bool fail_call(struct upgrade *upgrade, int nth)
{
    struct wh_assembled assembled = {0};
    struct wh_error error = {0};
    struct capture capture = capture_begin();

    calls_to_fault = nth;
    wh_status status = wh_package_assemble(&upgrade->run, &upgrade->request, &assembled, &error);
    bool failed = calls_to_fault == 0;
    calls_to_fault = 0;
    free(capture_end(&capture));
    assert_int_equal(scratch_names(&upgrade_root.scratch, "cache"), UPGRADE_BUNDLES + 1);
    if (status == WH_OK) {
        upgrade_expect_package(upgrade);
    } else {
        assert_true(failed && error.status == status && error.message[0] != '\0');
        upgrade_expect_file(upgrade->destination, "before", 6);
    }
    wh_budget_return(assembled.bytes);
    OK(wh_budget_take(UPGRADE_BUDGET, UPGRADE_BUDGET, "all that there is", &err));
    wh_budget_return(UPGRADE_BUDGET);
    return failed;
}

/* For each call until there are no more; gives how many there were. */
static int fail_each_call(struct upgrade *upgrade)
{
    for (int nth = 1;; nth++) {
        scratch_put(&upgrade_root.scratch, "cache/sample.rpm", "before", 6);
        if (!fail_call(upgrade, nth))
            return nth - 1;
    }
}

static void nothing_is_left_whichever_allocation_fails(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;

    (void)state;
    upgrade_make(&upgrade);
    fault_allocations = true;
    upgrade.request.bundle_count = UPGRADE_BUNDLES;
    assert_true(fail_each_call(&upgrade) > 100);
}

static void nothing_is_left_whichever_system_call_fails(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;

    (void)state;
    upgrade_make(&upgrade);
    fault_allocations = false;
    assert_true(fail_each_call(&upgrade) > 50);
    upgrade.request.bundle_count = UPGRADE_BUNDLES; /* with more ways around */
    root_put(&upgrade_root, "/etc/sample.conf", "edited\n");
    assert_true(fail_each_call(&upgrade) > 50);
}

static void nor_when_it_starts_from_a_list(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;

    (void)state;
    upgrade_make(&upgrade);
    upgrade_offer_list(&upgrade);
    fault_allocations = true;
    assert_true(fail_each_call(&upgrade) > 100);
    fault_allocations = false;
    assert_true(fail_each_call(&upgrade) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_whichever_allocation_fails),
        cmocka_unit_test(nothing_is_left_whichever_system_call_fails),
        cmocka_unit_test(nor_when_it_starts_from_a_list),
    };

    return cmocka_run_group_tests(tests, upgrade_begin, upgrade_end);
}
