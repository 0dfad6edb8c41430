/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shelf_test.c - bundles' files, the list of declined pairs, and the update of the metadata. */
#include "unit.h"

#include "declined.h"
#include "scratch.h"
#include "shelf.h"
#include "whittle/cleanup.h"

#define REPOMD "<repomd><data type=\"primary\"><timestamp>5</timestamp></data>\n</repomd>\n"

static struct wh_repository repository_in(const struct scratch *scratch)
{
    struct wh_repository repository = {
        .folder = dup(scratch->folder), .path = strdup("R"), .repomd_bytes.ceiling = 4096};

    wh_buffer_append(&repository.repomd_bytes, REPOMD, strlen(REPOMD));
    assert_int_equal(wh_repomd_parse(wh_buffer_bytes(&repository.repomd_bytes), "repomd.xml",
                         &repository.repomd, NULL),
        WH_OK);
    scratch_put(scratch, "repodata/repomd.xml", REPOMD, strlen(REPOMD));
    return repository;
}

static void declined_pairs_come_back(void **state)
{
    static const char pkgid[] = "9f86d081884c7d659a2feaa0c55ad015";
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_repository_close) struct wh_repository repository = repository_in(&scratch);
    wh_cleanup(wh_shelf_clear) struct wh_shelf shelf = {0};
    struct wh_declined pairs[] = {{"ffff", {2}}, {"", {1}}, {"ffff", {1}}};

    (void)state;
    memcpy(pairs[1].pkgid, pkgid, sizeof pkgid);
    scratch_put(&scratch, "whittle/x", "", 0);
    wh_autoclose int folder = openat(scratch.folder, "whittle", O_RDONLY | O_CLOEXEC);
    assert_int_equal(wh_declined_write(folder, pairs, COUNT(pairs), NULL), WH_OK);
    assert_int_equal(wh_shelf_open(&repository, &shelf, NULL), WH_OK);
    assert_int_equal(shelf.declined_count, 3);
    assert_true(wh_shelf_is_declined(&shelf, pkgid, (const uint8_t[8]){1}));
    assert_true(wh_shelf_is_declined(&shelf, "ffff", (const uint8_t[8]){2}));
    assert_false(wh_shelf_is_declined(&shelf, pkgid, (const uint8_t[8]){2}));
    assert_int_equal(wh_declined_write(folder, pairs, 0, NULL), WH_OK);
    assert_int_equal(faccessat(folder, ".declined", F_OK, 0), -1);
}

static void a_bad_list_of_declined_pairs_is_passed_over(void **state)
{
    static const char first[] = "whittle-repo " WHITTLE_VERSION "\n";
    static const char *const bad[] = {"", "x", "other version\nff 0000000000000000\n",
        /* after the right first line: */
        "+ff 000000000000000\n", "+ff 00000000000000000\n", "+ff 0000000000000000",
        "+ 0000000000000000\n", "+ff000000000000000000\n", "+ff 000000000000000g\n", "+\n"};
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_repository_close) struct wh_repository repository = repository_in(&scratch);

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        wh_cleanup(wh_shelf_clear) struct wh_shelf shelf = {0};
        char text[128];
        bool with_first = bad[i][0] == '+';
        (void)snprintf(
            text, sizeof text, "%s%s", with_first ? first : "", bad[i] + (with_first ? 1 : 0));
        scratch_put(&scratch, "whittle/.declined", text, strlen(text));
        assert_int_equal(wh_shelf_open(&repository, &shelf, NULL), WH_OK);
        assert_int_equal(shelf.declined_count, 0);
    }
}

static void what_is_no_bundle_is_never_used_again(void **state)
{
    static const uint8_t prefix[WH_SHA256_LENGTH] = {0};
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_repository_close) struct wh_repository repository = repository_in(&scratch);
    wh_cleanup(wh_shelf_clear) struct wh_shelf shelf = {0};
    wh_autofree struct wh_index_bundle *bundles = NULL;
    struct wh_index_bundle placed = {.kind = WH_BUNDLE_STEP};
    uint32_t count = 7;
    bool is_new = false;

    (void)state;
    scratch_put(&scratch, "whittle/n-1-1.noarch.0000000000000000.wht", "junk", 4);
    scratch_put(&scratch, "whittle/n-1-1.noarchx.wht", "junk", 4);
    struct wh_bytes junk = {(const uint8_t *)"more junk", 9};
    assert_int_equal(
        wh_shelf_place(&repository, "n-1-1.noarch", junk, &placed, &is_new, NULL), WH_OK);
    assert_true(is_new);
    assert_int_equal(
        wh_shelf_place(&repository, "n-1-1.noarch", junk, &placed, &is_new, NULL), WH_OK);
    assert_false(is_new);
    assert_int_equal(wh_shelf_open(&repository, &shelf, NULL), WH_OK);
    assert_int_equal(shelf.names.count, 3);
    assert_int_equal(wh_shelf_load(&shelf, "n-1-1.noarch", prefix, &bundles, &count, NULL), WH_OK);
    assert_int_equal(count, 0);
    wh_shelf_withdraw(&repository, "n-1-1.noarch", &placed);
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = 100};
    assert_int_equal(
        wh_shelf_read_bundle(&repository, "n-1-1.noarch", &placed, &bytes, NULL), WH_MISSING);
}

static bool is_there(const struct scratch *scratch, const char *name)
{
    return faccessat(scratch->folder, name, F_OK, 0) == 0;
}

static void an_update_lists_bundles_and_sweeps(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_repository_close) struct wh_repository repository = repository_in(&scratch);
    wh_cleanup(wh_shelf_clear) struct wh_shelf shelf = {0};
    struct wh_index_bundle bundle = {.kind = WH_BUNDLE_STEP, .from = {1}, .size = 1000};
    struct wh_index_package package = {
        .pkgid = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        .bundles = &bundle,
        .bundle_count = 1,
    };
    struct wh_index index = {.packages = &package, .package_count = 1};
    char keep_name[] = "keep.wht";
    char *names[] = {keep_name};
    struct wh_shelf_names keep = {names, 1};
    struct wh_shelf_update update = {.index = &index, .keep = &keep};
    struct wh_shelf_outcome outcome;

    (void)state;
    scratch_put(&scratch, "whittle/keep.wht", "", 0);
    scratch_put(&scratch, "whittle/stale.wht", "", 0);
    scratch_put(&scratch, "whittle/readme", "", 0);
    scratch_put(&scratch, "whittle/.whittle-unfinished.0000000001", "", 0);
    assert_int_equal(wh_shelf_open(&repository, &shelf, NULL), WH_OK);
    assert_int_equal(wh_shelf_update(&shelf, &update, &outcome, NULL), WH_OK);
    assert_true(outcome.changed);
    assert_int_equal(outcome.removed, 1);
    assert_true(is_there(&scratch, "whittle/keep.wht"));
    assert_true(is_there(&scratch, "whittle/readme"));
    assert_false(is_there(&scratch, "whittle/stale.wht"));
    assert_false(is_there(&scratch, "whittle/.whittle-unfinished.0000000001"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declined_pairs_come_back),
        cmocka_unit_test(a_bad_list_of_declined_pairs_is_passed_over),
        cmocka_unit_test(what_is_no_bundle_is_never_used_again),
        cmocka_unit_test(an_update_lists_bundles_and_sweeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
