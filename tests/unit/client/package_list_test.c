/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_list_test.c - packages assembled from bundles that a backend cut: from a list of files,
 * and bound to the package by the digest of its prefix. */
#include "upgrade.h"

#include "assemble/budget.h"
#include "whittle/cleanup.h"

static void starts_from_a_list(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled = {0};

    (void)state;
    upgrade_make(&upgrade);
    upgrade_offer_list(&upgrade);
    upgrade_succeeds(&upgrade, &assembled);
    assert_int_equal(assembled.kept, 2);
    assert_int_equal(assembled.patched, 5);
    assert_int_equal(assembled.fetched, 1);
}

/* What was edited before is in the bundle; no supplement is needed. */
static void starts_from_what_is_left(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled = {0};

    (void)state;
    upgrade_make(&upgrade);
    root_put(&upgrade_root, "/etc/sample.conf", "edited\n");
    assert_int_equal(unlinkat(upgrade_root.scratch.folder, "usr/share/doc/sample/README", 0), 0);
    upgrade_offer_list(&upgrade);
    upgrade_succeeds(&upgrade, &assembled);
    assert_int_equal(assembled.kept, 1);
    assert_int_equal(assembled.patched, 4);
    assert_int_equal(assembled.fetched, 3);
}

static void the_list_must_be_the_same(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    upgrade_offer_list(&upgrade);
    upgrade_edit("/usr/share/doc/sample/NEWS"); /* since it was sent */
    REFUSED(WH_MISMATCH, "starts from other files", upgrade_assemble(&upgrade, &assembled, &err));
    assert_int_equal(scratch_names(&upgrade_root.scratch, "cache"), UPGRADE_BUNDLES);
}

static void something_must_say_whose_files_they_are(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    upgrade_offer_list(&upgrade);
    upgrade.request.bundles[UPGRADE_STEP].installed[0] ^= 1;
    REFUSED(WH_MISSING, "is not installed", upgrade_assemble(&upgrade, &assembled, &err));
    upgrade.request.bundles[UPGRADE_STEP].has_installed = false;
    REFUSED(WH_MALFORMED, "whose files the bundle starts from",
        upgrade_assemble(&upgrade, &assembled, &err));
}

/* Whatever kind of bundle it is: the index says what the package begins with. */
static void the_prefix_must_be_the_one_that_was_named(void **state)
{
    for (int listed = 0; listed < 2; listed++) {
        wh_cleanup(upgrade_remove) struct upgrade upgrade;
        struct wh_assembled assembled;
        struct wh_digest digest;
        struct wh_bundle_file *step = &upgrade.request.bundles[UPGRADE_STEP];
        (void)state;
        upgrade_make(&upgrade);
        if (listed)
            upgrade_offer_list(&upgrade);
        OK(wh_digest_of(WH_SHA256, upgrade.new.parsed.bytes, &digest, &err));
        step->has_prefix = true;
        memcpy(step->prefix, digest.bytes, sizeof step->prefix);
        upgrade_succeeds(&upgrade, &assembled);
        assert_int_equal(unlink(upgrade.destination), 0);
        step->prefix[31] ^= 1;
        REFUSED(WH_MISMATCH, "of another package than the index names",
            upgrade_assemble(&upgrade, &assembled, &err));
        assert_int_equal(scratch_names(&upgrade_root.scratch, "cache"), UPGRADE_BUNDLES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_from_a_list),
        cmocka_unit_test(starts_from_what_is_left),
        cmocka_unit_test(the_list_must_be_the_same),
        cmocka_unit_test(something_must_say_whose_files_they_are),
        cmocka_unit_test(the_prefix_must_be_the_one_that_was_named),
    };

    return cmocka_run_group_tests(tests, upgrade_begin, upgrade_end);
}
