/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assembly_test.c - whole assemblies in memory, from made packages to proved bytes. */
#include "unit.h"

struct fixture {
    struct sample old;
    struct sample new;
    struct wh_buffer step;
    struct wh_buffer config;
    struct wh_buffer doc;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    sample_old(&fixture->old);
    sample_new(&fixture->new);
    sample_step(&fixture->old, &fixture->new, NULL, &fixture->step);
    sample_supplement(&fixture->new, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &fixture->config);
    sample_supplement(&fixture->new, WH_BUNDLE_DOC, WH_FILE_DOC, &fixture->doc);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    sample_clear(&fixture->old);
    sample_clear(&fixture->new);
    wh_buffer_clear(&fixture->step);
    wh_buffer_clear(&fixture->config);
    wh_buffer_clear(&fixture->doc);
    free(fixture);
    return 0;
}

/* An assembly in the making, with everything that it needs and gives. */
struct trial {
    struct wh_assembly *assembly;
    struct wh_report report;
    struct wh_buffer file;
    struct wh_source source;
    struct wh_sink sink;
};

static wh_status begin(struct trial *trial, struct sample *old, const struct wh_bytes *bundles,
    uint32_t count, struct wh_error *err)
{
    struct wh_assembly_input input = {
        .old_header = old->parsed.header.bytes, .bundles = bundles, .bundle_count = count};

    *trial = (struct trial){.file.ceiling = 1 << 24, .source = {sample_read, old}};
    WH_TRY(wh_assembly_new(&input, &trial->assembly, err));
    return wh_report_init(&trial->report, wh_assembly_old_header(trial->assembly), err);
}

static wh_status finish(struct trial *trial, struct wh_error *err)
{
    trial->sink = (struct wh_sink){sample_sink_write, sample_sink_read, &trial->file};
    WH_TRY(wh_assembly_plan_for(trial->assembly, &trial->report, err));
    return wh_assembly_run(trial->assembly, &trial->source, &trial->sink, NULL, NULL, err);
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
    assert_int_equal(wh_assembly_size(trial->assembly), expected.length);
    assert_int_equal(trial->file.length, expected.length);
    assert_memory_equal(trial->file.data, expected.data, expected.length);
}

static void assembles(struct sample *old, const struct sample *new, const char *const *together)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    struct trial trial;

    sample_step(old, new, together, &step);
    struct wh_bytes bundle = wh_buffer_bytes(&step);
    OK(begin(&trial, old, &bundle, 1, &err));
    OK(finish(&trial, &err));
    expect_package(&trial, new);
    end(&trial);
}

static void gives_the_published_package(void **state)
{
    struct fixture *fixture = *state;
    static const char *const together[] = {
        "/usr/bin/sample", "/usr/lib/sample/small", "/usr/lib/sample/new", NULL};

    assembles(&fixture->old, &fixture->new, NULL);
    assembles(&fixture->old, &fixture->new, together);
}

