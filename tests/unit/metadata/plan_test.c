/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_test.c - the report against the bundles: one instruction a file, and what it costs. */
#include "unit.h"

struct fixture {
    struct sample old;
    struct sample new;
    struct wh_file_map *map;
    struct wh_bundle bundles[3];
    struct wh_buffer bytes[3];
    struct wh_report report;
    struct wh_plan_input input;
};

static void parse(struct fixture *fixture, uint32_t number)
{
    struct wh_bundle *bundle = &fixture->bundles[number];

    OK(wh_bundle_parse(wh_buffer_bytes(&fixture->bytes[number]), bundle, &err));
    OK(wh_bundle_resolve(
        bundle, fixture->old.header, number == 0 ? fixture->map : NULL, fixture->new.header, &err));
    fixture->input.bundles[number] = bundle;
}

/* The step with three files in one group, and both supplements. */
static int set_up(void **state)
{
    static const char *const together[] = {
        "/etc/sample.conf", "/usr/bin/sample", "/usr/lib/sample/small", NULL};
    struct fixture *fixture = calloc(1, sizeof *fixture);

    sample_old(&fixture->old);
    sample_new(&fixture->new);
    OK(wh_file_map_new(fixture->old.header, &fixture->map, &err));
    OK(wh_report_init(&fixture->report, fixture->old.header, &err));
    sample_step(&fixture->old, &fixture->new, together, &fixture->bytes[0]);
    sample_supplement(&fixture->new, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &fixture->bytes[1]);
    sample_supplement(&fixture->new, WH_BUNDLE_DOC, WH_FILE_DOC, &fixture->bytes[2]);
    fixture->input = (struct wh_plan_input){
        .old_header = fixture->old.header,
        .old_map = fixture->map,
        .new_header = fixture->new.header,
        .bundle_count = 3,
        .report = &fixture->report,
    };
    for (uint32_t i = 0; i < 3; i++)
        parse(fixture, i);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t i = 0; i < 3; i++) {
        wh_bundle_clear(&fixture->bundles[i]);
        wh_buffer_clear(&fixture->bytes[i]);
    }
    wh_report_clear(&fixture->report);
    wh_file_map_free(fixture->map);
    sample_clear(&fixture->old);
    sample_clear(&fixture->new);
    free(fixture);
    return 0;
}

static const struct wh_instruction *instruction(
    const struct fixture *fixture, const struct wh_plan *plan, const char *path)
{
    return &plan->instructions[sample_file(&fixture->new, path)];
}

