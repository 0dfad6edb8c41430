/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sink_test.c - the file that a package is assembled into, on real file systems. */
#include "scratch.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "assemble/sink.h"
#include "whittle/cleanup.h"

struct place {
    struct scratch scratch;
    char destination[128];
    struct wh_sink_file file;
};

static void place_make(struct place *place)
{
    *place = (struct place){.scratch = scratch_make(), .file = {.fd = -1, .folder_fd = -1}};
    (void)snprintf(
        place->destination, sizeof place->destination, "%s/n-1-1.rpm", place->scratch.path);
}

static void place_remove(struct place *place)
{
    wh_sink_close(&place->file);
    scratch_remove(&place->scratch);
}

/* What the destination holds; "" when it is not there. */
static const char *content(const struct place *place)
{
    static char text[64];
    wh_autoclose int fd = open(place->destination, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    text[length] = '\0';
    return text;
}

static void write_text(struct place *place, uint64_t offset, const char *text)
{
    struct wh_sink sink = wh_sink_over(&place->file);

    OK(sink.write(sink.context, offset, (const uint8_t *)text, strlen(text), &err));
}

static void has_no_name_before_it_is_linked(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct stat status;

    (void)state;
    place_make(&place);
    OK(wh_sink_open(place.destination, 6, &place.file, &err));
    assert_int_equal(fstat(place.file.fd, &status), 0);
    assert_int_equal(status.st_size, 6); /* reserved */
    assert_int_equal(status.st_nlink, place.file.stopgap ? 1 : 0);
    write_text(&place, 3, "def");
    write_text(&place, 0, "abc");
    assert_string_equal(content(&place), "");
    OK(wh_sink_link(&place.file, &err));
    assert_string_equal(content(&place), "abcdef");
    wh_sink_close(&place.file);
    assert_string_equal(content(&place), "abcdef");
    assert_int_equal(scratch_names(&place.scratch, "."), 1);
}

static void what_is_not_linked_is_gone(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    OK(wh_sink_open(place.destination, 6, &place.file, &err));
    write_text(&place, 0, "abcdef");
    wh_sink_close(&place.file);
    assert_int_equal(scratch_names(&place.scratch, "."), 0);
    wh_sink_close(&place.file); /* closed is closed */
}

static void takes_the_place_of_what_is_there(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "n-1-1.rpm", "before", 6);
    OK(wh_sink_open(place.destination, 3, &place.file, &err));
    write_text(&place, 0, "new");
    assert_string_equal(content(&place), "before");
    OK(wh_sink_link(&place.file, &err));
    assert_string_equal(content(&place), "new");
    assert_int_equal(scratch_names(&place.scratch, "."), 1);
}

/* A link is replaced, not followed. */
static void takes_the_place_of_a_link(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct stat status;

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "elsewhere", "before", 6);
    assert_int_equal(symlinkat("elsewhere", place.scratch.folder, "n-1-1.rpm"), 0);
    OK(wh_sink_open(place.destination, 3, &place.file, &err));
    write_text(&place, 0, "new");
    OK(wh_sink_link(&place.file, &err));
    assert_int_equal(lstat(place.destination, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(fstatat(place.scratch.folder, "elsewhere", &status, 0), 0);
    assert_int_equal(status.st_size, 6);
}

static void has_the_mode_of_a_download(void **state)
{
    static const mode_t masks[] = {022, 077, 0};
    static const mode_t modes[] = {0644, 0600, 0644};
    mode_t before = umask(0);

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        wh_cleanup(place_remove) struct place place;
        struct stat status;
        (void)umask(masks[i]);
        place_make(&place);
        OK(wh_sink_open(place.destination, 1, &place.file, &err));
        OK(wh_sink_link(&place.file, &err));
        assert_int_equal(stat(place.destination, &status), 0);
        assert_int_equal(status.st_mode, S_IFREG | modes[i]);
    }
    (void)umask(before);
}