static void gives_stripped_and_corrected_packages(void **state)
{
    struct fixture *fixture = *state;
    static const struct sample_file files[] = {
        {"/usr/bin/sample", "version 2 of a thing", 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/link-a", "linked here too", 0, 0, 9, NULL, 0},
        {"/usr/lib/sample/link-b", "linked here too", 0, 0, 9, NULL, 0},
        {"/usr/lib/sample/pointer", NULL, 0, S_IFLNK | 0777, 0, "link-a", 0},
    };
    static const struct sample_options options[] = {
        {.stripped = true, .three_digests = true, .reserved = 4128},
        {.uid = 1000, .reserved = 400},
        {.reserved = 0},
        {.reserved = 8},
    };

    for (size_t i = 0; i < COUNT(options); i++) {
        struct sample new;
        sample_make(&new, "3", files, COUNT(files), &options[i]);
        assert_int_equal(new.header->payload_alt_count, options[i].three_digests ? 3 : 1);
        assembles(&fixture->old, &new, NULL);
        sample_clear(&new);
    }
}

static void gives_packages_without_files(void **state)
{
    struct fixture *fixture = *state;
    struct sample new;

    sample_make(&new, "3", NULL, 0, NULL);
    assembles(&fixture->old, &new, NULL);
    assembles(&new, &fixture->new, NULL);
    sample_clear(&new);
}

/* An edited %config, and no documentation at all. */
static void takes_what_is_missing_from_supplements(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundles[] = {wh_buffer_bytes(&fixture->step), wh_buffer_bytes(&fixture->config),
        wh_buffer_bytes(&fixture->doc)};
    struct trial trial;

    OK(begin(&trial, &fixture->old, bundles, 3, &err));
    trial.report.differs[sample_file(&fixture->old, "/etc/sample.conf")] = 1;
    trial.report.differs[sample_file(&fixture->old, "/usr/share/doc/sample/NEWS")] = 1;
    trial.report.differs[sample_file(&fixture->old, "/usr/share/doc/sample/README")] = 1;
    OK(finish(&trial, &err));
    expect_package(&trial, &fixture->new);
    const struct wh_plan *plan = wh_assembly_plan(trial.assembly);
    assert_int_equal(
        plan->instructions[sample_file(&fixture->new, "/etc/sample.conf")].kind, WH_FETCH);
    assert_int_equal(
        plan->instructions[sample_file(&fixture->new, "/usr/share/doc/sample/README")].bundle, 2);
    end(&trial);
}

/* ---- sources that are not what the report says ---------------------------------------------- */

struct changed_source {
    struct sample *sample;
    uint32_t file;
    bool gone;
};

static wh_status read_changed(void *context, uint32_t file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    const struct changed_source *changed = context;

    if (file == changed->file && changed->gone)
        return wh_fail(err, WH_MISSING, "it is gone");
    WH_TRY(sample_read(changed->sample, file, offset, out, length, err));
    if (file == changed->file)
        out[0] ^= 1;
    return WH_OK;
}

static void finds_a_file_that_changes_between_plan_and_run(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundles[] = {wh_buffer_bytes(&fixture->step), wh_buffer_bytes(&fixture->config),
        wh_buffer_bytes(&fixture->doc)};
    static const char *const paths[] = {"/etc/sample.conf", "/usr/share/doc/sample/README"};

    for (size_t i = 0; i < 2 * COUNT(paths); i++) {
        struct changed_source changed = {
            &fixture->old, sample_file(&fixture->old, paths[i / 2]), i % 2 == 1};
        struct trial trial;
        OK(begin(&trial, &fixture->old, bundles, 3, &err));
        trial.source = (struct wh_source){read_changed, &changed};
        REFUSED(WH_MISSING, changed.gone ? "it is gone" : paths[i / 2], finish(&trial, &err));
        assert_int_equal(trial.report.differs[changed.file], 1);
        OK(finish(&trial, &err));
        expect_package(&trial, &fixture->new);
        end(&trial);
    }
}

static void names_the_file_that_nothing_gives(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);
    struct trial trial;

    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    trial.report.differs[sample_file(&fixture->old, "/usr/bin/sample")] = 1;
    REFUSED(WH_MISSING, "/usr/bin/sample", finish(&trial, &err));
    assert_null(wh_assembly_plan(trial.assembly));
    REFUSED(WH_MISSING, "there is no plan",
        wh_assembly_run(trial.assembly, &trial.source, &trial.sink, NULL, NULL, &err));
    end(&trial);
}

/* ---- inputs that do not belong together -------------------------------------------------------
 */

static void refuses_bundles_that_do_not_belong(void **state)
{
    struct fixture *fixture = *state;
    wh_cleanup(wh_buffer_clear) struct wh_buffer other = {0};
    struct wh_bytes step = wh_buffer_bytes(&fixture->step);
    struct wh_bytes config = wh_buffer_bytes(&fixture->config);
    struct trial trial;

    sample_supplement(&fixture->old, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &other);
    struct wh_bytes foreign[] = {step, wh_buffer_bytes(&other)};
    struct wh_bytes twice[] = {step, step};
    struct wh_bytes four[] = {step, config, config, config};

    REFUSED(WH_MISMATCH, "another version", begin(&trial, &fixture->new, &step, 1, &err));
    REFUSED(WH_MISMATCH, "another package", begin(&trial, &fixture->old, foreign, 2, &err));
    REFUSED(WH_MALFORMED, "kind expected", begin(&trial, &fixture->old, twice, 2, &err));
    REFUSED(WH_MALFORMED, "kind expected", begin(&trial, &fixture->old, &config, 1, &err));
    REFUSED(WH_MALFORMED, "4 bundles", begin(&trial, &fixture->old, four, 4, &err));
    REFUSED(WH_MALFORMED, "0 bundles", begin(&trial, &fixture->old, four, 0, &err));
}

static void refuses_a_report_of_another_version(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);
    struct trial trial;

    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    trial.report.header_id[0] ^= 1;
    REFUSED(WH_MISMATCH, "another version", finish(&trial, &err));
    trial.report.header_id[0] ^= 1;
    trial.report.file_count--;
    REFUSED(WH_MISMATCH, "another version", finish(&trial, &err));
    end(&trial);
}

static void refuses_packages_without_a_plain_payload_digest(void **state)
{
    struct fixture *fixture = *state;
    struct sample bare;
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    static const uint8_t alt[] = {0x00, 0x00, 0x13, 0xe9}; /* 5097 */
    struct trial trial;

    sample_make(&bare, "3", NULL, 0, NULL);
    uint8_t *tag = memmem(bare.prefix.data, bare.prefix.length, alt, sizeof alt);
    tag[3]++; /* now a tag that nobody knows */
    wh_header_free(bare.header);
    OK(wh_prefix_complete(bare.prefix.data, &bare.parsed, &err));
    OK(wh_header_parse(bare.parsed.header.bytes, &bare.header, &err));
    sample_step(&fixture->old, &bare, NULL, &step);
    struct wh_bytes bundle = wh_buffer_bytes(&step);
    REFUSED(WH_UNSUPPORTED, "no digest of the plain payload",
        begin(&trial, &fixture->old, &bundle, 1, &err));
    sample_clear(&bare);
}

