/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_test.c - heads and whole bundles: round trip, refusals, names. */
#include "unit.h"

static struct sample old_package;
static struct sample new_package;
static struct wh_buffer step;
static struct wh_buffer config;

static int set_up(void **state)
{
    (void)state;
    sample_old(&old_package);
    sample_new(&new_package);
    sample_step(&old_package, &new_package, NULL, &step);
    sample_supplement(&new_package, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_clear(&old_package);
    sample_clear(&new_package);
    wh_buffer_clear(&step);
    wh_buffer_clear(&config);
    return 0;
}

/* Reads a bundle wholly and writes it again. */
static void expect_round_trip(const struct wh_buffer *written, const struct wh_header *old_header)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *old_map = NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = 1 << 24};
    wh_autofree uint8_t *prefix = NULL;
    wh_autofree uint8_t *correction = NULL;
    struct wh_bundle bundle;

    OK(wh_bundle_parse(wh_buffer_bytes(written), &bundle, &err));
    if (old_header) {
        OK(wh_file_map_new(old_header, &old_map, &err));
        OK(wh_bundle_prefix(&bundle, old_package.parsed.header.bytes, &prefix, &err));
        OK(wh_bundle_correction(&bundle, &correction, &err));
    }
    OK(wh_bundle_resolve(&bundle, old_header, old_map, new_package.header, &err));
    struct wh_bundle_draft draft = {
        .kind = bundle.kind,
        .identity = bundle.identity,
        .package_size = bundle.package_size,
        .prefix = {prefix, bundle.prefix_length},
        .old_header = old_header ? old_package.parsed.header.bytes : (struct wh_bytes){0},
        .correction_mode = bundle.correction_mode,
        .correction = {correction, bundle.correction_length},
        .old_map = old_map,
        .new_header = new_package.header,
        .entries = bundle.entries,
        .entry_count = bundle.entry_count,
        .twins = bundle.twins,
        .twin_count = bundle.twin_count,
        .groups = bundle.groups,
        .group_count = bundle.group_count,
    };
    OK(wh_bundle_write(&draft, &again, &err));
    assert_int_equal(again.length, written->length);
    assert_memory_equal(again.data, written->data, again.length);
    wh_bundle_clear(&bundle);
}

