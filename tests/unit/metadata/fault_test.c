/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fault_test.c - every allocation fails once: the first, the second, and so on until all goes
 * well. The linker sends malloc, calloc and realloc of our own code to the wrappers below; the
 * address sanitizer sees what leaks. */
#include "unit.h"

#include <stdlib.h>

#include "packed_pair.h"
#include "whittle/upgrade.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static int calls_to_fault; /* 0: none fails any more */

static bool fails_now(void)
{
    return calls_to_fault > 0 && --calls_to_fault == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size)
{
    return fails_now() ? NULL : __real_realloc(pointer, size);
}

static struct sample old_package;
static struct sample new_package;
static struct wh_buffer step;
static struct wh_buffer config;
static struct wh_buffer expected;

static int set_up(void **state)
{
    static const struct sample_options uid = {.uid = 7, .reserved = 0};
    static const struct sample_file files[] = {
        {"/etc/sample.conf", "setting = 3\n", WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/bin/sample", "another program", 0, 0, 0, NULL, 0},
        {"/usr/bin/twin", "another program", 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/new", "and that", 0, 0, 0, NULL, 0},
    };

    (void)state;
    sample_old(&old_package);
    sample_make(&new_package, "3", files, COUNT(files), &uid);
    sample_step(&old_package, &new_package, NULL, &step);
    sample_supplement(&new_package, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &config);
    sample_assembled(&new_package, &expected);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_clear(&old_package);
    sample_clear(&new_package);
    wh_buffer_clear(&step);
    wh_buffer_clear(&config);
    wh_buffer_clear(&expected);
    return 0;
}

/* Repeats work with the nth allocation failing until none does. */
static int repeat(wh_status (*work)(struct wh_error *err))
{
    for (int nth = 1;; nth++) {
        struct wh_error err = {0};
        calls_to_fault = nth;
        wh_status status = work(&err);
        bool failed = calls_to_fault == 0;
        calls_to_fault = 0;
        if (status == WH_OK)
            return failed ? -1 : nth - 1;
        if (status != WH_NO_MEMORY || err.status != WH_NO_MEMORY)
            fail_msg("allocation %d: status %d, \"%s\"", nth, (int)status, err.message);
    }
}

static wh_status parse_bundle(struct wh_error *err)
{
    struct wh_bundle bundle = {0};

    WH_TRY(wh_bundle_parse(wh_buffer_bytes(&step), &bundle, err));
    wh_bundle_clear(&bundle);
    return WH_OK;
}

static void parsing_a_bundle(void **state)
{
    (void)state;
    assert_true(repeat(parse_bundle) >= 4);
}

static void clear_report(struct wh_report *report)
{
    wh_report_clear(report);
}

/* Into a sink that allocates nothing itself. */
static wh_status produce(struct wh_assembly *assembly, struct sample *old, struct wh_report *report,
    const struct wh_buffer *right, struct wh_error *err)
{
    static uint8_t room[1 << 16];
    struct wh_buffer file = {.data = room, .capacity = sizeof room, .ceiling = sizeof room};
    struct wh_source source = {sample_read, old};
    struct wh_sink sink = {sample_sink_write, sample_sink_read, &file};

    WH_TRY(wh_assembly_plan_for(assembly, report, err));
    WH_TRY(wh_assembly_run(assembly, &source, &sink, NULL, NULL, err));
    assert_int_equal(file.length, right->length);
    assert_memory_equal(file.data, right->data, right->length);
    return WH_OK;
}

static wh_status assemble(struct wh_error *err)
{
    struct wh_bytes bundles[] = {wh_buffer_bytes(&step), wh_buffer_bytes(&config)};
    struct wh_assembly_input input = {
        .old_header = old_package.parsed.header.bytes, .bundles = bundles, .bundle_count = 2};
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    wh_cleanup(clear_report) struct wh_report report = {0};

    WH_TRY(wh_assembly_new(&input, &assembly, err));
    WH_TRY(wh_report_init(&report, wh_assembly_old_header(assembly), err));
    report.differs[sample_file(&old_package, "/etc/sample.conf")] = 1;
    return produce(assembly, &old_package, &report, &expected, err);
}

static void assembling_a_package(void **state)
{
    (void)state;
    assert_true(repeat(assemble) > 40);
}

static struct packed_pair packed;
static struct wh_buffer packed_step;
static struct wh_buffer packed_expected;

static wh_status assemble_packed(struct wh_error *err)
{
    struct wh_bytes bundle = wh_buffer_bytes(&packed_step);
    struct wh_assembly_input input = {
        .old_header = packed.old.parsed.header.bytes, .bundles = &bundle, .bundle_count = 1};
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    wh_cleanup(clear_report) struct wh_report report = {0};

    WH_TRY(wh_assembly_new(&input, &assembly, err));
    WH_TRY(wh_report_init(&report, wh_assembly_old_header(assembly), err));
    return produce(assembly, &packed.old, &report, &packed_expected, err);
}

/* Both codecs, each member alone and some together. */
static void assembling_from_recipes(void **state)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_ELF, PACKED_ZIP, PACKED_TEXT, NULL};

    (void)state;
    packed_pair_make(&packed);
    sample_assembled(&packed.fresh, &packed_expected);
    for (int row = 0; row < 4; row++) {
        struct sample_coding coding = packed_pair_coding(&packed);
        coding.patches = row % 2;
        coding.together = row / 2 ? together : NULL;
        sample_step_coded(&packed.old, &packed.fresh, &coding, &packed_step);
        assert_true(repeat(assemble_packed) > 150);
        wh_buffer_clear(&packed_step);
    }
    wh_buffer_clear(&packed_expected);
    packed_pair_clear(&packed);
}

