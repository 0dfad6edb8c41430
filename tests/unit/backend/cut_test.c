/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut_test.c - bundles for exactly what was reported: each gives the package, byte for byte, to a
 * client with that report. */
#include "made_package.h"

#include "cut.h"
#include "gate.h"
#include "publish.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static const struct made_file files_1[] = {
    {"a", "what does not change ", 900, 0, 0},
    {"b.conf", "setting = 1\n", 40, WH_FILE_CONFIG, 0},
    {"c.conf", "constant\n", 1, WH_FILE_CONFIG, 0},
    {"data", "the first version of this text ", 300, 0, 0},
    {"readme", "about\n", 50, WH_FILE_DOC, 0},
};
static const struct made_file files_2[] = {
    {"a", "what does not change ", 900, 0, 0},
    {"b.conf", "setting = 2\n", 40, WH_FILE_CONFIG, 0},
    {"c.conf", "constant\n", 1, WH_FILE_CONFIG, 0},
    {"data", "the second version of this text ", 300, 0, 0},
    {"empty", "", 1, 0, 0},
    {"readme", "about it\n", 50, WH_FILE_DOC, 0},
};
static const struct made_package packages[] = {
    {.location = "1.rpm",
        .name = "made",
        .version = "1",
        .files = files_1,
        .file_count = COUNT(files_1)},
    {.location = "2.rpm",
        .name = "made",
        .version = "2",
        .files = files_2,
        .file_count = COUNT(files_2)},
};

static const struct wh_means means = {
    .effort = WH_EFFORT_FAST, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

/* Both versions, each as what a bundle leads to and starts from. */
struct place {
    struct scratch scratch;
    struct wh_subject subjects[2];
};

static void place_make(struct place *place)
{
    const struct wh_digest unknown = {0};

    *place = (struct place){.scratch = scratch_make()};
    for (int i = 0; i < 2; i++) {
        struct wh_package_file file = WH_PACKAGE_FILE_NONE;
        place->subjects[i] = (struct wh_subject)WH_SUBJECT_NONE;
        make_package(&place->scratch, &packages[i]);
        OK(wh_package_open(
            place->scratch.folder, place->scratch.path, packages[i].location, &file, &err));
        OK(wh_subject_prepare(&file, &unknown, &place->subjects[i], &err));
    }
}

static void place_remove(struct place *place)
{
    wh_subject_clear(&place->subjects[0]);
    wh_subject_clear(&place->subjects[1]);
    scratch_remove(&place->scratch);
}

/* Cuts, and assembles as a client with that report. */
static void expect_cut(
    const struct wh_start *start, const struct wh_subject *target, struct wh_cut *out_cut)
{
    OK(wh_cut_make(start, target, &means, out_cut, &err));
    const struct wh_bytes bundle = wh_buffer_bytes(&out_cut->bundle);
    const struct wh_gate_input input = {
        .origin = start->origin,
        .bundles = &bundle,
        .bundle_count = 1,
        .differs = start->differs,
        .differs_count = start->differs_count,
        .listed = start->listed,
        .listed_count = start->listed_count,
        .target = &target->file,
    };
    OK(wh_gate_check(&input, &err));
    const struct wh_instruction_counts *counts = &out_cut->counts;
    uint32_t contents = 0;
    for (uint32_t i = 0; i < target->file.header->file_count; i++)
        contents += target->file.header->files[i].has_content;
    assert_int_equal(counts->kept + counts->patched + counts->fetched, contents);
}

static void serves_every_set_of_files_that_differ(void **state)
{
    wh_cleanup(place_remove) struct place place;
    enum { FILES = COUNT(files_1), SETS = 1 << FILES };
    uint32_t fetched[SETS];

    (void)state;
    place_make(&place);
    for (uint32_t set = 0; set < SETS; set++) {
        wh_cleanup(wh_cut_clear) struct wh_cut cut = {0};
        uint32_t differs[FILES];
        struct wh_start start = {.origin = &place.subjects[0].file, .differs = differs};
        for (uint32_t i = 0; i < FILES; i++)
            if (set & 1u << i)
                differs[start.differs_count++] = i;
        expect_cut(&start, &place.subjects[1], &cut);
        fetched[set] = cut.counts.fetched;
        if (set == 0)
            assert_int_equal(cut.counts.kept, 2); /* a, c.conf */
    }
    assert_int_equal(fetched[0], 0);
    assert_int_equal(fetched[SETS - 1], 5); /* nothing to start from */
}

static void refuses_files_that_are_not_there(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_cut cut = {0};
    const uint32_t differs[] = {COUNT(files_1)};

    (void)state;
    place_make(&place);
    const struct wh_start start = {
        .origin = &place.subjects[0].file, .differs = differs, .differs_count = 1};
    REFUSED(WH_UNSUPPORTED, "no file", wh_cut_make(&start, &place.subjects[1], &means, &cut, &err));
    assert_null(cut.bundle.data);
}

static void leads_back_and_to_the_same(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_cut_clear) struct wh_cut back = {0};
    wh_cleanup(wh_cut_clear) struct wh_cut same = {0};

    (void)state;
    place_make(&place);
    const struct wh_start new = {.origin = &place.subjects[1].file};
    expect_cut(&new, &place.subjects[0], &back);
    assert_int_equal(back.counts.fetched, 0);
    expect_cut(&new, &place.subjects[1], &same);
    assert_int_equal(same.counts.kept, 5);
}