static void gives_every_file_its_instruction(void **state)
{
    const struct fixture *fixture = *state;
    static const struct {
        const char *path;
        enum wh_instruction_kind kind;
    } rows[] = {
        {"/dev/sample", WH_EMPTY},
        {"/etc/sample.conf", WH_PATCH},
        {"/usr/bin/sample", WH_PATCH},
        {"/usr/lib/sample", WH_EMPTY},
        {"/usr/lib/sample/empty", WH_EMPTY},
        {"/usr/lib/sample/link-a", WH_EMPTY},
        {"/usr/lib/sample/link-b", WH_PATCH},
        {"/usr/lib/sample/moved", WH_KEEP},
        {"/usr/lib/sample/new", WH_FETCH},
        {"/usr/lib/sample/new-twin", WH_TWIN},
        {"/usr/lib/sample/pointer", WH_EMPTY},
        {"/usr/lib/sample/small", WH_PATCH},
        {"/usr/share/doc/sample/NEWS", WH_PATCH},
        {"/usr/share/doc/sample/README", WH_KEEP},
        {"/var/log/sample", WH_EMPTY},
    };
    struct wh_plan plan;

    OK(wh_plan_make(&fixture->input, &plan, &err));
    assert_int_equal(plan.instruction_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (instruction(fixture, &plan, rows[i].path)->kind != rows[i].kind)
            fail_msg("%s: instruction %d", rows[i].path,
                (int)instruction(fixture, &plan, rows[i].path)->kind);
    assert_int_equal(instruction(fixture, &plan, "/usr/lib/sample/moved")->source,
        sample_file(&fixture->old, "/usr/lib/sample/same"));
    assert_int_equal(instruction(fixture, &plan, "/usr/lib/sample/new-twin")->source,
        sample_file(&fixture->new, "/usr/lib/sample/new"));
    wh_plan_clear(&plan);
}

static void adds_up_what_it_costs(void **state)
{
    const struct fixture *fixture = *state;
    const struct wh_bundle *step = &fixture->bundles[0];
    struct wh_plan plan;
    uint64_t files = 0;
    uint64_t bytes = 0;

    OK(wh_plan_make(&fixture->input, &plan, &err));
    for (int kind = 0; kind <= WH_EMPTY; kind++) {
        files += plan.totals[kind].files;
        bytes += plan.totals[kind].bytes;
    }
    assert_int_equal(files, plan.instruction_count);
    assert_int_equal(bytes + fixture->new.skeleton.length, fixture->new.payload.length);
    assert_int_equal(
        plan.totals[WH_PATCH].stored + plan.totals[WH_FETCH].stored, step->groups_length);
    assert_int_equal(plan.totals[WH_FETCH].files, 1);
    assert_int_equal(plan.totals[WH_FETCH].bytes, strlen("brand new\n"));
    assert_int_equal(plan.totals[WH_KEEP].stored, 0);
    wh_plan_clear(&plan);
}

/* One edited base makes the whole group useless: its %config comes from the supplement, and for
 * the others there is nothing. */
static void a_changed_base_costs_its_whole_group(void **state)
{
    struct fixture *fixture = *state;
    struct wh_plan plan;

    fixture->report.differs[sample_file(&fixture->old, "/usr/lib/sample/small")] = 1;
    REFUSED(WH_MISSING, "/usr/bin/sample", wh_plan_make(&fixture->input, &plan, &err));
    fixture->report.differs[sample_file(&fixture->old, "/usr/lib/sample/small")] = 0;
    fixture->report.differs[sample_file(&fixture->old, "/etc/sample.conf")] = 1;
    fixture->input.bundle_count = 1;
    REFUSED(WH_MISSING, "a config supplement would", wh_plan_make(&fixture->input, &plan, &err));
}

static void supplements_stand_in(void **state)
{
    struct fixture *fixture = *state;
    struct wh_plan plan;

    fixture->report.differs[sample_file(&fixture->old, "/usr/share/doc/sample/NEWS")] = 1;
    fixture->report.differs[sample_file(&fixture->old, "/usr/share/doc/sample/README")] = 1;
    OK(wh_plan_make(&fixture->input, &plan, &err));
    for (size_t i = 0; i < 2; i++) {
        const struct wh_instruction *doc = instruction(
            fixture, &plan, i ? "/usr/share/doc/sample/NEWS" : "/usr/share/doc/sample/README");
        assert_int_equal(doc->kind, WH_FETCH);
        assert_int_equal(doc->bundle, 2);
    }
    wh_plan_clear(&plan);
    fixture->input.bundle_count = 2;
    REFUSED(WH_MISSING, "a doc supplement would", wh_plan_make(&fixture->input, &plan, &err));
}

static void nothing_stands_in_for_a_plain_file(void **state)
{
    struct fixture *fixture = *state;
    struct wh_plan plan;

    fixture->report.differs[sample_file(&fixture->old, "/usr/lib/sample/same")] = 1;
    REFUSED(
        WH_MISSING, "content of /usr/lib/sample/moved", wh_plan_make(&fixture->input, &plan, &err));
}

/* Both hardlinks have the old content, so one of them may be changed. */
static void takes_another_copy_of_a_changed_file(void **state)
{
    struct fixture *fixture = *state;
    struct wh_bundle nothing = {.kind = WH_BUNDLE_STEP};
    struct wh_plan plan;
    uint32_t a = sample_file(&fixture->old, "/usr/lib/sample/link-a");
    uint32_t b = sample_file(&fixture->old, "/usr/lib/sample/link-b");

    fixture->input.new_header = fixture->old.header; /* the same version again */
    fixture->input.bundles[0] = &nothing;
    fixture->input.bundle_count = 1;
    OK(wh_plan_make(&fixture->input, &plan, &err));
    assert_int_equal(plan.instructions[b].source, a);
    wh_plan_clear(&plan);
    fixture->report.differs[a] = 1;
    OK(wh_plan_make(&fixture->input, &plan, &err));
    assert_int_equal(plan.instructions[b].kind, WH_KEEP);
    assert_int_equal(plan.instructions[b].source, b);
    wh_plan_clear(&plan);
    fixture->report.differs[b] = 1;
    REFUSED(WH_MISSING, "link-b", wh_plan_make(&fixture->input, &plan, &err));
}

static void digests_of_another_kind_recognise_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct wh_plan plan;

    fixture->old.header->digest_algorithm = WH_SHA512;
    REFUSED(WH_MISSING, "moved", wh_plan_make(&fixture->input, &plan, &err));
}

static void a_report_begins_as_packaged(void **state)
{
    const struct fixture *fixture = *state;

    assert_int_equal(fixture->report.file_count, fixture->old.header->file_count);
    assert_memory_equal(fixture->report.header_id, fixture->old.header->id, WH_SHA256_LENGTH);
    for (uint32_t i = 0; i < fixture->report.file_count; i++)
        assert_int_equal(fixture->report.differs[i], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_every_file_its_instruction),
        TEST(adds_up_what_it_costs),
        TEST(a_changed_base_costs_its_whole_group),
        TEST(supplements_stand_in),
        TEST(nothing_stands_in_for_a_plain_file),
        TEST(takes_another_copy_of_a_changed_file),
        TEST(digests_of_another_kind_recognise_nothing),
        TEST(a_report_begins_as_packaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
