/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing_test.c - installed packages as lists, and which of several is asked about. */
#include "root.h"

#include "observe/listing.h"
#include "observe/packaged.h"
#include "whittle/cleanup.h"

struct place {
    struct root root;
    struct sample old;
    struct wh_installed *installed;
    struct wh_listing listing;
};

static void place_make(struct place *place)
{
    *place = (struct place){0};
    root_make(&place->root);
    sample_old(&place->old);
    root_install(&place->root, &place->old);
    place->installed = root_find(&place->root, "sample");
}

static void place_remove(struct place *place)
{
    wh_listing_clear(&place->listing);
    wh_installed_free(place->installed, place->installed ? 1 : 0);
    sample_clear(&place->old);
    root_remove(&place->root);
}

static void list(struct place *place)
{
    wh_listing_clear(&place->listing);
    OK(wh_listing_make(place->root.system, place->installed, &place->listing, &err));
}

static bool has(const struct place *place, const char *path)
{
    for (uint32_t i = 0; i < place->listing.count; i++)
        if (strcmp(place->listing.files[i].path, path) == 0)
            return true;
    return false;
}

static void lists_what_is_as_packaged(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    list(&place);
    assert_int_equal(place.listing.count, 8); /* all but the folder */
    for (uint32_t i = 0; i < place.listing.count; i++) {
        const struct wh_listed_file *file = &place.listing.files[i];
        struct wh_bytes content = sample_content(&place.old, sample_file(&place.old, file->path));
        struct wh_digest digest;
        OK(wh_digest_of(WH_SHA256, content, &digest, &err));
        assert_int_equal(file->size, content.length);
        assert_memory_equal(file->sha256, digest.bytes, sizeof file->sha256);
        assert_true(i == 0 || strcmp(file[-1].path, file->path) < 0);
    }
}

/* Digests of what people wrote tell systems from each other. */
static void what_was_changed_is_not_listed(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    root_put(&place.root, "/etc/sample.conf", "edited");
    assert_int_equal(unlinkat(place.root.scratch.folder, "usr/lib/sample/small", 0), 0);
    root_put(&place.root, "/usr/lib/sample/small", "small 9\n"); /* of the same size */
    assert_int_equal(unlinkat(place.root.scratch.folder, "usr/share/doc/sample/NEWS", 0), 0);
    list(&place);
    assert_int_equal(place.listing.count, 5);
    assert_false(has(&place, "/etc/sample.conf"));
    assert_false(has(&place, "/usr/lib/sample/small"));
    assert_false(has(&place, "/usr/share/doc/sample/NEWS"));
    assert_true(has(&place, "/usr/bin/sample"));
}

static void ghosts_and_empty_files_are_not_listed(void **state)
{
    static const struct sample_file files[] = {
        {"/etc/empty", "", 0, 0, 0, NULL, 0},
        {"/var/log/ghost", "ghost", WH_FILE_GHOST, 0, 0, NULL, 0},
    };
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(sample_clear) struct sample other;

    (void)state;
    place_make(&place);
    sample_make(&other, "9", files, COUNT(files), NULL);
    root_install(&place.root, &other);
    root_put(&place.root, "/var/log/ghost", "ghost");
    wh_installed_free(place.installed, 1);
    struct wh_installed *found = NULL;
    uint32_t count = 0;
    OK(wh_installed_find(place.root.system, "sample", &found, &count, &err));
    assert_int_equal(count, 2);
    const struct wh_installed *ninth = wh_installed_by_id(found, count, other.header->id);
    assert_non_null(ninth);
    OK(wh_listing_make(place.root.system, ninth, &place.listing, &err));
    assert_int_equal(place.listing.count, 0);
    wh_installed_free(found, count);
    place.installed = NULL;
}

/* Every file of the list can be read by its number in it. */
static void stands_in_for_the_package(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_installed *listed = NULL;
    uint8_t id[WH_SHA256_LENGTH];

    (void)state;
    place_make(&place);
    list(&place);
    OK(wh_listing_installed(&place.listing, &listed, &err));
    OK(wh_file_list_id(place.listing.files, place.listing.count, id, &err));
    assert_memory_equal(listed->header->id, id, sizeof id);
    assert_int_equal(listed->header->file_count, place.listing.count);
    wh_cleanup(wh_disk_source_clear) struct wh_disk_source source = {
        .system = place.root.system, .installed = listed, .fd = -1};
    for (uint32_t i = 0; i < place.listing.count; i++)
        assert_true(wh_content_is_packaged(&source, i));
    wh_installed_free(listed, 1);
}

static void enter(struct place *place, const char *version)
{
    wh_cleanup(sample_clear) struct sample sample;

    sample_make(&sample, version, NULL, 0, NULL);
    root_enter(&place->root, &sample, NULL);
}

static void expect_closest(struct place *place, const char *nevra, const char *version)
{
    struct wh_installed *found = NULL;
    uint32_t count = 0;

    OK(wh_installed_find(place->root.system, "sample", &found, &count, &err));
    assert_int_equal(count, 3);
    const struct wh_installed *closest = wh_installed_closest(found, count, nevra);
    assert_string_equal(closest->header->version, version);
    wh_installed_free(found, count);
}

/* The newest, as rpm orders them, unless it comes again. */
static void of_several_versions_one_is_closest(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    enter(&place, "10");
    enter(&place, "9");
    expect_closest(&place, "sample-11-1.noarch", "10");
    expect_closest(&place, "sample-5-1.noarch", "10");
    expect_closest(&place, "sample-11-1.x86_64", "10");
    expect_closest(&place, "sample-9-1.noarch", "9");
    expect_closest(&place, "sample-0:1-1.noarch", "1");
    assert_null(wh_installed_closest(place.installed, 0, "sample-1-1.noarch"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_is_as_packaged),
        cmocka_unit_test(what_was_changed_is_not_listed),
        cmocka_unit_test(ghosts_and_empty_files_are_not_listed),
        cmocka_unit_test(stands_in_for_the_package),
        cmocka_unit_test(of_several_versions_one_is_closest),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