/* A package whose bundle would be as large as itself. */
static void makes_none_where_nothing_is_saved(void **state)
{
    static char noise[6000];
    const struct made_file file = {"noise", noise, 1, 0, sizeof noise};
    const struct made_package package = {
        .location = "n.rpm", .name = "made", .version = "3", .files = &file, .file_count = 1};
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_subject_clear) struct wh_subject subject = WH_SUBJECT_NONE;
    struct wh_package_file opened = WH_PACKAGE_FILE_NONE;
    const struct wh_digest unknown = {0};
    struct wh_cut cut = {0};
    uint64_t mixed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)((mixed = mixed * 6364136223846793005u + 1442695040888963407u) >> 56);
    place_make(&place);
    make_package(&place.scratch, &package);
    OK(wh_package_open(place.scratch.folder, "P", "n.rpm", &opened, &err));
    OK(wh_subject_prepare(&opened, &unknown, &subject, &err));
    const struct wh_start start = {.origin = &place.subjects[0].file};
    REFUSED(WH_OVER_LIMIT, "", wh_cut_make(&start, &subject, &means, &cut, &err));
    assert_null(cut.bundle.data);
}

/* ---- lists ----------------------------------------------------------------------------------- */

enum { LISTED_MAX = 8 };

/* A list of files of a version, those in set; those in edited with contents that nobody knows. */
static uint32_t list_of(const struct place *place, unsigned set, unsigned edited,
    struct wh_listed_file list[LISTED_MAX], char paths[LISTED_MAX][64])
{
    const struct wh_header *header = place->subjects[0].file.header;
    uint32_t count = 0;

    for (uint32_t i = 0; i < header->file_count; i++) {
        if (!(set & 1u << i))
            continue;
        (void)snprintf(
            paths[count], 64, "%s%s", header->files[i].dirname, header->files[i].basename);
        list[count] = (struct wh_listed_file){.path = paths[count], .size = header->files[i].size};
        assert_true(wh_unhex(header->files[i].digest, 64, list[count].sha256, 32));
        list[count].sha256[0] ^= (uint8_t)(edited >> i & 1);
        count++;
    }
    return count;
}

static void serves_every_list(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_listed_file list[LISTED_MAX];
    char paths[LISTED_MAX][64];

    (void)state;
    place_make(&place);
    const struct wh_package_file *versions[] = {&place.subjects[1].file, &place.subjects[0].file};
    for (unsigned set = 1; set < 1u << COUNT(files_1); set++) {
        wh_cleanup(wh_package_clear) struct wh_package_file origin = WH_PACKAGE_FILE_NONE;
        wh_cleanup(wh_cut_clear) struct wh_cut cut = {0};
        uint32_t count = list_of(&place, set, set & 5u, list, paths);
        OK(wh_origin_of_list(list, count, versions, COUNT(versions), &origin, &err));
        const struct wh_start start = {.origin = &origin, .listed = list, .listed_count = count};
        expect_cut(&start, &place.subjects[1], &cut);
        if (set == 0x1b) /* a and c.conf are not to be used */
            assert_int_equal(cut.counts.kept, 0);
    }
}

