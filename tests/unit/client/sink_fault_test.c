/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sink_fault_test.c - every call that the sink makes fails once: the first, the second, and so on
 * until all goes well. */
#include "scratch.h"

#include <errno.h>
#include <sys/random.h>

#include "assemble/sink.h"
#include "whittle/cleanup.h"
#include "wrap.h"

static int calls_to_fault;  /* 0: none fails any more */
static int nameless_error;  /* of O_TMPFILE; 0: the file system has nameless files */
static int fallocate_error; /* 0: the file system can reserve */
static bool stutters;       /* reads and writes move one byte, after an interruption */
static char failed[256];    /* names of the calls that failed, in their order */

static bool fails_now(const char *name)
{
    if (calls_to_fault == 0 || --calls_to_fault > 0)
        return false;
    size_t used = strlen(failed);
    (void)snprintf(failed + used, sizeof failed - used, "%s%s", used ? " " : "", name);
    errno = EIO;
    return true;
}

static bool interrupted(void)
{
    static bool odd;

    odd = !odd;
    errno = EINTR;
    return stutters && odd;
}

WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(char *, NULL, strndup, (const char *text, size_t length), (text, length))
WRAP(ssize_t, -1, getrandom, (void *out, size_t length, unsigned flags), (out, length, flags))
WRAP(int, -1, open64, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, -1, linkat, (int from, const char *old, int to, const char *new, int flags),
    (from, old, to, new, flags))
WRAP(int, -1, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))