static void what_is_read_is_written_the_same(void **state)
{
    static const char *const together[] = {"/usr/bin/sample", "/usr/lib/sample/small", NULL};
    static const struct sample_options uid = {.uid = 1000};
    static const struct sample_file file[] = {{"/f", "content", 0, 0, 0, NULL, 0}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer grouped = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer corrected = {0};

    (void)state;
    expect_round_trip(&step, old_package.header);
    expect_round_trip(&config, NULL);
    sample_step(&old_package, &new_package, together, &grouped);
    expect_round_trip(&grouped, old_package.header);
    sample_clear(&new_package);
    sample_make(&new_package, "3", file, 1, &uid);
    sample_step(&old_package, &new_package, NULL, &corrected);
    expect_round_trip(&corrected, old_package.header);
}

static void a_step_says_what_it_holds(void **state)
{
    struct wh_bundle bundle;

    (void)state;
    OK(wh_bundle_parse(wh_buffer_bytes(&step), &bundle, &err));
    assert_int_equal(bundle.kind, WH_BUNDLE_STEP);
    assert_memory_equal(bundle.identity.old_header, old_package.header->id, 32);
    assert_int_equal(bundle.prefix_length, new_package.prefix.length);
    assert_int_equal(bundle.twin_count, 1);
    assert_int_equal(bundle.twins[0].file, sample_file(&new_package, "/usr/lib/sample/new-twin"));
    assert_int_equal(bundle.entry_count, bundle.group_count);
    wh_bundle_clear(&bundle);
    OK(wh_bundle_parse(wh_buffer_bytes(&config), &bundle, &err));
    assert_int_equal(bundle.kind, WH_BUNDLE_CONFIG);
    assert_int_equal(bundle.entry_count, 1);
    assert_int_equal(bundle.entries[0].base, WH_NO_FILE);
    wh_bundle_clear(&bundle);
}

static void refuses_every_truncation(void **state)
{
    struct wh_bundle bundle;

    (void)state;
    for (size_t i = 0; i < step.length; i++) {
        wh_autofree uint8_t *part = malloc(i + 1);
        memcpy(part, step.data, i);
        assert_int_not_equal(wh_bundle_parse((struct wh_bytes){part, i}, &bundle, NULL), WH_OK);
        sample_mend(part, i);
        REFUSED(
            WH_MALFORMED, "bundle:", wh_bundle_parse((struct wh_bytes){part, i}, &bundle, &err));
    }
    wh_buffer_u8(&step, 0);
    sample_mend(step.data, step.length);
    REFUSED(WH_MALFORMED, "do not add up", wh_bundle_parse(wh_buffer_bytes(&step), &bundle, &err));
}

static void refuses_bad_heads(void **state)
{
    const struct {
        struct wh_buffer *bytes;
        size_t at;
        uint8_t value;
        wh_status status;
        const char *part;
    } rows[] = {
        {&step, 0, 0x88, WH_MALFORMED, "does not begin as one"},
        {&step, 4, '\n', WH_MALFORMED, "does not begin as one"},
        {&step, 8, 2, WH_UNSUPPORTED, "format version 2"},
        {&step, 8, 0, WH_UNSUPPORTED, "format version 0"},
        {&step, 9, 0, WH_MALFORMED, "kind is not known"},
        {&step, 9, 5, WH_MALFORMED, "kind is not known"},
        {&step, 9, 2, WH_MALFORMED, "no place in a supplement"},
        {&step, 10, 1, WH_MALFORMED, "correction"},
        {&step, 10, 3, WH_MALFORMED, "correction mode"},
        {&step, 11, 1, WH_MALFORMED, "head is bad"},
        {&step, 15, 0x7f, WH_MALFORMED, "do not add up"},   /* stored prefix */
        {&step, 19, 0x7f, WH_OVER_LIMIT, "over the limit"}, /* prefix */
        {&step, 20, 1, WH_MALFORMED, "correction"},
        {&step, 24, 1, WH_MALFORMED, "correction"},
        {&step, 31, 0x7f, WH_MALFORMED, "do not add up"},   /* stored table */
        {&step, 35, 0x7f, WH_OVER_LIMIT, "over the limit"}, /* table */
        {&step, 43, 0xff, WH_MALFORMED, "do not add up"},   /* groups */
        {&step, 212, 0, WH_MISMATCH, "not those that its head names"},
        {&config, 12, 1, WH_MALFORMED, "prefix"},
        {&config, 16, 1, WH_MALFORMED, "prefix"},
        {&config, 52, 1, WH_MALFORMED, "starts from"},
        {&config, 9, 1, WH_MALFORMED, "prefix"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_bundle bundle;
        uint8_t *at = &rows[i].bytes->data[rows[i].at];
        uint8_t saved = *at;
        *at = saved == rows[i].value ? saved ^ 1 : rows[i].value;
        REFUSED(rows[i].status, rows[i].part,
            wh_bundle_parse(wh_buffer_bytes(rows[i].bytes), &bundle, &err));
        *at = saved;
    }
    memset(step.data + 52, 0, 32);
    struct wh_bundle bundle;
    REFUSED(WH_MALFORMED, "starts from", wh_bundle_parse(wh_buffer_bytes(&step), &bundle, &err));
}

static void the_prefix_needs_its_older_header(void **state)
{
    struct wh_bundle bundle;
    uint8_t *prefix = NULL;

    (void)state;
    OK(wh_bundle_parse(wh_buffer_bytes(&step), &bundle, &err));
    REFUSED(WH_MISMATCH, "starts from another version",
        wh_bundle_prefix(&bundle, new_package.parsed.header.bytes, &prefix, &err));
    bundle.prefix_length++;
    REFUSED(WH_MALFORMED, "instead of",
        wh_bundle_prefix(&bundle, old_package.parsed.header.bytes, &prefix, &err));
    assert_null(prefix);
    wh_bundle_clear(&bundle);
}

static void names_are_safe_below_the_root(void **state)
{
    static const char *const bad[] = {
        "", ".", "..", ".hidden", "a/b", "../x", "a\nb", "a b", "a\x7f", "a\\b"};
    static const uint8_t sha256[32] = {0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6};
    wh_autofree char *location = NULL;
    char longest[232];

    (void)state;
    OK(wh_bundle_location("a-1-1.noarch", sha256, &location, &err));
    assert_string_equal(location, "whittle/a-1-1.noarch.abcdef0102030405.wht");
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *none = NULL;
        REFUSED(
            WH_MALFORMED, "cannot be the name", wh_bundle_location(bad[i], sha256, &none, &err));
        assert_null(none);
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    char *none = NULL;
    REFUSED(WH_MALFORMED, "cannot be", wh_bundle_location(longest, sha256, &none, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_written_the_same),
        TEST(a_step_says_what_it_holds),
        TEST(refuses_every_truncation),
        TEST(refuses_bad_heads),
        TEST(the_prefix_needs_its_older_header),
        TEST(names_are_safe_below_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
