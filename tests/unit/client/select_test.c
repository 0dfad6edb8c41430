/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select_test.c - which bundles fit a system with a real rpm database. */
#include "root.h"

#include "select/select.h"
#include "whittle/cleanup.h"

#define NEVRA "sample-0:2-1.noarch"

enum { OTHER, LARGE, SMALL, CONFIG, DOC, ALL };

/* A system with version 1, and an index that knows how to leave it. */
struct place {
    struct root root;
    struct sample old;
    struct wh_index_bundle bundles[ALL];
    struct wh_index_package package;
    struct wh_wish wish;
    struct wh_proof proof;
    struct wh_selection selection;
};

static void place_make(struct place *place)
{
    *place = (struct place){
        .bundles =
            {
                [OTHER] = {.kind = WH_BUNDLE_STEP, .from = {9}, .size = 1, .sha256 = {0x0a}},
                [LARGE] = {.kind = WH_BUNDLE_STEP, .size = 300, .sha256 = {0x0b}},
                [SMALL] = {.kind = WH_BUNDLE_STEP,
                    .size = 299,
                    .sha256 = {0xab, 0xcd, 0xef, 0x01, 0, 0, 0, 2, 3}},
                [CONFIG] = {.kind = WH_BUNDLE_CONFIG, .size = 40, .sha256 = {0x0c}},
                [DOC] = {.kind = WH_BUNDLE_DOC, .size = 50, .sha256 = {0x0d}},
            },
        .wish = {.nevra = NEVRA, .terms = {WH_REENCODE_AUTO, 1, 1, 1000}},
        .proof = {.verdict = WH_VERDICT_SAME},
    };
    root_make(&place->root);
    sample_old(&place->old);
    root_install(&place->root, &place->old);
    memcpy(place->bundles[LARGE].from, place->old.header->id, 8);
    memcpy(place->bundles[SMALL].from, place->old.header->id, 8);
    memcpy(place->bundles[CONFIG].from, place->old.header->id, 8); /* starts from nothing */
    place->package.bundles = place->bundles;
    place->package.bundle_count = COUNT(place->bundles);
    place->wish.package = &place->package;
}

static void place_remove(struct place *place)
{
    wh_selection_clear(&place->selection);
    sample_clear(&place->old);
    root_remove(&place->root);
}

static void choose(struct place *place)
{
    wh_selection_clear(&place->selection);
    OK(wh_select(place->root.system, &place->wish, &place->proof, &place->selection, &err));
    assert_int_equal(place->selection.choice == WH_CHOICE_TAKEN, place->selection.bundle_count > 0);
}

static void the_smallest_step_is_taken(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 1);
    assert_int_equal(place.selection.bundles[0].size, 299);
    assert_string_equal(
        place.selection.locations[0], "whittle/sample-2-1.noarch.abcdef0100000002.wht");
    assert_string_equal(place.selection.from, "sample-1-1.noarch");
}

static void nothing_fits_what_is_not_there(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.wish.package = NULL;
    choose(&place);
    assert_int_equal(place.selection.choice, WH_CHOICE_NONE);
    place.wish.package = &place.package;
    place.wish.nevra = "another-2-1.noarch";
    choose(&place);
    assert_int_equal(place.selection.choice, WH_CHOICE_NONE);
    place.wish.nevra = NEVRA;
    place.package.bundle_count = 1; /* from another version */
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 0);
    assert_null(place.selection.from);
    place.package.bundles += CONFIG; /* supplements alone lead nowhere */
    place.package.bundle_count = 2;
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 0);
}

/* As with kernels: the bundle tells from which one. */
static void any_installed_version_will_do(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(sample_clear) struct sample third;

    (void)state;
    place_make(&place);
    sample_make(&third, "3", NULL, 0, NULL);
    root_enter(&place.root, &third, NULL);
    choose(&place);
    assert_string_equal(place.selection.from, "sample-1-1.noarch");
    memcpy(place.bundles[OTHER].from, third.header->id, 8);
    choose(&place);
    assert_string_equal(place.selection.from, "sample-3-1.noarch");
    assert_int_equal(place.selection.bundle_count, 1);
    assert_int_equal(place.selection.bundles[0].size, 1);
}