int __real_openat64(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat64(int folder, const char *path, int flags, mode_t mode);
int __real_fallocate64(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length);
ssize_t __real_pwrite64(int fd, const void *data, size_t length, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t length, off_t offset);
ssize_t __real_pread64(int fd, void *data, size_t length, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t length, off_t offset);

int __wrap_openat64(int folder, const char *path, int flags, mode_t mode)
{
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;

    if (fails_now(nameless ? "nameless" : "openat64"))
        return -1;
    errno = nameless_error;
    return nameless && nameless_error ? -1 : __real_openat64(folder, path, flags, mode);
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length)
{
    if (fails_now("fallocate64"))
        return -1;
    errno = fallocate_error;
    return fallocate_error ? -1 : __real_fallocate64(fd, mode, offset, length);
}

ssize_t __wrap_pwrite64(int fd, const void *data, size_t length, off_t offset)
{
    if (fails_now("pwrite64") || interrupted())
        return -1;
    return __real_pwrite64(fd, data, stutters ? 1 : length, offset);
}

ssize_t __wrap_pread64(int fd, void *data, size_t length, off_t offset)
{
    if (fails_now("pread64") || interrupted())
        return -1;
    return __real_pread64(fd, data, stutters ? 1 : length, offset);
}

/* ---- the tests ------------------------------------------------------------------------------ */

struct place {
    struct scratch scratch;
    char destination[128];
};

static int set_up(void **state)
{
    static struct place place;

    place.scratch = scratch_make();
    (void)snprintf(place.destination, sizeof place.destination, "%s/n-1-1.rpm", place.scratch.path);
    calls_to_fault = nameless_error = fallocate_error = 0;
    stutters = false;
    failed[0] = '\0';
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    scratch_remove(&place->scratch);
    return 0;
}

/* Open, write, read back, link: all that is ever done with a sink. */
static wh_status use_sink(const struct place *place, struct wh_error *err)
{
    wh_cleanup(wh_sink_close) struct wh_sink_file file = {.fd = -1, .folder_fd = -1};
    uint8_t back[6];

    WH_TRY(wh_sink_open(place->destination, sizeof back, &file, err));
    struct wh_sink sink = wh_sink_over(&file);
    WH_TRY(sink.write(sink.context, 0, (const uint8_t *)"abcdef", sizeof back, err));
    WH_TRY(sink.read(sink.context, 0, back, sizeof back, err));
    assert_memory_equal(back, "abcdef", sizeof back);
    return wh_sink_link(&file, err);
}

static void expect_destination(const struct place *place, const char *content)
{
    wh_autoclose int fd = openat(place->scratch.folder, "n-1-1.rpm", O_RDONLY | O_CLOEXEC);
    char found[7] = "";

    assert_true(read(fd, found, sizeof found - 1) >= 0);
    assert_string_equal(found, content);
    assert_int_equal(scratch_names(&place->scratch, "."), 1);
}

/* Whichever call fails, what was there before is there after, and nothing else. */
static void fail_each_call(const struct place *place, const char *calls)
{
    scratch_put(&place->scratch, "n-1-1.rpm", "before", 6);
    for (int nth = 1;; nth++) {
        struct wh_error err = {0};
        calls_to_fault = nth;
        wh_status status = use_sink(place, &err);
        bool done = calls_to_fault > 0;
        calls_to_fault = 0;
        if (done) {
            assert_int_equal(status, WH_OK);
            break;
        }
        const char *last = strrchr(failed, ' ');
        bool no_memory = is_allocation(last ? last + 1 : failed);
        assert_int_equal(status, no_memory ? WH_NO_MEMORY : WH_SYSTEM);
        assert_int_equal(err.status, status);
        assert_int_equal(err.sys_errno, no_memory ? 0 : EIO);
        expect_destination(place, "before");
    }
    expect_destination(place, "abcdef");
    assert_string_equal(failed, calls);
}

static void nothing_is_left_of_a_nameless_file(void **state)
{
    fail_each_call(*state,
        "strndup strdup open64 nameless fallocate64 pwrite64 pread64 getrandom asprintf linkat "
        "renameat");
}

static void nothing_is_left_of_a_stopgap(void **state)
{
    nameless_error = EOPNOTSUPP;
    fail_each_call(*state,
        "strndup strdup open64 nameless getrandom asprintf openat64 fallocate64 pwrite64 pread64 "
        "renameat");
}

static void a_stopgap_helps_where_no_file_is_nameless(void **state)
{
    static const int errors[] = {EOPNOTSUPP, EISDIR, ENOENT};
    const struct place *place = *state;

    for (size_t i = 0; i < COUNT(errors); i++) {
        nameless_error = errors[i];
        OK(use_sink(place, &err));
        expect_destination(place, "abcdef");
    }
    nameless_error = EROFS; /* and no help against that */
    REFUSED(WH_SYSTEM, "cannot create a temporary file", use_sink(place, &err));
}

static void a_stopgap_has_a_name_until_it_is_closed(void **state)
{
    const struct place *place = *state;
    struct wh_sink_file file;
    struct stat status;

    nameless_error = EOPNOTSUPP;
    OK(wh_sink_open(place->destination, 6, &file, &err));
    assert_int_equal(fstatat(place->scratch.folder, file.stopgap, &status, 0), 0);
    assert_int_equal(strncmp(file.stopgap, ".whittle-", 9), 0);
    assert_int_equal(scratch_names(&place->scratch, "."), 1);
    wh_sink_close(&file);
    assert_int_equal(scratch_names(&place->scratch, "."), 0);
}

static void file_systems_need_not_reserve(void **state)
{
    static const int errors[] = {EOPNOTSUPP, ENOSYS};
    const struct place *place = *state;

    for (size_t i = 0; i < COUNT(errors); i++) {
        fallocate_error = errors[i];
        OK(use_sink(place, &err));
        expect_destination(place, "abcdef");
    }
    fallocate_error = ENOSPC;
    REFUSED(WH_SYSTEM, "no room for 6 bytes", use_sink(place, &err));
}

static void short_and_interrupted_calls_are_repeated(void **state)
{
    const struct place *place = *state;

    stutters = true;
    OK(use_sink(place, &err));
    expect_destination(place, "abcdef");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_left_of_a_nameless_file),
        TEST(nothing_is_left_of_a_stopgap),
        TEST(a_stopgap_helps_where_no_file_is_nameless),
        TEST(a_stopgap_has_a_name_until_it_is_closed),
        TEST(file_systems_need_not_reserve),
        TEST(short_and_interrupted_calls_are_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