static wh_status write_and_read_index(struct wh_error *err)
{
    struct wh_index_bundle bundles[] = {{.kind = WH_BUNDLE_STEP, .size = 500},
        {.kind = WH_BUNDLE_CONFIG, .size = 500}, {.kind = WH_BUNDLE_DOC, .size = 500}};
    struct wh_index_package packages[] = {
        {.pkgid = "00000000000000000000000000000000",
            .bundles = bundles,
            .bundle_count = COUNT(bundles)},
        {.pkgid = "11111111111111111111111111111111",
            .bundles = bundles,
            .bundle_count = COUNT(bundles)},
        {.pkgid = "22222222222222222222222222222222",
            .bundles = bundles,
            .bundle_count = COUNT(bundles)},
    };
    struct wh_index index = {.packages = packages, .package_count = COUNT(packages)};
    struct wh_index read = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = 1 << 20};

    WH_TRY(wh_index_write(&index, &xml, err));
    WH_TRY(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &stored, err));
    WH_TRY(wh_index_read(wh_buffer_bytes(&stored), &read, err));
    wh_index_clear(&read);
    return WH_OK;
}

static void writing_and_reading_an_index(void **state)
{
    (void)state;
    assert_true(repeat(write_and_read_index) >= 8);
}

static wh_status write_and_read_upgrade(struct wh_error *err)
{
    static char paths[2][3] = {"/a", "/\xff"};
    static uint32_t differs[] = {1, 4, 5};
    struct wh_listed_file files[] = {{paths[0], 1, {0}}, {paths[1], 2, {0}}};
    struct wh_upgrade_package packages[] = {
        {.pkgid = "00000000000000000000000000000000", .differs = differs, .differs_count = 3},
        {.pkgid = "11111111111111111111111111111111",
            .is_listed = true,
            .files = files,
            .file_count = COUNT(files)},
    };
    const struct wh_upgrade upgrade = {.packages = packages, .package_count = COUNT(packages)};
    struct wh_upgrade read = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 20};

    WH_TRY(wh_upgrade_write(&upgrade, &xml, err));
    WH_TRY(wh_upgrade_read(wh_buffer_bytes(&xml), &read, err));
    assert_int_equal(read.packages[1].file_count, COUNT(files));
    wh_upgrade_clear(&read);
    return WH_OK;
}

static void writing_and_reading_a_report(void **state)
{
    (void)state;
    assert_true(repeat(write_and_read_upgrade) >= 10);
}

static wh_status write_and_read_instructions(struct wh_error *err)
{
    static char reason[] = "so";
    static char path[] = "/a";
    static char ids[2][2] = {"a", "b"};
    char *advisories[] = {ids[0], ids[1]};
    struct wh_operation operation = {WH_OPERATION_KEEP, path};
    struct wh_package_instructions packages[] = {
        {.pkgid = "00000000000000000000000000000000", .kind = WH_ANSWER_WHOLE, .reason = reason},
        {.pkgid = "11111111111111111111111111111111",
            .kind = WH_ANSWER_LIST,
            .operations = {&operation, 1, WH_SUGGEST_REBOOT, advisories, COUNT(advisories)}},
    };
    const struct wh_instructions instructions = {packages, COUNT(packages)};
    struct wh_instructions read = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 20};

    WH_TRY(wh_instructions_write(&instructions, &xml, err));
    WH_TRY(wh_instructions_read(wh_buffer_bytes(&xml), &read, err));
    assert_int_equal(read.packages[1].operations.advisory_count, COUNT(advisories));
    wh_instructions_clear(&read);
    return WH_OK;
}

static void writing_and_reading_instructions(void **state)
{
    (void)state;
    assert_true(repeat(write_and_read_instructions) >= 10);
}

static wh_status read_and_compare_payload(struct wh_error *err)
{
    struct wh_skeleton real = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer correction = {.ceiling = 1 << 20};
    enum wh_correction_mode mode;

    WH_TRY(wh_skeleton_read(new_package.header, wh_buffer_bytes(&new_package.payload), &real, err));
    wh_status status = wh_skeleton_compare(new_package.header, &real, &mode, &correction, err);
    wh_skeleton_clear(&real);
    return status;
}

static void reading_a_payload(void **state)
{
    (void)state;
    assert_true(repeat(read_and_compare_payload) > 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parsing_a_bundle),
        TEST(assembling_a_package),
        TEST(assembling_from_recipes),
        TEST(writing_and_reading_an_index),
        TEST(writing_and_reading_a_report),
        TEST(writing_and_reading_instructions),
        TEST(reading_a_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