static void knows_contents_of_no_version_but_those_given(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_package_clear) struct wh_package_file alone = WH_PACKAGE_FILE_NONE;
    wh_cleanup(wh_package_clear) struct wh_package_file both = WH_PACKAGE_FILE_NONE;
    struct wh_listed_file list[LISTED_MAX];
    char paths[LISTED_MAX][64];

    (void)state;
    place_make(&place);
    const struct wh_package_file *versions[] = {&place.subjects[1].file, &place.subjects[0].file};
    uint32_t count = list_of(&place, 0x1f, 0, list, paths);
    OK(wh_origin_of_list(list, count, versions, 1, &alone, &err));
    OK(wh_origin_of_list(list, count, versions, 2, &both, &err));
    static const char has[] = "10100"; /* in the target too: a, c.conf */
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(wh_package_content(&alone, i).data != NULL, has[i] == '1');
        struct wh_bytes content = wh_package_content(&both, i);
        assert_int_equal(content.length, list[i].size);
        struct wh_digest digest;
        OK(wh_digest_of(WH_SHA256, content, &digest, &err));
        assert_memory_equal(digest.bytes, list[i].sha256, 32);
    }
}

static void refuses_lists_that_are_none(void **state)
{
    static char *const bad[] = {"relative", "/folder/", "", "/"};
    struct wh_package_file origin = WH_PACKAGE_FILE_NONE;
    struct wh_listed_file twice[] = {{.path = "/b", .size = 1}, {.path = "/a", .size = 1}};
    uint8_t first[WH_SHA256_LENGTH];
    uint8_t second[WH_SHA256_LENGTH];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct wh_listed_file file = {.path = bad[i], .size = 1};
        REFUSED(WH_MALFORMED, "path", wh_origin_of_list(&file, 1, NULL, 0, &origin, &err));
    }
    REFUSED(WH_MALFORMED, "order", wh_origin_of_list(twice, 2, NULL, 0, &origin, &err));
    twice[1].path = "/b";
    REFUSED(WH_MALFORMED, "order", wh_origin_of_list(twice, 2, NULL, 0, &origin, &err));
    OK(wh_file_list_id(twice, 2, first, &err));
    twice[1].size = 2;
    OK(wh_file_list_id(twice, 2, second, &err));
    assert_memory_not_equal(first, second, sizeof first);
    OK(wh_file_list_id(twice, 1, second, &err));
    assert_memory_not_equal(first, second, sizeof first);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void keys_name_all_that_matters(void **state)
{
    static const uint32_t numbers[] = {3, 4, 5};
    const struct wh_cut_terms base = {
        .pkgid = "ab", .target = {1}, .start = {2}, .differs = numbers, .differs_count = 2};
    struct wh_cut_terms changed[] = {base, base, base, base, base, base, base};
    uint8_t keys[COUNT(changed) + 1][WH_SHA256_LENGTH];

    (void)state;
    changed[0].pkgid = "ac";
    changed[1].target[31] = 1;
    changed[2].start[31] = 1;
    changed[3].differs = numbers + 1;
    changed[4].differs_count = 3;
    changed[5].without_liblzma = true;
    changed[6].differs_count = 0;
    OK(wh_cut_key(&base, keys[COUNT(changed)], &err));
    for (size_t i = 0; i < COUNT(changed); i++) {
        OK(wh_cut_key(&changed[i], keys[i], &err));
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(keys[i], keys[k], WH_SHA256_LENGTH);
        assert_memory_not_equal(keys[i], keys[COUNT(changed)], WH_SHA256_LENGTH);
    }
    const struct wh_cut_terms copy = base;
    OK(wh_cut_key(&copy, keys[0], &err));
    assert_memory_equal(keys[0], keys[COUNT(changed)], WH_SHA256_LENGTH);
}

static void the_same_report_gives_the_same_bytes(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_cut_clear) struct wh_cut first = {0};
    wh_cleanup(wh_cut_clear) struct wh_cut second = {0};
    const uint32_t differs[] = {1};

    (void)state;
    place_make(&place);
    const struct wh_start start = {
        .origin = &place.subjects[0].file, .differs = differs, .differs_count = 1};
    OK(wh_cut_make(&start, &place.subjects[1], &means, &first, &err));
    OK(wh_cut_make(&start, &place.subjects[1], &means, &second, &err));
    assert_int_equal(first.bundle.length, second.bundle.length);
    assert_memory_equal(first.bundle.data, second.bundle.data, first.bundle.length);
}

static int begin(void **state)
{
    (void)state;
    return wh_gate_begin(NULL) == WH_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    wh_gate_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_every_set_of_files_that_differ),
        cmocka_unit_test(refuses_files_that_are_not_there),
        cmocka_unit_test(leads_back_and_to_the_same),
        cmocka_unit_test(makes_none_where_nothing_is_saved),
        cmocka_unit_test(serves_every_list),
        cmocka_unit_test(knows_contents_of_no_version_but_those_given),
        cmocka_unit_test(refuses_lists_that_are_none),
        cmocka_unit_test(keys_name_all_that_matters),
        cmocka_unit_test(the_same_report_gives_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
