/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk_test.c - files below a root: nothing but a regular file of the right size, and never one
 * from outside. The linker sends syscall() to the wrapper below. */
#include "scratch.h"

#include <errno.h>
#include <sys/syscall.h>

#include "observe/disk.h"
#include "whittle/cleanup.h"

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d);

static int openat2_error; /* 0: the call is there */

long __wrap_syscall(long number, long a, long b, long c, long d)
{
    if (number == SYS_openat2 && openat2_error) {
        errno = openat2_error;
        return -1;
    }
    return __real_syscall(number, a, b, c, d);
}

struct place {
    struct scratch scratch;
    struct wh_system system;
};

static void place_make(struct place *place)
{
    place->scratch = scratch_make();
    place->system = (struct wh_system){
        place->scratch.path, open(place->scratch.path, O_PATH | O_DIRECTORY | O_CLOEXEC), NULL};
}

static void place_remove(struct place *place)
{
    (void)close(place->system.root_fd);
    scratch_remove(&place->scratch);
}

static void link_to(const struct place *place, const char *target, const char *name)
{
    assert_int_equal(symlinkat(target, place->scratch.folder, name), 0);
}

/* What a file that opens begins with; or why it does not open. */
static char opened(const struct place *place, const char *path, uint64_t size, struct wh_error *err)
{
    wh_autoclose int fd = -1;
    char first = '\0';

    if (wh_disk_open(&place->system, path, size, &fd, err) != WH_OK)
        return '\0';
    assert_int_equal(read(fd, &first, 1), 1);
    return first;
}

static void refused(const struct place *place, const char *path, const char *why)
{
    struct wh_error err = {0};

    if (opened(place, path, 3, &err) != '\0' || err.status != WH_MISSING ||
        !strstr(err.message, path) || !strstr(err.message, why))
        fail_msg("%s: \"%s\" instead of \"%s\"", path, err.message, why);
}

static void opens_files_of_the_expected_size(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "usr/bin/f", "abc", 3);
    assert_int_equal(opened(&place, "/usr/bin/f", 3, NULL), 'a');
    assert_int_equal(opened(&place, "/usr/bin/f", 2, NULL), '\0');
    assert_int_equal(opened(&place, "/usr/bin/f", 4, NULL), '\0');
    assert_int_equal(opened(&place, "/usr/bin/f", UINT64_MAX, NULL), '\0');
}

static void refuses_all_but_regular_files(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "f", "abc", 3);
    link_to(&place, "f", "link");
    assert_int_equal(mkfifoat(place.scratch.folder, "fifo", 0600), 0);
    assert_int_equal(mkdirat(place.scratch.folder, "folder", 0700), 0);
    refused(&place, "/none", "No such file");
    refused(&place, "/f/below", "Not a directory");
    refused(&place, "/link", "symbolic links");
    refused(&place, "/fifo", "not as packaged");
    refused(&place, "/folder", "not as packaged");
}

static void links_of_folders_resolve_inside_the_root(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(scratch_remove) struct scratch outside = scratch_make();
    char path[256];

    (void)state;
    place_make(&place);
    scratch_put(&outside, "f", "out", 3);
    scratch_put(&place.scratch, "usr/lib/f", "in.", 3);
    link_to(&place, "/usr/lib", "absolute");
    link_to(&place, "usr/lib", "relative");
    link_to(&place, "../../../../../../usr/lib", "upward");
    link_to(&place, outside.path, "away");
    assert_int_equal(opened(&place, "/absolute/f", 3, NULL), 'i');
    assert_int_equal(opened(&place, "/relative/f", 3, NULL), 'i');
    assert_int_equal(opened(&place, "/upward/f", 3, NULL), 'i');
    refused(&place, "/away/f", "No such file");
    (void)snprintf(path, sizeof path, "/../..%s/f", outside.path);
    refused(&place, path, "No such file");
}