static void refuses_destinations_that_cannot_be(void **state)
{
    wh_cleanup(place_remove) struct place place;
    char path[160];

    (void)state;
    place_make(&place);
    REFUSED(WH_MALFORMED, "not a file name", wh_sink_open("name", 1, &place.file, &err));
    REFUSED(WH_MALFORMED, "not a file name", wh_sink_open("/tmp/", 1, &place.file, &err));
    (void)snprintf(path, sizeof path, "%s/none/n", place.scratch.path);
    REFUSED(WH_SYSTEM, "none/: No such file", wh_sink_open(path, 1, &place.file, &err));
    scratch_put(&place.scratch, "file", "", 0);
    (void)snprintf(path, sizeof path, "%s/file/n", place.scratch.path);
    REFUSED(WH_SYSTEM, "Not a directory", wh_sink_open(path, 1, &place.file, &err));
    assert_int_equal(place.file.fd, -1);
    assert_int_equal(scratch_names(&place.scratch, "."), 1);
}

static void replaces_no_folder(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    scratch_put(&place.scratch, "n-1-1.rpm/inside", "kept", 4);
    OK(wh_sink_open(place.destination, 1, &place.file, &err));
    REFUSED(WH_SYSTEM, "n-1-1.rpm: cannot link into place", wh_sink_link(&place.file, &err));
    wh_sink_close(&place.file);
    assert_int_equal(scratch_names(&place.scratch, "."), 1);
    assert_int_equal(scratch_names(&place.scratch, "n-1-1.rpm"), 1);
}

static void reads_back_what_was_written(void **state)
{
    wh_cleanup(place_remove) struct place place;
    uint8_t bytes[8] = {0};

    (void)state;
    place_make(&place);
    OK(wh_sink_open(place.destination, 6, &place.file, &err));
    write_text(&place, 0, "abcdef");
    struct wh_sink sink = wh_sink_over(&place.file);
    OK(sink.read(sink.context, 2, bytes, 4, &err));
    assert_memory_equal(bytes, "cdef", 4);
    REFUSED(WH_MISMATCH, "shorter than written", sink.read(sink.context, 3, bytes, 4, &err));
    REFUSED(WH_SYSTEM, "cannot read back", sink.read(sink.context, UINT64_MAX, bytes, 1, &err));
    REFUSED(WH_SYSTEM, "cannot write", sink.write(sink.context, UINT64_MAX, bytes, 1, &err));
}

/* ---- no room -------------------------------------------------------------------------------- */

static void a_size_limit_shows_at_once(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct rlimit before;

    (void)state;
    place_make(&place);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, before.rlim_max}), 0);
    struct wh_error err = {0};
    wh_status status = wh_sink_open(place.destination, 4097, &place.file, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, WH_SYSTEM);
    assert_non_null(strstr(err.message, "n-1-1.rpm: no room for 4097 bytes: File too large"));
    assert_int_equal(scratch_names(&place.scratch, "."), 0);
}

/* A file system of 64 KiB in the place of the folder, which only this program sees; it ends with
 * the program if a check fails. */
static bool mount_small(const struct place *place)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("small", place->scratch.path, "tmpfs", 0, "size=64k") == 0;
}

static void a_full_disk_shows_at_once(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    if (!mount_small(&place)) { /* no privilege */
        place_remove(&place);
        skip();
    }
    REFUSED(WH_SYSTEM, "no room for 65537 bytes: No space left",
        wh_sink_open(place.destination, 65537, &place.file, &err));
    REFUSED(
        WH_SYSTEM, "no room for", wh_sink_open(place.destination, 1ull << 62, &place.file, &err));
    OK(wh_sink_open(place.destination, 32768, &place.file, &err));
    struct wh_sink_file other;
    REFUSED(WH_SYSTEM, "No space left", wh_sink_open(place.destination, 49152, &other, &err));
    wh_sink_close(&place.file); /* what was reserved is free again */
    OK(wh_sink_open(place.destination, 49152, &place.file, &err));
    wh_sink_close(&place.file);
    assert_int_equal(umount2(place.scratch.path, MNT_DETACH), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_no_name_before_it_is_linked),
        cmocka_unit_test(what_is_not_linked_is_gone),
        cmocka_unit_test(takes_the_place_of_what_is_there),
        cmocka_unit_test(takes_the_place_of_a_link),
        cmocka_unit_test(has_the_mode_of_a_download),
        cmocka_unit_test(refuses_destinations_that_cannot_be),
        cmocka_unit_test(replaces_no_folder),
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(a_size_limit_shows_at_once),
        cmocka_unit_test(a_full_disk_shows_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
