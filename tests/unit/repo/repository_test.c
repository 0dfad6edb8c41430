/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repository_test.c - packages from hostile metadata, and the order of versions. */
#include "unit.h"

#include "repository.h"
#include "scratch.h"
#include "versions.h"
#include "whittle/cleanup.h"

#define SHA "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define PACKAGE(name, epoch, version, location, checksum)                                          \
    "<package type=\"rpm\"><name>" name "</name><arch>x86_64</arch><version epoch=\"" epoch        \
    "\" ver=\"" version "\" rel=\"1\"/><checksum type=\"sha256\" pkgid=\"YES\">" checksum          \
    "</checksum><size package=\"77\" installed=\"1\" archive=\"1\"/><location " location           \
    "/><format/></package>"

/* A repository with this primary metadata; prefix: what its location has before the name. */
static void build(const struct scratch *scratch, const char *packages)
{
    char primary[8192];
    char repomd[4096];
    char hex[2 * WH_SHA256_LENGTH + 1];
    struct wh_digest digest;

    int length = snprintf(primary, sizeof primary,
        "<?xml version=\"1.0\"?><metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
        "packages=\"9\">%s</metadata>",
        packages);
    assert_true(length > 0 && (size_t)length < sizeof primary);
    assert_int_equal(
        wh_digest_of(
            WH_SHA256, (struct wh_bytes){(const uint8_t *)primary, (size_t)length}, &digest, NULL),
        WH_OK);
    wh_hex(digest.bytes, digest.length, hex);
    length = snprintf(repomd, sizeof repomd,
        "<repomd><data type=\"primary\"><checksum type=\"sha256\">%s</checksum>"
        "<location href=\"repodata/primary.xml\"/></data></repomd>",
        hex);
    scratch_put(scratch, "repodata/repomd.xml", repomd, (size_t)length);
    scratch_put(scratch, "repodata/primary.xml", primary, strlen(primary));
}

static void reads_packages_by_name(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_repository_close) struct wh_repository repository = {.folder = -1};
    const struct wh_repository_package *first;

    (void)state;
    build(&scratch, PACKAGE("b", "2", "1.0", "href=\"b.rpm\"", SHA)
                        PACKAGE("a", "0", "1.0", "href=\"p/a-1.rpm\"", SHA)
                            PACKAGE("a", "0", "0.9", "href=\"p/a-0.rpm\"", SHA));
    assert_int_equal(
        wh_repository_open(scratch.path, WH_REPOSITORY_WITH_METADATA, &repository, NULL), WH_OK);
    assert_int_equal(repository.package_count, 3);
    assert_int_equal(wh_repository_find(&repository, "a", "x86_64", &first), 2);
    assert_string_equal(first[0].location, "p/a-0.rpm");
    assert_string_equal(first[0].evr, "0.9-1");
    assert_int_equal(first[0].size, 77);
    assert_int_equal(wh_repository_find(&repository, "b", "x86_64", &first), 1);
    assert_string_equal(first[0].evr, "2:1.0-1");
    wh_autofree char *nvra = wh_repository_nvra(&first[0]);
    assert_string_equal(nvra, "b-1.0-1.x86_64");
    assert_int_equal(wh_repository_find(&repository, "b", "noarch", &first), 0);
    assert_int_equal(wh_repository_find(&repository, "c", "x86_64", &first), 0);
}

static void refuses_hostile_packages(void **state)
{
    static const char *const cases[] = {
        PACKAGE("a", "0", "1", "href=\"/etc/passwd\"", SHA),
        PACKAGE("a", "0", "1", "href=\"../a.rpm\"", SHA),
        PACKAGE("a", "0", "1", "href=\"p/../../a.rpm\"", SHA),
        PACKAGE("a", "0", "1", "href=\"a&#10;b.rpm\"", SHA),
        PACKAGE("a", "0", "1", "xml:base=\"http://elsewhere/\" href=\"a.rpm\"", SHA),
        PACKAGE("a", "0", "1", "href=\"a.rpm\"", "00"),
        PACKAGE("a", "0", "1", "href=\"a.rpm\"", SHA) "<package",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
        struct wh_repository repository = {.folder = -1};
        build(&scratch, cases[i]);
        assert_int_not_equal(
            wh_repository_open(scratch.path, WH_REPOSITORY_WITH_METADATA, &repository, NULL),
            WH_OK);
        assert_int_equal(repository.folder, -1);
    }
}

static void refuses_metadata_that_does_not_hold(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_repository repository = {.folder = -1};
    struct wh_error error;

    (void)state;
    assert_int_equal(
        wh_repository_open(scratch.path, WH_REPOSITORY_WITH_METADATA, &repository, &error),
        WH_MISSING);
    assert_int_equal(
        wh_repository_open(scratch.path, WH_REPOSITORY_OR_FOLDER, &repository, &error), WH_MISSING);
    build(&scratch, "");
    scratch_put(&scratch, "repodata/primary.xml", "<metadata/>", 11);
    assert_int_equal(
        wh_repository_open(scratch.path, WH_REPOSITORY_WITH_METADATA, &repository, &error),
        WH_MISMATCH);
    assert_non_null(strstr(error.message, "primary.xml: its checksum is not the one"));
    scratch_put(&scratch, "a.rpm", "not a package", 13);
    assert_int_equal(unlinkat(scratch.folder, "repodata/repomd.xml", 0), 0);
    assert_int_equal(wh_repository_open(scratch.path, WH_REPOSITORY_OR_FOLDER, &repository, &error),
        WH_MALFORMED);
    assert_non_null(strstr(error.message, "a.rpm: "));
}

static void orders_versions_as_rpm_does(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"1.0-1", "1.0-1", 0},
        {"1.0-1", "1.0-2", -1},
        {"1.10-1", "1.9-1", 1},
        {"1:1.0-1", "2.0-1", 1},
        {"0:1.0-1", "1.0-1", 0},
        {"1.0~rc1-1", "1.0-1", -1},
        {"1.0^git-1", "1.0-1", 1},
        {"5.66-1+deb12u1", "5.66-1+deb12u2", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int order = wh_evr_compare(cases[i].a, cases[i].b);
        assert_int_equal((order > 0) - (order < 0), cases[i].order);
    }
    assert_string_equal(wh_evr_without_epoch("3:1-2"), "1-2");
    assert_string_equal(wh_evr_without_epoch("1-2"), "1-2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_packages_by_name),
        cmocka_unit_test(refuses_hostile_packages),
        cmocka_unit_test(refuses_metadata_that_does_not_hold),
        cmocka_unit_test(orders_versions_as_rpm_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
