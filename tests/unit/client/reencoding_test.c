/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reencoding_test.c - which failures are put down to re-encoding, and how a package tells of them.
 */
#include "upgrade.h"

#include "assemble/reencoding.h"
#include "whittle/cleanup.h"

/* ---- a bundle with a recipe, and contents that fail ------------------------------------------ */

static struct wh_new_stream stream;
static struct wh_recipe recipe = {.new_streams = &stream, .new_count = 1};
static struct wh_bundle altered;
static wh_status failure;

const struct wh_bundle *__real_wh_assembly_bundle(
    const struct wh_assembly *assembly, uint32_t number);
const struct wh_bundle *__wrap_wh_assembly_bundle(
    const struct wh_assembly *assembly, uint32_t number);
wh_status __wrap_wh_assembly_run(struct wh_assembly *assembly, const struct wh_source *source,
    const struct wh_sink *sink, wh_progress_fn *progress, void *context, struct wh_error *err);

const struct wh_bundle *__wrap_wh_assembly_bundle(
    const struct wh_assembly *assembly, uint32_t number)
{
    altered = *__real_wh_assembly_bundle(assembly, number);
    altered.recipes = &recipe;
    altered.recipe_count = 1;
    return &altered;
}

wh_status __wrap_wh_assembly_run(struct wh_assembly *assembly, const struct wh_source *source,
    const struct wh_sink *sink, wh_progress_fn *progress, void *context, struct wh_error *err)
{
    (void)assembly;
    (void)source;
    (void)sink;
    (void)progress;
    (void)context;
    return wh_fail(err, failure, "it went wrong");
}

/* ---- the cases ------------------------------------------------------------------------------ */

static void only_liblzma_counts(void **state)
{
    static const uint32_t coders[] = {WH_CODER_DEFLATE, WH_CODER_TOKENS, WH_CODER_XZ};
    struct wh_new_stream streams[] = {{.coder = WH_CODER_DEFLATE}, {0}};
    struct wh_recipe recipes[] = {{0}, {.new_streams = streams, .new_count = 2}};
    struct wh_bundle bundle = {.recipes = recipes, .recipe_count = 2};

    (void)state;
    for (size_t i = 0; i < COUNT(coders); i++) {
        streams[1].coder = coders[i];
        assert_int_equal(wh_reencodes(&bundle), coders[i] == WH_CODER_XZ);
    }
    bundle.recipe_count = 0;
    assert_false(wh_reencodes(&bundle));
}

static void what_is_wrong_is_put_down_to_it(void **state)
{
    static const wh_status blamed[] = {WH_MALFORMED, WH_UNSUPPORTED, WH_OVER_LIMIT, WH_MISMATCH};
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    stream.coder = WH_CODER_XZ;
    for (size_t i = 0; i < COUNT(blamed); i++) {
        failure = blamed[i];
        REFUSED(WH_REENCODING,
            "sample-2-1.noarch: it was not re-encoded as published (it went wrong)",
            upgrade_assemble(&upgrade, &assembled, &err));
    }
    stream.coder = WH_CODER_DEFLATE; /* our own code, the same everywhere */
    for (size_t i = 0; i < COUNT(blamed); i++) {
        failure = blamed[i];
        REFUSED(blamed[i], "it went wrong", upgrade_assemble(&upgrade, &assembled, &err));
    }
}

static void what_the_system_lacks_is_not(void **state)
{
    static const wh_status others[] = {WH_SYSTEM, WH_NO_MEMORY};
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    stream.coder = WH_CODER_XZ;
    for (size_t i = 0; i < COUNT(others); i++) {
        failure = others[i];
        REFUSED(others[i], "it went wrong", upgrade_assemble(&upgrade, &assembled, &err));
    }
    assert_int_equal(wh_reencoding_failed(WH_OK, "n-1-1.noarch", NULL), WH_OK);
    assert_int_equal(wh_reencoding_failed(WH_MISSING, "n-1-1.noarch", NULL), WH_MISSING);
    assert_int_equal(wh_reencoding_failed(WH_MISMATCH, "n-1-1.noarch", NULL), WH_REENCODING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_liblzma_counts),
        cmocka_unit_test(what_is_wrong_is_put_down_to_it),
        cmocka_unit_test(what_the_system_lacks_is_not),
    };

    return cmocka_run_group_tests(tests, upgrade_begin, upgrade_end);
}