/* Kernels and sandboxes without openat2(): only the system's own root can do without. */
static void another_root_needs_openat2(void **state)
{
    static const int errors[] = {ENOSYS, EPERM};
    wh_cleanup(place_remove) struct place place;
    char path[256];

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "f", "abc", 3);
    (void)snprintf(path, sizeof path, "%s/f", place.scratch.path);
    const struct place own = {.system = {(char *)(uintptr_t) "/", -1, NULL}};
    for (size_t i = 0; i < COUNT(errors); i++) {
        openat2_error = errors[i];
        assert_int_equal(opened(&place, "/f", 3, NULL), '\0');
        assert_int_equal(opened(&place, path, 3, NULL), '\0'); /* nor what has the name outside */
        assert_int_equal(opened(&own, path, 3, NULL), 'a');
    }
    openat2_error = ENOENT;
    assert_int_equal(opened(&own, path, 3, NULL), '\0');
    openat2_error = 0;
}

/* ---- the source ----------------------------------------------------------------------------- */

struct package {
    struct wh_file files[2];
    char *paths[2];
    struct wh_header header;
    struct wh_installed installed;
    struct wh_disk_source source;
};

static void package_make(struct package *package, const struct place *place)
{
    *package = (struct package){
        .files = {{.size = 6}, {.size = 3}},
        .paths = {(char *)(uintptr_t) "/a", (char *)(uintptr_t) "/b"},
    };
    package->header = (struct wh_header){.files = package->files, .file_count = 2};
    package->installed = (struct wh_installed){.header = &package->header, .paths = package->paths};
    package->source = (struct wh_disk_source){
        .system = &place->system, .installed = &package->installed, .fd = -1};
    scratch_put(&place->scratch, "a", "abcdef", 6);
    scratch_put(&place->scratch, "b", "xyz", 3);
}

static void expect(struct package *package, uint32_t file, uint64_t offset, const char *text)
{
    uint8_t bytes[8];

    OK(wh_disk_read(&package->source, file, offset, bytes, strlen(text), &err));
    assert_memory_equal(bytes, text, strlen(text));
}

static void reads_any_part_of_any_file(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct package package;
    uint8_t bytes[8];

    (void)state;
    place_make(&place);
    package_make(&package, &place);
    expect(&package, 0, 0, "abc");
    expect(&package, 0, 3, "def");
    expect(&package, 1, 1, "yz");
    expect(&package, 0, 5, "f");
    expect(&package, 0, 6, "");
    REFUSED(WH_MISSING, "/a cannot be read", wh_disk_read(&package.source, 0, 4, bytes, 3, &err));
    REFUSED(WH_MISSING, "/a cannot be read",
        wh_disk_read(&package.source, 0, UINT64_MAX - 1, bytes, 1, &err));
    wh_disk_source_clear(&package.source);
    assert_int_equal(package.source.fd, -1);
}

/* A file that is half read stays the one that it was. */
static void a_replaced_file_is_read_to_its_end(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct package package;

    (void)state;
    place_make(&place);
    package_make(&package, &place);
    expect(&package, 0, 0, "abc");
    scratch_put(&place.scratch, "new", "ABCDEF", 6);
    assert_int_equal(renameat(place.scratch.folder, "new", place.scratch.folder, "a"), 0);
    expect(&package, 0, 3, "def");
    wh_disk_source_clear(&package.source);
    expect(&package, 0, 3, "DEF");
    wh_disk_source_clear(&package.source);
}

static void a_file_that_shrinks_or_goes_is_missing(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct package package;
    uint8_t bytes[8];

    (void)state;
    place_make(&place);
    package_make(&package, &place);
    expect(&package, 0, 0, "abc");
    scratch_put(&place.scratch, "a", "ab", 2);
    REFUSED(WH_MISSING, "/a cannot be read", wh_disk_read(&package.source, 0, 3, bytes, 3, &err));
    assert_int_equal(unlinkat(place.scratch.folder, "b", 0), 0);
    REFUSED(WH_MISSING, "/b: No such file", wh_disk_read(&package.source, 1, 0, bytes, 3, &err));
    assert_int_equal(package.source.fd, -1);
    REFUSED(
        WH_MISSING, "/a is not as packaged", wh_disk_read(&package.source, 0, 0, bytes, 3, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_files_of_the_expected_size),
        cmocka_unit_test(refuses_all_but_regular_files),
        cmocka_unit_test(links_of_folders_resolve_inside_the_root),
        cmocka_unit_test(another_root_needs_openat2),
        cmocka_unit_test(reads_any_part_of_any_file),
        cmocka_unit_test(a_replaced_file_is_read_to_its_end),
        cmocka_unit_test(a_file_that_shrinks_or_goes_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
