/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_test.c - answer lines, as another JSON reader sees them. */
#include "capture.h"

#include <fcntl.h>
#include <pthread.h>

#include "protocol/answer.h"
#include "whittle/cleanup.h"

static const struct wh_notes nothing;

static void put(struct json_object **object)
{
    (void)json_object_put(*object);
}

/* The one answer that was captured; the caller puts it. */
static struct json_object *only_answer(struct capture *capture)
{
    wh_autofree char *text = capture_end(capture);
    wh_cleanup(put) struct json_object *answers = answers_in(text);

    assert_int_equal(json_object_array_length(answers), 1);
    return json_object_get(json_object_array_get_idx(answers, 0));
}

static void a_selection_lists_its_bundles(void **state)
{
    struct wh_selection selection = {
        .bundles = {{.kind = WH_BUNDLE_STEP, .size = 3000000000, .sha256 = {0xab, 1}},
            {.kind = WH_BUNDLE_CONFIG, .size = 2}, {.kind = WH_BUNDLE_DOC, .size = 3}},
        .locations = {(char *)(uintptr_t) "whittle/a b\"\\\n.wht", (char *)(uintptr_t) "c",
            (char *)(uintptr_t) "d"},
        .bundle_count = 3,
        .from = (char *)(uintptr_t) "n-1:1-1.noarch",
    };
    static const char *const kinds[] = {"step", "config", "doc"};
    struct capture capture = capture_begin();

    (void)state;
    wh_answer_select(INT64_MIN, &selection, &nothing);
    wh_cleanup(put) struct json_object *answer = only_answer(&capture);
    assert_int_equal(number_of(answer, "id"), INT64_MIN);
    assert_string_equal(text_of(answer, "answer"), "select");
    assert_string_equal(text_of(answer, "from"), "n-1:1-1.noarch");
    struct json_object *bundles = member(answer, "bundles");
    assert_int_equal(json_object_array_length(bundles), 3);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct json_object *bundle = json_object_array_get_idx(bundles, i);
        assert_string_equal(text_of(bundle, "kind"), kinds[i]);
        assert_string_equal(text_of(bundle, "location"), selection.locations[i]);
        assert_int_equal(number_of(bundle, "size"), selection.bundles[i].size);
        assert_int_equal(json_object_object_length(bundle), 4);
    }
    assert_string_equal(text_of(json_object_array_get_idx(bundles, 0), "sha256"),
        "ab01000000000000000000000000000000000000000000000000000000000000");
    assert_int_equal(json_object_object_length(answer), 4);
}

/* Where it is fetched from, what it must lead to, and what it starts from. */
static void a_bundle_from_a_backend_has_an_address(void **state)
{
    static const uint8_t prefix[WH_SHA256_LENGTH] = {0xee};
    struct wh_selection selection = {
        .bundles = {{.kind = WH_BUNDLE_LIST, .size = 7}},
        .url = (char *)(uintptr_t) "http://b/v1/bundle/x.wht",
        .bundle_count = 1,
        .from = (char *)(uintptr_t) "n-1-1.noarch",
        .installed = {0xaa},
    };
    static const char zeros[] = "00000000000000000000000000000000000000000000000000000000000000";

    (void)state;
    for (int listed = 0; listed < 2; listed++) {
        struct capture capture = capture_begin();
        selection.bundles[0].kind = listed ? WH_BUNDLE_LIST : WH_BUNDLE_STEP;
        const struct wh_notes notes = {.prefix = prefix, .trouble = listed ? "b: no\na" : NULL};
        wh_answer_select(1, &selection, &notes);
        wh_cleanup(put) struct json_object *answer = only_answer(&capture);
        struct json_object *bundle = json_object_array_get_idx(member(answer, "bundles"), 0);
        assert_string_equal(text_of(bundle, "kind"), listed ? "list" : "step");
        assert_string_equal(text_of(bundle, "url"), selection.url);
        assert_memory_equal(text_of(bundle, "prefix"), "ee", 2);
        assert_string_equal(text_of(bundle, "prefix") + 2, zeros);
        assert_int_equal(json_object_object_length(bundle), listed ? 6 : 5);
        assert_int_equal(json_object_object_length(answer), listed ? 5 : 4);
        if (!listed)
            continue;
        assert_memory_equal(text_of(bundle, "installed"), "aa", 2);
        assert_string_equal(text_of(answer, "trouble"), "b: no?a");
    }
}

