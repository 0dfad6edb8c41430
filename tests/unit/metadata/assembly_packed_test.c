/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assembly_packed_test.c - whole assemblies of packages whose files are compressed themselves, from
 * bundles with recipes. */
#include "unit.h"

#include "made_packed.h"
#include "made_xz.h"
#include "packed_pair.h"

static int set_up(void **state)
{
    struct packed_pair *pair = calloc(1, sizeof *pair);

    packed_pair_make(pair);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    packed_pair_clear(*state);
    free(*state);
    return 0;
}

/* One assembly. */
struct trial {
    struct wh_assembly *assembly;
    struct wh_report report;
    struct wh_buffer file;
};

static wh_status begin(struct trial *trial, const struct sample *old,
    const struct wh_bytes *bundles, uint32_t count, struct wh_error *err)
{
    struct wh_assembly_input input = {
        .old_header = old->parsed.header.bytes, .bundles = bundles, .bundle_count = count};

    *trial = (struct trial){.file.ceiling = 1 << 24};
    WH_TRY(wh_assembly_new(&input, &trial->assembly, err));
    return wh_report_init(&trial->report, wh_assembly_old_header(trial->assembly), err);
}

static wh_status finish(struct trial *trial,
    wh_status (*read)(void *, uint32_t, uint64_t, uint8_t *, size_t, struct wh_error *),
    void *context, struct wh_error *err)
{
    const struct wh_source source = {read, context};
    const struct wh_sink sink = {sample_sink_write, sample_sink_read, &trial->file};

    WH_TRY(wh_assembly_plan_for(trial->assembly, &trial->report, err));
    return wh_assembly_run(trial->assembly, &source, &sink, NULL, NULL, err);
}

static void end(struct trial *trial)
{
    wh_assembly_free(trial->assembly);
    wh_report_clear(&trial->report);
    wh_buffer_clear(&trial->file);
}

static void expect_package(const struct trial *trial, const struct sample *new)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};

    sample_assembled(new, &expected);
    assert_int_equal(trial->file.length, expected.length);
    assert_memory_equal(trial->file.data, expected.data, expected.length);
}

/* From one bundle, on a system where all is as it was packaged. */
static wh_status assemble(struct packed_pair *pair, struct wh_bytes bundle, struct wh_error *err)
{
    struct trial trial;
    wh_status status = begin(&trial, &pair->old, &bundle, 1, err);

    if (status == WH_OK)
        status = finish(&trial, sample_read, &pair->old, err);
    if (status == WH_OK)
        expect_package(&trial, &pair->fresh);
    end(&trial);
    return status;
}

static wh_status assemble_coded(
    struct packed_pair *pair, const struct sample_coding *coding, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    sample_step_coded(&pair->old, &pair->fresh, coding, &step);
    return assemble(pair, wh_buffer_bytes(&step), err);
}

/* ---- what comes out ------------------------------------------------------------------------ */

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

static void each_file_in_a_group_of_its_own(void **state)
{
    struct packed_pair *pair = *state;

    for (int patches = 0; patches < 2; patches++) {
        struct sample_coding coding = packed_pair_coding(pair);
        coding.patches = patches;
        OK(assemble_coded(pair, &coding, &err));
    }
}

/* Members with and without recipes, of all packings, with bases and without. */
static void mixed_groups(void **state)
{
    static const char *const all[] = {PACKED_GZIP, PACKED_ZIP, PACKED_XZ, PACKED_ELF, PACKED_TEXT,
        PACKED_LINK, PACKED_FRESH, PACKED_ONCE_TEXT, PACKED_CONFIG, NULL};
    static const char *const some[] = {PACKED_TEXT, PACKED_ZIP, PACKED_FRESH, NULL};
    struct packed_pair *pair = *state;

    for (int row = 0; row < 4; row++) {
        struct sample_coding coding = packed_pair_coding(pair);
        coding.patches = row % 2;
        coding.together = row < 2 ? all : some;
        OK(assemble_coded(pair, &coding, &err));
    }
}

