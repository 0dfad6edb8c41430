/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle_test.c - static bundles against what a backend cut. */
#include "check.h"

#include <stdlib.h>

#include "select/settle.h"
#include "whittle/cleanup.h"

struct place {
    struct wh_terms terms;
    struct wh_selection selection;
    struct wh_question question;
    bool without_liblzma;
};

/* A step of 1000 bytes with a supplement of 100, a bundle of 1099 from a backend, and a byte a
 * second. */
static void place_make(struct place *place)
{
    *place = (struct place){
        .terms = {WH_REENCODE_AUTO, 1, 1, 100000},
        .selection =
            {
                .bundles = {{.kind = WH_BUNDLE_STEP, .size = 1000},
                    {.kind = WH_BUNDLE_CONFIG, .size = 100}},
                .bundle_count = 2,
                .choice = WH_CHOICE_TAKEN,
            },
        .question =
            {
                .package = {.header_id = {7}},
                .is_answered = true,
                .answer = {.kind = WH_ANSWER_BUNDLE,
                    .bundle = {.kind = WH_BUNDLE_STEP, .size = 1099, .sha256 = {0xab}}},
            },
    };
    place->selection.from = strdup("static");
    place->question.from = strdup("cut");
    assert_true(place->selection.from && place->question.from);
}

static void place_remove(struct place *place)
{
    wh_selection_clear(&place->selection);
    wh_question_clear(&place->question);
}

static void settle(struct place *place)
{
    const struct wh_settling settling = {
        &place->terms, place->without_liblzma, "http://b/w/", &place->question};

    OK(wh_settle(&settling, &place->selection, &err));
}

static void expect_cut(const struct place *place)
{
    static const char start[] = "http://b/w/v1/bundle/ab00";
    const struct wh_selection *selection = &place->selection;

    assert_int_equal(selection->bundle_count, 1);
    assert_int_equal(selection->choice, WH_CHOICE_TAKEN);
    assert_string_equal(selection->from, "cut");
    assert_non_null(selection->url);
    assert_int_equal(strncmp(selection->url, start, sizeof start - 1), 0);
    assert_int_equal(strlen(selection->url), sizeof start - 1 + 60 + 4);
    assert_string_equal(selection->url + strlen(selection->url) - 4, ".wht");
}

static void expect_static(const struct place *place)
{
    assert_int_equal(place->selection.bundle_count, 2);
    assert_string_equal(place->selection.from, "static");
    assert_null(place->selection.url);
}

static void the_one_that_is_there_sooner_is_taken(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.question.answer.bundle.size = 1100; /* as much: nothing is gained */
    settle(&place);
    expect_static(&place);
    place.question.answer.bundle.size = 1099;
    settle(&place);
    expect_cut(&place);
    assert_int_equal(place.selection.bundles[0].kind, WH_BUNDLE_STEP);
}

static void cpu_time_is_weighed_too(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.question.answer.bundle.cpu_ms = 1001;
    settle(&place);
    expect_static(&place);
    place.question.answer.bundle.cpu_ms = 1;
    place.without_liblzma = true; /* and it needs it */
    settle(&place);
    expect_static(&place);
    place.without_liblzma = false;
    place.question.answer.bundle.cpu_ms = 999;
    settle(&place);
    expect_cut(&place);
}

/* A step that may need what was edited is worse than any that does not. */
static void doubtful_bundles_are_passed_over(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.selection.is_doubtful = true;
    place.question.answer.bundle.size = 5000;
    settle(&place);
    expect_cut(&place);
}

static void without_a_bundle_nothing_changes(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.selection.is_doubtful = true;
    place.question.answer.kind = WH_ANSWER_WHOLE;
    settle(&place);
    expect_static(&place);
    place.question.answer.kind = WH_ANSWER_BUNDLE;
    place.question.is_answered = false;
    settle(&place);
    expect_static(&place);
}

static void a_backend_helps_where_there_is_nothing(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    wh_selection_clear(&place.selection);
    place.question.answer.bundle.cpu_ms = 200000000; /* longer than the whole package takes */
    settle(&place);
    assert_int_equal(place.selection.bundle_count, 0);
    assert_int_equal(place.selection.choice, WH_CHOICE_TOO_SLOW);
    place.question.answer.bundle.cpu_ms = 0;
    settle(&place);
    expect_cut(&place);
}

static void what_starts_from_a_list_says_so(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.question.package.is_listed = true;
    settle(&place);
    expect_cut(&place);
    assert_int_equal(place.selection.bundles[0].kind, WH_BUNDLE_LIST);
    assert_int_equal(place.selection.installed[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_is_there_sooner_is_taken),
        cmocka_unit_test(cpu_time_is_weighed_too),
        cmocka_unit_test(doubtful_bundles_are_passed_over),
        cmocka_unit_test(without_a_bundle_nothing_changes),
        cmocka_unit_test(a_backend_helps_where_there_is_nothing),
        cmocka_unit_test(what_starts_from_a_list_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