/* The smaller one costs a processor's time; a byte takes a second. */
static void re_encoding_has_its_price(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.bundles[SMALL].cpu_ms = 999;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 299);
    assert_int_equal(place.selection.bundles[0].cpu_ms, 999);
    place.bundles[SMALL].cpu_ms = 1000;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 300);
    place.wish.terms.mode = WH_REENCODE_ALWAYS;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 299);
    place.wish.terms.mode = WH_REENCODE_NEVER;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 300);
    place.package.bundles += SMALL; /* the only one */
    place.package.bundle_count = 1;
    choose(&place);
    assert_int_equal(place.selection.choice, WH_CHOICE_SWITCHED);
    place.wish.terms.mode = WH_REENCODE_AUTO;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 299);
    place.wish.terms.whole_size = 299;
    choose(&place);
    assert_int_equal(place.selection.choice, WH_CHOICE_TOO_SLOW);
    assert_null(place.selection.from);
}

static void liblzma_must_have_proved_itself(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.bundles[SMALL].cpu_ms = 1;
    place.proof.verdict = WH_VERDICT_DIFFERS;
    choose(&place);
    assert_int_equal(place.selection.bundles[0].size, 300);
    place.package.bundles += SMALL;
    place.package.bundle_count = 1;
    choose(&place);
    assert_int_equal(place.selection.choice, WH_CHOICE_UNPROVED);
}

/* Nobody is asked where nothing depends on it: a proof takes time. */
static void liblzma_is_proved_only_where_it_counts(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.proof.verdict = WH_VERDICT_UNKNOWN;
    choose(&place);
    place.bundles[SMALL].cpu_ms = 1000; /* too slow */
    choose(&place);
    place.bundles[SMALL].cpu_ms = 1;
    place.wish.terms.mode = WH_REENCODE_NEVER;
    choose(&place);
    assert_int_equal(place.proof.verdict, WH_VERDICT_UNKNOWN);
    place.wish.terms.mode = WH_REENCODE_AUTO;
    choose(&place);
    assert_int_not_equal(place.proof.verdict, WH_VERDICT_UNKNOWN);
    bool same = place.proof.verdict == WH_VERDICT_SAME; /* whatever this system's does */
    assert_int_equal(place.selection.bundles[0].size, same ? 299 : 300);
}

static void supplements_come_when_they_are_needed(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    root_put(&place.root, "/etc/sample.conf", "edited");
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 2);
    assert_int_equal(place.selection.bundles[0].kind, WH_BUNDLE_STEP);
    assert_int_equal(place.selection.bundles[1].kind, WH_BUNDLE_CONFIG);
    assert_string_equal(
        place.selection.locations[1], "whittle/sample-2-1.noarch.0c00000000000000.wht");

    assert_int_equal(unlinkat(place.root.scratch.folder, "usr/share/doc/sample/README", 0), 0);
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 3);
    assert_int_equal(place.selection.bundles[2].kind, WH_BUNDLE_DOC);

    place.package.bundle_count = CONFIG; /* where there are none, the step may still do */
    choose(&place);
    assert_int_equal(place.selection.bundle_count, 1);
}

static void never_takes_more_than_a_plan_does(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    root_put(&place.root, "/etc/sample.conf", "edited");
    place.bundles[OTHER].kind = place.bundles[LARGE].kind = WH_BUNDLE_CONFIG;
    choose(&place);
    assert_int_equal(place.selection.bundle_count, WH_PLAN_BUNDLES_MAX);
}

static void names_from_outside_are_checked(void **state)
{
    wh_cleanup(place_remove) struct place place;
    static const char *const bad[] = {"sample", "sample-2", "", "-2-1.noarch"};

    (void)state;
    place_make(&place);
    for (size_t i = 0; i < COUNT(bad); i++) {
        place.wish.nevra = bad[i];
        REFUSED(WH_MALFORMED, "not NAME-VERSION-RELEASE.ARCH",
            wh_select(place.root.system, &place.wish, &place.proof, &place.selection, &err));
    }
    place.wish.nevra = "sample-2-1/../../x.noarch";
    REFUSED(WH_MALFORMED, "sample-2-1/../../x",
        wh_select(place.root.system, &place.wish, &place.proof, &place.selection, &err));
    assert_int_equal(place.selection.bundle_count, 0);
    assert_null(place.selection.locations[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_step_is_taken),
        cmocka_unit_test(nothing_fits_what_is_not_there),
        cmocka_unit_test(any_installed_version_will_do),
        cmocka_unit_test(re_encoding_has_its_price),
        cmocka_unit_test(liblzma_must_have_proved_itself),
        cmocka_unit_test(liblzma_is_proved_only_where_it_counts),
        cmocka_unit_test(supplements_come_when_they_are_needed),
        cmocka_unit_test(never_takes_more_than_a_plan_does),
        cmocka_unit_test(names_from_outside_are_checked),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