/* The same package, with fewer and fewer recipes. */
static void any_part_of_the_recipes(void **state)
{
    struct packed_pair *pair = *state;

    for (uint32_t count = 0; count <= PACKED_ROWS; count++) {
        struct sample_coding coding = packed_pair_coding(pair);
        coding.packed_count = count;
        coding.patches = count % 2;
        OK(assemble_coded(pair, &coding, &err));
    }
}

/* What the tests here take for granted of the bundle. */
static void the_bundle_is_what_it_is_made_to_be(void **state)
{
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    uint32_t kinds[WH_PACKING_DEBUGDATA + 1] = {0};
    uint32_t without_base = 0;

    sample_step_coded(&pair->old, &pair->fresh, &coding, &step);
    OK(wh_bundle_parse(wh_buffer_bytes(&step), &bundle, &err));
    assert_int_equal(bundle.recipe_count, PACKED_ROWS);
    assert_int_equal(bundle.twin_count, 1);
    for (uint32_t i = 0; i < bundle.entry_count; i++) {
        const struct wh_recipe *recipe = bundle.entries[i].recipe;
        if (!recipe)
            continue;
        kinds[recipe->packing]++;
        without_base += bundle.entries[i].base == WH_NO_FILE;
    }
    for (int kind = WH_PACKING_GZIP; kind <= WH_PACKING_DEBUGDATA; kind++)
        assert_true(kinds[kind] > 0);
    assert_int_equal(without_base, 1);
}

/* ---- what is announced ---------------------------------------------------------------------- */

static void announced_sums_are_exact(void **state)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_TEXT, PACKED_XZ, NULL};
    static const struct {
        int64_t bases, contents;
    } rows[] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {100000, 0}, {0, 100000}};
    struct packed_pair *pair = *state;

    for (size_t i = 0; i < 4 * COUNT(rows); i++) {
        struct sample_coding coding = packed_pair_coding(pair);
        wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
        struct wh_error err = {0};
        coding.patches = i % 2;
        coding.together = i / 2 % 2 ? together : NULL;
        coding.bases_off = rows[i / 4].bases;
        coding.contents_off = rows[i / 4].contents;
        sample_step_coded(&pair->old, &pair->fresh, &coding, &step);
        wh_status status = assemble(pair, wh_buffer_bytes(&step), &err);
        bool more = rows[i / 4].bases + rows[i / 4].contents > 0;
        if (status != WH_MALFORMED && (more || status != WH_OVER_LIMIT))
            fail_msg("row %zu: status %d, \"%s\"", i, (int)status, err.message);
    }
}

static void sums_that_no_group_may_have(void **state)
{
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);

    coding.bases_off = (int64_t)1 << 31;
    REFUSED(WH_MALFORMED, "", assemble_coded(pair, &coding, &err));
    coding.bases_off = 0;
    coding.contents_off = (int64_t)1 << 31;
    REFUSED(WH_MALFORMED, "", assemble_coded(pair, &coding, &err));
    coding.contents_off = INT64_MAX;
    REFUSED(WH_MALFORMED, "", assemble_coded(pair, &coding, &err));
}

/* ---- recipes that do not fit ------------------------------------------------------------------
 */

static void a_recipe_without_a_base_takes_nothing_from_it(void **state)
{
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);

    /* The recipe of a file that has a base, for one that has none. */
    coding.packed = (const struct sample_packed[]){pair->rows[0]};
    coding.packed_count = 1;
    struct sample_packed row = pair->rows[0];
    row.path = PACKED_FRESH;
    coding.packed = &row;
    REFUSED(WH_MALFORMED, "no base", assemble_coded(pair, &coding, &err));
}