/* ---- hostile bundles --------------------------------------------------------------------------
 */

/* A step from old to wrong, which claims to lead to the header of new. */
static void claim(struct wh_buffer *step, const struct sample *new)
{
    struct wh_digest digest;

    OK(wh_digest_of(WH_SHA256, wh_buffer_bytes(&new->prefix), &digest, &err));
    memcpy(step->data + 84, digest.bytes, digest.length);
}

static void refuses_contents_that_are_not_the_published_ones(void **state)
{
    struct fixture *fixture = *state;
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    struct trial trial;

    sample_step(&fixture->old, &fixture->old, NULL, &step);
    claim(&step, &fixture->new);
    struct wh_bytes bundle = wh_buffer_bytes(&step);
    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    REFUSED(WH_MISMATCH, "does not come out as published", finish(&trial, &err));
    end(&trial);
}

/* The payload of a package whose header says otherwise: uids that no correction brings. */
static void refuses_a_payload_that_is_not_the_header_s(void **state)
{
    struct fixture *fixture = *state;
    static const struct sample_file files[] = {
        {"/usr/bin/sample", "version 2 of a thing", 0, 0, 0, NULL, 0},
    };
    static const struct sample_options options = {.uid = 1000, .reserved = 400};
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    struct sample new;
    struct trial trial;

    sample_make(&new, "3", files, COUNT(files), &options);
    wh_skeleton_clear(&new.skeleton);
    OK(wh_skeleton_generate(new.header, &new.skeleton, &err));
    sample_step(&fixture->old, &new, NULL, &step);
    struct wh_bytes bundle = wh_buffer_bytes(&step);
    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    REFUSED(WH_MISMATCH, "payload does not come out", finish(&trial, &err));
    end(&trial);
    sample_clear(&new);
}

static void survives_any_changed_byte(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);

    for (size_t i = 0; i < bundle.length; i++) {
        struct trial trial;
        struct wh_error err;
        wh_status status;
        fixture->step.data[i] ^= 0x11;
        sample_mend(fixture->step.data, bundle.length);
        status = begin(&trial, &fixture->old, &bundle, 1, &err);
        if (status == WH_OK)
            status = finish(&trial, &err);
        /* Size and digests of the original package file prove nothing about this one. */
        bool free_field = (i >= 44 && i < 52) || (i >= 116 && i < 244);
        if (status == WH_OK && !free_field) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
            sample_assembled(&fixture->new, &expected);
            assert_int_equal(trial.file.length, expected.length);
            assert_memory_equal(trial.file.data, expected.data, expected.length);
        }
        end(&trial);
        fixture->step.data[i] ^= 0x11;
    }
}

/* ---- sinks ---------------------------------------------------------------------------------- */

static void hands_on_what_the_sink_says(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);
    struct trial trial;

    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    trial.file.ceiling = wh_assembly_size(trial.assembly) - 1;
    REFUSED(WH_SYSTEM, "the sink is full", finish(&trial, &err));
    trial.file.ceiling++;
    OK(finish(&trial, &err));
    expect_package(&trial, &fixture->new);
    end(&trial);
}

static void remember_progress(void *context, uint64_t done)
{
    uint64_t *last = context;

    assert_true(done > *last);
    *last = done;
}

static void reports_progress_up_to_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);
    struct trial trial;
    uint64_t last = 0;

    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    OK(finish(&trial, &err));
    OK(wh_assembly_run(trial.assembly, &trial.source, &trial.sink, remember_progress, &last, &err));
    assert_int_equal(last, wh_assembly_size(trial.assembly));
    end(&trial);
}

static wh_status read_garbled(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    WH_TRY(sample_sink_read(context, offset, out, length, err));
    out[length - 1] ^= 1;
    return WH_OK;
}

static void proves_what_can_be_read_back(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bytes bundle = wh_buffer_bytes(&fixture->step);
    struct trial trial;

    OK(begin(&trial, &fixture->old, &bundle, 1, &err));
    OK(finish(&trial, &err));
    trial.sink.read = read_garbled;
    REFUSED(WH_MISMATCH, "payload does not come out",
        wh_assembly_run(trial.assembly, &trial.source, &trial.sink, NULL, NULL, &err));
    assert_non_null(wh_assembly_bundle(trial.assembly, 0));
    assert_null(wh_assembly_bundle(trial.assembly, 1));
    end(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_published_package, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_stripped_and_corrected_packages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_packages_without_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_what_is_missing_from_supplements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            finds_a_file_that_changes_between_plan_and_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_the_file_that_nothing_gives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_bundles_that_do_not_belong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_report_of_another_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_packages_without_a_plain_payload_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_contents_that_are_not_the_published_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_a_payload_that_is_not_the_header_s, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_any_changed_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hands_on_what_the_sink_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reports_progress_up_to_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(proves_what_can_be_read_back, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
