/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_test.c - installed packages laid against the disk. */
#include "root.h"

#include "observe/report.h"
#include "whittle/cleanup.h"

/* A package that is wholly there, and its report. */
struct place {
    struct scratch scratch;
    struct wh_system system;
    struct sample sample;
    struct wh_installed installed;
    enum wh_care care;
    struct wh_report report;
};

static void begin(struct place *place)
{
    const struct wh_header *header = place->sample.header;
    struct root root = {.scratch = scratch_make()};

    root_write(&root, &place->sample);
    place->scratch = root.scratch;
    place->system = (struct wh_system){place->scratch.path, place->scratch.folder, NULL};
    place->installed.header = place->sample.header;
    place->installed.paths = calloc(header->file_count, sizeof(char *));
    place->installed.is_normal = malloc(header->file_count);
    assert_true(place->installed.paths && place->installed.is_normal);
    memset(place->installed.is_normal, 1, header->file_count);
    for (uint32_t i = 0; i < header->file_count; i++)
        assert_true(asprintf(&place->installed.paths[i], "%s%s", header->files[i].dirname,
                        header->files[i].basename) > 0);
}

static void place_make(struct place *place)
{
    *place = (struct place){0};
    sample_new(&place->sample);
    begin(place);
}

static void place_remove(struct place *place)
{
    for (uint32_t i = 0; i < place->installed.header->file_count; i++)
        free(place->installed.paths[i]);
    free(place->installed.paths);
    free(place->installed.is_normal);
    wh_report_clear(&place->report);
    sample_clear(&place->sample);
    scratch_remove(&place->scratch);
}

static void observe(struct place *place)
{
    wh_report_clear(&place->report);
    OK(wh_report_observe(&place->system, &place->installed, place->care, &place->report, &err));
    assert_int_equal(place->report.file_count, place->sample.header->file_count);
    assert_memory_equal(place->report.header_id, place->sample.header->id, WH_SHA256_LENGTH);
}

static bool differs(struct place *place, const char *path)
{
    observe(place);
    return place->report.differs[sample_file(&place->sample, path)];
}

static void put(const struct place *place, const char *path, const char *text)
{
    scratch_put(&place->scratch, path + 1, text, strlen(text));
}

/* The same length, another content. */
static void edit(const struct place *place, const char *path)
{
    int fd = openat(place->scratch.folder, path + 1, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, "X", 1, 0), 1);
    assert_int_equal(close(fd), 0);
}

/* All but a ghost, whose content no package says. */
static void an_untouched_package_is_as_packaged(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    observe(&place);
    for (uint32_t i = 0; i < place.report.file_count; i++)
        assert_int_equal(
            place.report.differs[i], (place.sample.header->files[i].flags & WH_FILE_GHOST) != 0);
    put(&place, "/var/log/sample", "ghost");
    assert_true(differs(&place, "/var/log/sample"));
    assert_false(wh_report_has(&place.report, place.sample.header, UINT32_MAX));
}

static void sees_what_is_gone_or_has_another_size(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    put(&place, "/usr/bin/sample", "short");
    assert_true(differs(&place, "/usr/bin/sample"));
    assert_int_equal(unlinkat(place.scratch.folder, "usr/lib/sample/small", 0), 0);
    assert_true(differs(&place, "/usr/lib/sample/small"));
    assert_int_equal(unlinkat(place.scratch.folder, "usr/lib/sample/new", 0), 0);
    assert_int_equal(symlinkat("new-twin", place.scratch.folder, "usr/lib/sample/new"), 0);
    assert_true(differs(&place, "/usr/lib/sample/new"));
    assert_false(differs(&place, "/usr/lib/sample/new-twin"));
}

/* Contents of configuration files are looked at, those of others later, while they are copied. */
static void looks_into_configuration_files(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    edit(&place, "/usr/bin/sample");
    assert_false(differs(&place, "/usr/bin/sample"));
    edit(&place, "/etc/sample.conf");
    assert_true(differs(&place, "/etc/sample.conf"));
    assert_true(wh_report_has(&place.report, place.sample.header, WH_FILE_CONFIG));
    assert_false(wh_report_has(&place.report, place.sample.header, WH_FILE_DOC));
}

/* Where it is asked for, whatever was written later is looked at: rpm sets the time. */
static void looks_into_files_that_are_younger(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.care = WH_CARE_TIMES;
    observe(&place);
    assert_false(wh_report_has(&place.report, place.sample.header, UINT32_MAX));
    assert_false(wh_report_has_beside(&place.report, place.sample.header, 0));
    edit(&place, "/usr/bin/sample");
    assert_true(differs(&place, "/usr/bin/sample"));
    assert_true(wh_report_has_beside(&place.report, place.sample.header, WH_FILE_CONFIG));
    uint32_t file = sample_file(&place.sample, "/usr/bin/sample");
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)place.sample.header->files[file].mtime}};
    assert_int_equal(utimensat(place.scratch.folder, "usr/bin/sample", times, 0), 0);
    assert_false(differs(&place, "/usr/bin/sample"));
}

/* What rpm left out may be there all the same, put there by another package. */
static void looks_into_files_that_rpm_did_not_install(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.installed.is_normal[sample_file(&place.sample, "/usr/share/doc/sample/README")] = 0;
    assert_false(differs(&place, "/usr/share/doc/sample/README"));
    edit(&place, "/usr/share/doc/sample/README");
    assert_true(differs(&place, "/usr/share/doc/sample/README"));
    assert_true(wh_report_has(&place.report, place.sample.header, WH_FILE_DOC));
    assert_false(wh_report_has(&place.report, place.sample.header, WH_FILE_CONFIG));
}

/* Longer than what is read at a time, and different in the last byte. */
static void looks_into_long_files_to_the_end(void **state)
{
    enum { LENGTH = 200000 };
    wh_cleanup(place_remove) struct place place = {0};
    wh_autofree char *content = malloc(LENGTH + 1);
    const struct sample_file file = {"/etc/long", content, WH_FILE_CONFIG, 0, 0, NULL, 0};

    (void)state;
    assert_non_null(content);
    memset(content, 'c', LENGTH);
    content[LENGTH] = '\0';
    sample_make(&place.sample, "1", &file, 1, NULL);
    begin(&place);
    assert_false(differs(&place, "/etc/long"));
    content[LENGTH - 1] = 'x';
    put(&place, "/etc/long", content);
    assert_true(differs(&place, "/etc/long"));
}

static void a_package_without_files_has_nothing_to_differ(void **state)
{
    wh_cleanup(place_remove) struct place place = {0};

    (void)state;
    sample_make(&place.sample, "1", NULL, 0, NULL);
    begin(&place);
    observe(&place);
    assert_int_equal(place.report.file_count, 0);
    assert_false(wh_report_has(&place.report, place.sample.header, UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_package_is_as_packaged),
        cmocka_unit_test(sees_what_is_gone_or_has_another_size),
        cmocka_unit_test(looks_into_configuration_files),
        cmocka_unit_test(looks_into_files_that_are_younger),
        cmocka_unit_test(looks_into_files_that_rpm_did_not_install),
        cmocka_unit_test(looks_into_long_files_to_the_end),
        cmocka_unit_test(a_package_without_files_has_nothing_to_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