/* What the backend says of the upgrade; its names are as little trusted as others. */
static void operations_are_handed_on(void **state)
{
    struct wh_operation list[] = {
        {WH_OPERATION_KEEP, (char *)(uintptr_t) "/etc/a"},
        {WH_OPERATION_REMOVE, (char *)(uintptr_t) "/usr/b\x1b"},
        {WH_OPERATION_REPLACE, (char *)(uintptr_t) "/etc/c"},
        {WH_OPERATION_REMOVE, (char *)(uintptr_t) "/usr/d\xff"},
    };
    char *advisories[] = {(char *)(uintptr_t) "DSA-1", (char *)(uintptr_t) "DSA-2"};
    const struct wh_operations operations = {list, COUNT(list), WH_SUGGEST_RELOGIN, advisories, 2};
    const struct wh_operations none = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct wh_notes notes = {.operations = i ? &operations : &none};
        struct capture capture = capture_begin();
        wh_answer_none(1, "r", &notes);
        wh_cleanup(put) struct json_object *answer = only_answer(&capture);
        assert_int_equal(json_object_object_length(answer), i ? 4 : 3);
        if (i == 0)
            continue;
        struct json_object *object = member(answer, "operations");
        assert_string_equal(text_of(object, "suggest"), "relogin");
        assert_string_equal(text_of(object, "advisories"), "[ \"DSA-1\", \"DSA-2\" ]");
        assert_string_equal(text_of(object, "remove"), "[ \"\\/usr\\/b?\", \"\\/usr\\/d?\" ]");
        assert_int_equal(json_object_array_length(member(object, "keep")), 1);
        assert_int_equal(json_object_array_length(member(object, "replace")), 1);
    }
}

static void reasons_are_handed_on(void **state)
{
    static const char reason[] = "\"quoted\" \\ and \xc3\xa4 and a tab\t";

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct capture capture = capture_begin();
        if (i == 0)
            wh_answer_none(7, reason, &nothing);
        else
            wh_answer_refusal(7, WH_MISMATCH, reason);
        wh_cleanup(put) struct json_object *answer = only_answer(&capture);
        assert_int_equal(number_of(answer, "id"), 7);
        assert_string_equal(text_of(answer, "answer"), i == 0 ? "none" : "refusal");
        assert_string_equal(text_of(answer, "reason"), reason);
        assert_int_equal(json_object_object_length(answer), 3);
    }
}

/* For a plugin that counts them: the sentence is for people. */
static void a_failed_re_encoding_is_told_from_other_refusals(void **state)
{
    struct capture capture = capture_begin();

    (void)state;
    wh_answer_refusal(7, WH_REENCODING, "a reason");
    wh_cleanup(put) struct json_object *answer = only_answer(&capture);
    assert_string_equal(text_of(answer, "answer"), "refusal");
    assert_string_equal(text_of(answer, "reason"), "a reason");
    assert_string_equal(text_of(answer, "cause"), "reencoding");
    assert_int_equal(json_object_object_length(answer), 4);
}