/* Each recipe for every other file. */
static void recipes_of_other_files(void **state)
{
    struct packed_pair *pair = *state;

    for (uint32_t i = 0; i < PACKED_ROWS; i++)
        for (uint32_t k = 0; k < PACKED_ROWS; k++) {
            struct sample_packed row = pair->rows[i];
            struct sample_coding coding = packed_pair_coding(pair);
            struct wh_error err = {0};
            coding.packed = &row;
            coding.packed_count = 1;
            coding.patches = (i + k) % 2;
            row.path = pair->rows[k].path;
            wh_status status = assemble_coded(pair, &coding, &err);
            if (i == k ? status != WH_OK
                       : status != WH_MALFORMED && status != WH_OVER_LIMIT && status != WH_MISMATCH)
                fail_msg("%u for %u: status %d, \"%s\"", i, k, (int)status, err.message);
        }
}

static void an_unknown_coder_refuses_the_bundle(void **state)
{
    struct packed_pair *pair = *state;

    for (int side = 0; side < 2; side++) {
        struct sample_coding coding = packed_pair_coding(pair);
        struct wh_recipe recipe = *coding.packed->recipe;
        struct wh_old_stream older = recipe.old_streams[0];
        struct wh_new_stream newer = recipe.new_streams[0];
        struct sample_packed row = *coding.packed;
        recipe.old_streams = &older;
        recipe.new_streams = &newer;
        *(side ? &older.coder : &newer.coder) = 77;
        row.recipe = &recipe;
        coding.packed = &row;
        coding.packed_count = 1;
        REFUSED(WH_UNSUPPORTED, "coder 77", assemble_coded(pair, &coding, &err));
    }
}

/* The content comes out, and it is another one than the header says. */
static void another_content_is_found_out(void **state)
{
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);
    wh_autofree uint8_t *plain = malloc(coding.packed->content.length);
    struct sample_packed row = *coding.packed;

    assert_non_null(plain);
    memcpy(plain, row.content.data, row.content.length);
    plain[0] ^= 1; /* in the stream; the model makes as many bytes of it */
    row.content.data = plain;
    coding.packed = &row;
    coding.packed_count = 1;
    REFUSED(WH_MISMATCH, "does not come out as published", assemble_coded(pair, &coding, &err));
}

static void survives_any_changed_byte(void **state)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_ZIP, PACKED_ELF, NULL};
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    size_t refused = 0;

    coding.together = together;
    sample_step_coded(&pair->old, &pair->fresh, &coding, &step);
    struct wh_bytes bundle = wh_buffer_bytes(&step);
    for (size_t at = WH_BUNDLE_HEAD_LENGTH; at < step.length; at += 3) {
        struct wh_error err;
        step.data[at] ^= 0x11;
        sample_mend(step.data, step.length);
        refused += assemble(pair, bundle, &err) != WH_OK;
        step.data[at] ^= 0x11;
    }
    assert_true(refused > step.length / 4);
}

/* ---- systems on which not all is as packaged -------------------------------------------------
 */

struct changed_source {
    struct sample *sample;
    uint32_t file;
};

static wh_status read_changed(void *context, uint32_t file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    const struct changed_source *changed = context;

    WH_TRY(sample_read(changed->sample, file, offset, out, length, err));
    if (file == changed->file)
        out[length - 1] ^= 1;
    return WH_OK;
}

/* An edited base is noticed before it is taken apart; there is nothing instead of it. */
static void an_edited_base_asks_for_the_whole_package(void **state)
{
    static const char *const bases[] = {PACKED_GZIP, PACKED_ZIP, PACKED_XZ, PACKED_ELF};
    struct packed_pair *pair = *state;

    for (size_t i = 0; i < 2 * COUNT(bases); i++) {
        struct sample_coding coding = packed_pair_coding(pair);
        wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
        struct changed_source changed = {&pair->old, sample_file(&pair->old, bases[i / 2])};
        struct trial trial;
        coding.patches = i % 2;
        sample_step_coded(&pair->old, &pair->fresh, &coding, &step);
        struct wh_bytes bundle = wh_buffer_bytes(&step);
        OK(begin(&trial, &pair->old, &bundle, 1, &err));
        REFUSED(WH_MISSING, bases[i / 2], finish(&trial, read_changed, &changed, &err));
        assert_int_equal(trial.report.differs[changed.file], 1);
        REFUSED(WH_MISSING, bases[i / 2], finish(&trial, read_changed, &changed, &err));
        end(&trial);
    }
}

