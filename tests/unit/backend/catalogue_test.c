/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue_test.c - one table of promises for both databases: see backend.h for which it is. */
#include "backend.h"

static void setup_package(struct wh_known_package *package, const char *test, uint32_t number,
    const char *name, const char *evr)
{
    static char arch[] = "x86_64";

    *package = (struct wh_known_package){.name = (char *)(uintptr_t)name,
        .evr = (char *)(uintptr_t)evr,
        .arch = arch,
        .location = (char *)(uintptr_t)evr,
        .size = 1000 + number};
    memcpy(package->header_id, id_of(test, number), WH_SHA256_LENGTH);
    (void)snprintf(package->pkgid, sizeof package->pkgid, "%s%u", test, number);
}

static void finds_what_was_published(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    struct wh_known_package package, known = {0};

    (void)state;
    setup_package(&package, "finds", 1, "found", "2:1-1");
    static char location[] = "Packages/\xff\x01'; DROP TABLE x; --.rpm";
    package.location = location;
    package.size = UINT64_C(1) << 40;
    OK(wh_catalogue_publish(catalogue, "/finds", &package, 1, &err));
    OK(wh_catalogue_by_header(catalogue, package.header_id, &known, &err));
    assert_memory_equal(known.header_id, package.header_id, WH_SHA256_LENGTH);
    assert_string_equal(known.pkgid, package.pkgid);
    assert_string_equal(known.name, "found");
    assert_string_equal(known.evr, "2:1-1");
    assert_string_equal(known.arch, "x86_64");
    assert_string_equal(known.folder, "/finds");
    assert_string_equal(known.location, location);
    assert_int_equal(known.size, package.size);
    wh_known_package_clear(&known);
    OK(wh_catalogue_by_pkgid(catalogue, package.pkgid, &known, &err));
    assert_memory_equal(known.header_id, package.header_id, WH_SHA256_LENGTH);
    wh_known_package_clear(&known);

    REFUSED(WH_MISSING, "not in the catalogue",
        wh_catalogue_by_header(catalogue, id_of("finds", 2), &known, &err));
    REFUSED(WH_MISSING, "not in the catalogue",
        wh_catalogue_by_pkgid(catalogue, "' OR 1 = 1 --", &known, &err));
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

static void replaces_a_folder(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    struct wh_known_package packages[3], known = {0};

    (void)state;
    setup_package(&packages[0], "replaces", 0, "replaced", "1-1");
    setup_package(&packages[1], "replaces", 1, "replaced", "1-2");
    setup_package(&packages[2], "replaces", 2, "replaced", "1-3");
    OK(wh_catalogue_publish(catalogue, "/replaces/a", packages, 2, &err));
    OK(wh_catalogue_publish(catalogue, "/replaces/b", packages, 1, &err));
    OK(wh_catalogue_publish(catalogue, "/replaces/a", packages + 2, 1, &err));
    REFUSED(WH_MISSING, "", wh_catalogue_by_header(catalogue, packages[1].header_id, &known, &err));
    OK(wh_catalogue_by_header(catalogue, packages[0].header_id, &known, &err));
    assert_string_equal(known.folder, "/replaces/b"); /* another folder still has it */
    wh_known_package_clear(&known);
    OK(wh_catalogue_by_header(catalogue, packages[2].header_id, &known, &err));
    wh_known_package_clear(&known);
    OK(wh_catalogue_publish(catalogue, "/replaces/a", NULL, 0, &err));
    REFUSED(WH_MISSING, "", wh_catalogue_by_header(catalogue, packages[2].header_id, &known, &err));
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

static void lists_versions_as_rpm_orders_them(void **state)
{
    static const char *const evrs[] = {"1.10-1", "1:0.1-1", "1.9-1", "1.10~rc1-1", "1.10-1.1"};
    static const char *const ordered[] = {"1.9-1", "1.10~rc1-1", "1.10-1", "1.10-1.1", "1:0.1-1"};
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    struct wh_known_package packages[COUNT(evrs) + 2];
    struct wh_known_packages found = {0};
    static char noarch[] = "noarch";

    (void)state;
    for (uint32_t i = 0; i < COUNT(evrs); i++)
        setup_package(&packages[i], "lists", i, "listed", evrs[i]);
    setup_package(&packages[COUNT(evrs)], "lists", 50, "listed-too", "1-1");
    setup_package(&packages[COUNT(evrs) + 1], "lists", 51, "listed", "1-1");
    packages[COUNT(evrs) + 1].arch = noarch;
    OK(wh_catalogue_publish(catalogue, "/lists/a", packages, COUNT(packages), &err));
    OK(wh_catalogue_publish(catalogue, "/lists/b", packages, 3, &err));
    OK(wh_catalogue_versions(catalogue, "listed", "x86_64", &found, &err));
    assert_int_equal(found.count, COUNT(ordered));
    for (uint32_t i = 0; i < COUNT(ordered); i++)
        assert_string_equal(found.packages[i].evr, ordered[i]);
    wh_known_packages_clear(&found);
    OK(wh_catalogue_versions(catalogue, "listed", "i686", &found, &err));
    assert_int_equal(found.count, 0);
    wh_known_packages_clear(&found);
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

static void takes_many_packages(void **state)
{
    enum { MANY = 3000 };
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    struct wh_known_package *packages = calloc(MANY, sizeof *packages);
    struct wh_known_packages found = {0};

    (void)state;
    assert_non_null(packages);
    for (uint32_t i = 0; i < MANY; i++)
        setup_package(&packages[i], "many", i, "many", "1-1");
    OK(wh_catalogue_publish(catalogue, "/many", packages, MANY, &err));
    OK(wh_catalogue_versions(catalogue, "many", "x86_64", &found, &err));
    assert_int_equal(found.count, MANY);
    wh_known_packages_clear(&found);
    OK(wh_catalogue_publish(catalogue, "/many", NULL, 0, &err));
    free(packages);
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

/* ---- claims -----------------------------------------------------------------------------------
 */

static enum wh_claim claim(
    struct wh_catalogue *catalogue, const uint8_t *key, struct wh_cut_record *out_record)
{
    struct wh_cut_record ignored;
    enum wh_claim found = WH_CLAIM_NONE;

    OK(wh_catalogue_claim(catalogue, key, 3600, &found, out_record ? out_record : &ignored, &err));
    return found;
}

static const struct wh_cut_record cut = {.sha256 = "0123456789abcdef0123456789abcde",
    .size = UINT64_C(1) << 33,
    .cpu_ms = UINT32_MAX,
    .counts = {.kept = 1, .patched = UINT32_MAX, .fetched = 3}};

static void keeps_what_was_settled(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    const uint8_t *key = id_of("settled", 1);
    const uint8_t *whole = id_of("settled", 2);
    struct wh_cut_record found = {0};

    (void)state;
    assert_int_equal(claim(catalogue, key, NULL), WH_CLAIM_OURS);
    assert_int_equal(claim(catalogue, key, NULL), WH_CLAIM_THEIRS);
    OK(wh_catalogue_settle(catalogue, key, &cut, &err));
    assert_int_equal(claim(catalogue, key, &found), WH_CLAIM_DONE);
    assert_memory_equal(found.sha256, cut.sha256, WH_SHA256_LENGTH);
    assert_int_equal(found.size, cut.size);
    assert_int_equal(found.cpu_ms, cut.cpu_ms);
    assert_int_equal(found.counts.kept, 1);
    assert_int_equal(found.counts.patched, UINT32_MAX);
    assert_int_equal(found.counts.fetched, 3);
    OK(wh_catalogue_settle(catalogue, key, NULL, &err)); /* one that was late */
    OK(wh_catalogue_release(catalogue, key, &err));
    assert_int_equal(claim(catalogue, key, NULL), WH_CLAIM_DONE);

    assert_int_equal(claim(catalogue, whole, NULL), WH_CLAIM_OURS);
    OK(wh_catalogue_settle(catalogue, whole, NULL, &err));
    assert_int_equal(claim(catalogue, whole, NULL), WH_CLAIM_NONE);
    OK(wh_catalogue_forget(catalogue, cut.sha256, &err));
    assert_int_equal(claim(catalogue, key, NULL), WH_CLAIM_OURS);
    assert_int_equal(claim(catalogue, whole, NULL), WH_CLAIM_NONE);
    OK(wh_catalogue_release(catalogue, key, &err));
    assert_int_equal(claim(catalogue, key, NULL), WH_CLAIM_OURS);
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_published),
        cmocka_unit_test(replaces_a_folder),
        cmocka_unit_test(lists_versions_as_rpm_orders_them),
        cmocka_unit_test(takes_many_packages),
        cmocka_unit_test(keeps_what_was_settled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