/* Names of files are bytes of any kind, and a long reason is cut off anywhere. */
static void reasons_are_printable(void **state)
{
    static const struct {
        const char *reason;
        const char *printable;
    } rows[] = {
        {"", ""},
        {"\xc2\xa0\xdf\xbf \xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80 \xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
            "\xc2\xa0\xdf\xbf \xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80 "
            "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"na\xefve", "na?ve"},
        {"cut \xe2\x82", "cut ??"},
        {"cut \xe2", "cut ?"},
        {"\x80\xbf", "??"},
        {"\xc0\xaf \xc1\xbf \xe0\x9f\xbf \xf0\x8f\xbf\xbf", "?? ?? ??? ????"},
        {"\xed\xa0\x80 \xf4\x90\x80\x80 \xf5\x80\x80\x80", "??? ???? ????"},
        {"\x1b[31m \x7f \x01 \x1f \n", "?[31m ? ? ? ?"},
        {"\xc2\x9bm \xc2\x80 \xc2\x9f", "??m ?? ??"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct capture capture = capture_begin();
        wh_answer_refusal(7, WH_MISSING, rows[i].reason);
        wh_cleanup(put) struct json_object *answer = only_answer(&capture);
        assert_string_equal(text_of(answer, "reason"), rows[i].printable);
    }
}

static void progress_counts_bytes(void **state)
{
    struct capture capture = capture_begin();

    (void)state;
    wh_answer_progress(8, 0, 5000000000);
    wh_cleanup(put) struct json_object *answer = only_answer(&capture);
    assert_int_equal(number_of(answer, "id"), 8);
    assert_string_equal(text_of(answer, "answer"), "progress");
    assert_int_equal(number_of(answer, "done"), 0);
    assert_int_equal(number_of(answer, "total"), 5000000000);
}

static void assembled_says_how(void **state)
{
    (void)state;
    for (int attributes = 0; attributes < 2; attributes++) {
        const struct wh_assembled assembled = {
            5000000000, UINT32_MAX, 2, 3, .attributes = attributes};
        struct capture capture = capture_begin();
        wh_answer_assembled(9, &assembled);
        wh_cleanup(put) struct json_object *answer = only_answer(&capture);
        assert_int_equal(number_of(answer, "id"), 9);
        assert_string_equal(text_of(answer, "answer"), "assembled");
        assert_int_equal(number_of(answer, "bytes"), 5000000000);
        assert_int_equal(number_of(answer, "kept"), UINT32_MAX);
        assert_int_equal(number_of(answer, "patched"), 2);
        assert_int_equal(number_of(answer, "fetched"), 3);
        assert_true(json_object_is_type(member(answer, "attributes"), json_type_boolean));
        assert_int_equal(json_object_get_boolean(member(answer, "attributes")), attributes);
    }
}

enum { WRITERS = 8, LINES = 200 };

static void *write_many(void *context)
{
    const int64_t *id = context;

    for (int i = 0; i < LINES; i++)
        wh_answer_refusal(
            *id, WH_MISSING, "a reason that is long enough for lines to be torn apart");
    return NULL;
}

static void lines_of_many_threads_stay_whole(void **state)
{
    struct capture capture = capture_begin();
    pthread_t writers[WRITERS];
    int64_t ids[WRITERS];
    int counts[WRITERS] = {0};

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&writers[i], NULL, write_many, &ids[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    wh_autofree char *text = capture_end(&capture);
    wh_cleanup(put) struct json_object *answers = answers_in(text);
    for (size_t i = 0; i < json_object_array_length(answers); i++)
        counts[number_of(json_object_array_get_idx(answers, i), "id")]++;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(counts[i], LINES);
}

/* The last test: what was lost stays lost. */
static void a_lost_answer_is_remembered(void **state)
{
    struct capture capture = capture_begin();
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(wh_answers_written());
    assert_true(dup2(full, STDOUT_FILENO) >= 0);
    wh_answer_none(1, "nobody reads this", &nothing);
    assert_true(dup2(capture.file, STDOUT_FILENO) >= 0);
    clearerr(stdout);
    wh_answer_none(2, "somebody reads this", &nothing);
    free(capture_end(&capture));
    assert_false(wh_answers_written());
    (void)close(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selection_lists_its_bundles),
        cmocka_unit_test(a_bundle_from_a_backend_has_an_address),
        cmocka_unit_test(operations_are_handed_on),
        cmocka_unit_test(reasons_are_handed_on),
        cmocka_unit_test(a_failed_re_encoding_is_told_from_other_refusals),
        cmocka_unit_test(reasons_are_printable),
        cmocka_unit_test(progress_counts_bytes),
        cmocka_unit_test(assembled_says_how),
        cmocka_unit_test(lines_of_many_threads_stay_whole),
        cmocka_unit_test(a_lost_answer_is_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