/* A supplement gives a %config file in its plain form, if it likes. */
static void a_supplement_with_a_recipe(void **state)
{
    struct packed_pair *pair = *state;
    struct sample_coding coding = packed_pair_coding(pair);
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer supplement = {0};
    wh_cleanup(made_change_clear) struct made_change change;
    struct trial trial;

    made_change(NULL, &pair->contents[PACKED_AT_CONFIG], &change);
    const struct sample_packed row = {.path = PACKED_CONFIG,
        .recipe = &change.recipe,
        .content = wh_buffer_bytes(&change.fresh.plain)};
    const struct sample_coding alone = {.packed = &row, .packed_count = 1};
    sample_step_coded(&pair->old, &pair->fresh, &coding, &step);
    sample_supplement_coded(&pair->fresh, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &alone, &supplement);
    struct wh_bytes bundles[] = {wh_buffer_bytes(&step), wh_buffer_bytes(&supplement)};
    OK(begin(&trial, &pair->old, bundles, 2, &err));
    trial.report.differs[sample_file(&pair->old, PACKED_CONFIG)] = 1;
    OK(finish(&trial, sample_read, &pair->old, &err));
    expect_package(&trial, &pair->fresh);
    const struct wh_plan *plan = wh_assembly_plan(trial.assembly);
    assert_int_equal(plan->instructions[sample_file(&pair->fresh, PACKED_CONFIG)].bundle, 1);
    end(&trial);
}

/* A gigabyte of zeros that the older version had, and a recipe that asks for them. */
static void a_bomb_in_the_older_version(void **state)
{
    static const char *const paths[] = {"/usr/bomb.xz"};
    struct wh_new_stream newer = {.coder = WH_CODER_XZ, .growth = -5};
    struct wh_old_stream older = {.coder = WH_CODER_XZ};
    struct wh_recipe recipe = {WH_PACKING_XZ, &older, 1, &newer, 1, 0, 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer bomb = {.ceiling = 1 << 20};
    const struct sample_file file = {paths[0], "", 0, 0, 0, NULL, 0};

    (void)state;
    made_xz_bomb(&bomb);
    struct wh_bytes content = wh_buffer_bytes(&bomb);
    const struct sample_options options = {.reserved = 400, .contents = &content};
    const struct sample_packed row = {
        .path = paths[0], .recipe = &recipe, .content = {bomb.data, 1000}};
    struct packed_pair bombs = {0};
    sample_make(&bombs.old, "1", &file, 1, &options);
    sample_make(
        &bombs.fresh, "2", &(struct sample_file){paths[0], "new", 0, 0, 0, NULL, 0}, 1, NULL);
    for (int patches = 0; patches < 2; patches++) {
        struct sample_coding coding = {
            .packed = &row, .packed_count = 1, .patches = patches, .bases_off = 70 << 20};
        REFUSED(WH_OVER_LIMIT, "more than", assemble_coded(&bombs, &coding, &err));
    }
    sample_clear(&bombs.old);
    sample_clear(&bombs.fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_in_a_group_of_its_own),
        cmocka_unit_test(mixed_groups),
        cmocka_unit_test(any_part_of_the_recipes),
        cmocka_unit_test(the_bundle_is_what_it_is_made_to_be),
        cmocka_unit_test(announced_sums_are_exact),
        cmocka_unit_test(sums_that_no_group_may_have),
        cmocka_unit_test(a_recipe_without_a_base_takes_nothing_from_it),
        cmocka_unit_test(recipes_of_other_files),
        cmocka_unit_test(an_unknown_coder_refuses_the_bundle),
        cmocka_unit_test(another_content_is_found_out),
        cmocka_unit_test(survives_any_changed_byte),
        cmocka_unit_test(an_edited_base_asks_for_the_whole_package),
        cmocka_unit_test(a_supplement_with_a_recipe),
        cmocka_unit_test(a_bomb_in_the_older_version),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
