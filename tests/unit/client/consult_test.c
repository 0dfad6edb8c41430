/* SPDX-License-Identifier: GPL-2.0-or-later */
/* consult_test.c - what a backend is told of packages, and what becomes of its answers. */
#include "root.h"

#include "backend/consult.h"
#include "http_server.h"
#include "observe/listing.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

#define PKGID "1111111111111111111111111111111111111111111111111111111111111111"

enum { QUESTIONS_MAX = 2100 };

/* A backend that answers as the test says, and who asks it. */
struct place {
    struct root root;
    struct sample old;
    struct wh_question *questions; /* QUESTIONS_MAX */
    struct wh_question **pointers;
    uint32_t count;

    enum wh_answer_kind kinds[HTTP_REQUESTS_MAX]; /* by request */
    uint32_t cpu_ms;
    uint32_t more; /* packages than were asked for */
    bool spoils_pkgid;
    bool spoils_start;
    const char *raw;
    unsigned asked;                       /* requests so far */
    uint32_t packages[HTTP_REQUESTS_MAX]; /* by request */
    bool was_listed[HTTP_REQUESTS_MAX];
    bool without_liblzma;

    struct http_server server;
    struct wh_address address;
};

static void clear_upgrade(struct wh_upgrade *upgrade)
{
    wh_upgrade_clear(upgrade);
}

/* The start that the asker is known by. */
static void put_start(
    const struct place *place, const struct wh_upgrade_package *package, uint8_t out[8])
{
    uint8_t id[WH_SHA256_LENGTH];

    memcpy(id, package->header_id, sizeof id);
    if (package->is_listed)
        OK(wh_file_list_id(package->files, package->file_count, id, &err));
    memcpy(out, id, 8);
    out[0] ^= place->spoils_start;
}

static void answer_package(const struct place *place, const struct wh_upgrade_package *package,
    enum wh_answer_kind kind, struct wh_package_instructions *out)
{
    *out = (struct wh_package_instructions){.kind = kind};
    memcpy(out->pkgid, package->pkgid, sizeof out->pkgid);
    if (place->spoils_pkgid)
        out->pkgid[0] = out->pkgid[0] == 'f' ? 'e' : 'f';
    if (kind == WH_ANSWER_WHOLE)
        out->reason = (char *)(uintptr_t) "not worth it";
    if (kind != WH_ANSWER_BUNDLE)
        return;
    out->bundle = (struct wh_index_bundle){
        .kind = WH_BUNDLE_STEP, .size = 1000, .sha256 = {1}, .cpu_ms = place->cpu_ms};
    put_start(place, package, out->bundle.from);
    out->saved = 1;
}

static void write_answer(
    const struct place *place, const struct wh_upgrade *upgrade, struct wh_buffer *out)
{
    uint32_t count = upgrade->package_count + place->more;
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_autofree struct wh_package_instructions *packages = calloc(count, sizeof *packages);
    const struct wh_instructions instructions = {packages, count};

    assert_non_null(packages);
    for (uint32_t i = 0; i < upgrade->package_count; i++)
        answer_package(place, &upgrade->packages[i], place->kinds[place->asked], &packages[i]);
    for (uint32_t i = upgrade->package_count; i < count; i++) {
        packages[i] = packages[0];
        memset(packages[i].pkgid, '9', 64);
    }
    OK(wh_instructions_write(&instructions, &xml, &err));
    http_put(out, "200 OK", "", wh_buffer_bytes(&xml));
}

static bool answer(void *context, const struct http_request *request, struct wh_buffer *out)
{
    struct place *place = context;
    wh_cleanup(clear_upgrade) struct wh_upgrade upgrade = {0};

    OK(wh_upgrade_read(wh_buffer_bytes(&request->body), &upgrade, &err));
    place->packages[place->asked] = upgrade.package_count;
    place->was_listed[place->asked] = upgrade.packages[0].is_listed;
    place->without_liblzma = upgrade.without_liblzma;
    if (place->raw)
        http_put(
            out, "200 OK", "", (struct wh_bytes){(const uint8_t *)place->raw, strlen(place->raw)});
    else
        write_answer(place, &upgrade, out);
    place->asked++;
    return true;
}

static void place_make(struct place *place)
{
    *place = (struct place){.count = 1};
    root_make(&place->root);
    sample_old(&place->old);
    root_install(&place->root, &place->old);
    http_start(&place->server, answer, place);
    place->address = (struct wh_address){.url = place->server.url,
        .proxy = (char *)(uintptr_t) "",
        .connect_timeout = 5,
        .timeout = 60};
    place->questions = calloc(QUESTIONS_MAX, sizeof *place->questions);
    place->pointers = calloc(QUESTIONS_MAX, sizeof(struct wh_question *));
    assert_true(place->questions && place->pointers);
    for (int i = 0; i < QUESTIONS_MAX; i++)
        place->pointers[i] = &place->questions[i];
    OK(wh_question_make(
        place->root.system, PKGID, "sample-2-1.noarch", &place->questions[0], &err));
}

static void place_remove(struct place *place)
{
    http_end(&place->server);
    for (int i = 0; i < QUESTIONS_MAX; i++)
        wh_question_clear(&place->questions[i]);
    free(place->questions);
    free(place->pointers);
    sample_clear(&place->old);
    root_remove(&place->root);
}

static wh_status lengthen(void *context, struct wh_question *question, struct wh_error *err)
{
    return wh_question_lengthen(context, question, err);
}

static wh_status ask(struct place *place, bool without_liblzma, struct wh_error *err)
{
    const struct wh_consultation consultation = {
        &place->address, without_liblzma, lengthen, place->root.system};

    return wh_consult(&consultation, place->pointers, place->count, err);
}

static void expect_reason(const struct wh_question *question, const char *part)
{
    assert_true(question->is_answered);
    assert_int_equal(question->answer.kind, WH_ANSWER_WHOLE);
    assert_non_null(strstr(question->answer.reason, part));
}

/* ---- the report ------------------------------------------------------------------------------ */

static void tells_the_header_and_what_differs(void **state)
{
    wh_cleanup(place_remove) struct place place;
    const struct wh_upgrade_package *package;
    wh_cleanup(wh_question_clear) struct wh_question question = {0};

    (void)state;
    place_make(&place);
    package = &place.questions[0].package;
    assert_string_equal(place.questions[0].from, "sample-1-1.noarch");
    assert_string_equal(package->pkgid, PKGID);
    assert_memory_equal(package->header_id, place.old.header->id, WH_SHA256_LENGTH);
    assert_int_equal(package->differs_count, 0);
    root_put(&place.root, "/etc/sample.conf", "edited");
    assert_int_equal(unlinkat(place.root.scratch.folder, "usr/share/doc/sample/NEWS", 0), 0);
    root_put(&place.root, "/usr/lib/sample/small", "small 9\n"); /* of the same size */
    OK(wh_question_make(place.root.system, PKGID, "sample-2-1.noarch", &question, &err));
    package = &question.package;
    assert_int_equal(package->differs_count, 3);
    assert_int_equal(package->differs[0], sample_file(&place.old, "/etc/sample.conf"));
    assert_int_equal(package->differs[1], sample_file(&place.old, "/usr/lib/sample/small"));
    assert_int_equal(package->differs[2], sample_file(&place.old, "/usr/share/doc/sample/NEWS"));
}

static void tells_nothing_of_ghosts(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(sample_clear) struct sample new;
    wh_cleanup(wh_question_clear) struct wh_question question = {0};

    (void)state;
    place_make(&place);
    sample_new(&new);
    root_install(&place.root, &new);
    root_put(&place.root, "/var/log/sample", "who runs this system");
    OK(wh_question_make(place.root.system, PKGID, "sample-3-1.noarch", &question, &err));
    assert_string_equal(question.from, "sample-2-1.noarch");
    assert_int_equal(question.package.differs_count, 0);
    OK(wh_question_lengthen(place.root.system, &question, &err));
    assert_int_equal(question.package.file_count, 10);
    for (uint32_t i = 0; i < question.package.file_count; i++)
        assert_null(strstr(question.package.files[i].path, "/var/log"));
}

static void some_questions_cannot_be_asked(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_question question = {0};
    char pkgid[200];

    (void)state;
    place_make(&place);
    memset(pkgid, '1', sizeof pkgid - 1);
    pkgid[sizeof pkgid - 1] = '\0';
    struct wh_system *system = place.root.system;
    REFUSED(WH_MISSING, "another: no version of it is installed",
        wh_question_make(system, PKGID, "another-2-1.noarch", &question, &err));
    REFUSED(WH_MALFORMED, "not NAME-VERSION-RELEASE.ARCH",
        wh_question_make(system, PKGID, "sample", &question, &err));
    REFUSED(
        WH_MALFORMED, "pkgid", wh_question_make(system, "xyz", "sample-2-1.a", &question, &err));
    REFUSED(
        WH_MALFORMED, "pkgid", wh_question_make(system, pkgid, "sample-2-1.a", &question, &err));
    assert_null(question.from);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void one_question_one_answer(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    OK(ask(&place, true, &err));
    assert_int_equal(place.asked, 1);
    assert_true(place.without_liblzma);
    assert_false(place.was_listed[0]);
    assert_true(place.questions[0].is_answered);
    assert_int_equal(place.questions[0].answer.kind, WH_ANSWER_BUNDLE);
    assert_int_equal(place.questions[0].answer.bundle.size, 1000);
    wh_question_forget(&place.questions[0]);
    place.kinds[1] = WH_ANSWER_WHOLE;
    OK(ask(&place, false, &err));
    assert_false(place.without_liblzma);
    expect_reason(&place.questions[0], "not worth it");
}

static void the_list_is_sent_where_it_is_asked_for(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.kinds[0] = WH_ANSWER_LIST;
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 2);
    assert_true(place.was_listed[1]);
    assert_true(place.questions[0].package.is_listed);
    assert_int_equal(place.questions[0].package.file_count, 8);
    assert_int_equal(place.questions[0].answer.kind, WH_ANSWER_BUNDLE);
}

static void no_list_is_sent_twice(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.kinds[0] = place.kinds[1] = place.kinds[2] = WH_ANSWER_LIST;
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 2);
    expect_reason(&place.questions[0], "the list of files that it was sent");
}

static void no_list_is_sent_of_nothing(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.kinds[0] = WH_ANSWER_LIST;
    scratch_clear(&place.root.scratch, "usr");
    root_put(&place.root, "/etc/sample.conf", "edited");
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 1);
    expect_reason(&place.questions[0], "no file as packaged");
}

static void a_bundle_must_start_from_what_was_reported(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.spoils_start = true;
    OK(ask(&place, false, &err));
    expect_reason(&place.questions[0], "starts from something else");
    wh_question_forget(&place.questions[0]);
    place.kinds[1] = WH_ANSWER_LIST;
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 3);
    expect_reason(&place.questions[0], "starts from something else");
}

static void liblzma_is_ruled_out_for_good(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.cpu_ms = 1;
    OK(ask(&place, true, &err));
    expect_reason(&place.questions[0], "re-encoding");
    wh_question_forget(&place.questions[0]);
    OK(ask(&place, false, &err));
    assert_int_equal(place.questions[0].answer.bundle.cpu_ms, 1);
}

static void answers_to_other_questions_are_none(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    place.spoils_pkgid = true;
    REFUSED(WH_MALFORMED, "for other packages than it was asked for", ask(&place, false, &err));
    place.spoils_pkgid = false;
    place.more = 1;
    REFUSED(WH_MALFORMED, "for other packages than it was asked for", ask(&place, false, &err));
    place.raw = "<instructions version=\"1\"/>";
    REFUSED(WH_MALFORMED, "for other packages than it was asked for", ask(&place, false, &err));
    place.raw = "<instructions version=\"2\"/>";
    REFUSED(WH_UNSUPPORTED, place.server.url, ask(&place, false, &err));
    place.raw = "<!DOCTYPE x><instructions version=\"1\"/>";
    REFUSED(WH_MALFORMED, place.server.url, ask(&place, false, &err));
    place.raw = "welcome to this hotel";
    REFUSED(WH_MALFORMED, place.server.url, ask(&place, false, &err));
    assert_false(place.questions[0].is_answered);
}

/* ---- many packages --------------------------------------------------------------------------- */

static void make_questions(struct place *place, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct wh_question *question = &place->questions[i];
        question->name = strdup("sample");
        question->from = strdup("sample-1-1.noarch");
        question->package = place->questions[0].package;
        question->package.differs = NULL;
        (void)snprintf(question->package.pkgid, sizeof question->package.pkgid, "%064u", i);
        assert_true(question->name && question->from);
    }
    place->count = count;
}

static void all_packages_go_into_few_requests(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    make_questions(&place, QUESTIONS_MAX);
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 3);
    assert_int_equal(place.packages[0], WH_UPGRADE_PACKAGES_MAX);
    assert_int_equal(place.packages[1], WH_UPGRADE_PACKAGES_MAX);
    assert_int_equal(place.packages[2], QUESTIONS_MAX - 2 * WH_UPGRADE_PACKAGES_MAX);
    for (int i = 0; i < QUESTIONS_MAX; i++)
        assert_int_equal(place.questions[i].answer.kind, WH_ANSWER_BUNDLE);
}

/* As two repositories may have it. */
static void a_package_twice_is_asked_for_twice(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    make_questions(&place, 3);
    memcpy(place.questions[2].package.pkgid, PKGID, sizeof PKGID);
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 2);
    assert_int_equal(place.packages[0], 2);
    assert_int_equal(place.packages[1], 1);
    assert_true(place.questions[2].is_answered);
}

/* Numbers of files count too, and so do bytes. */
static void what_does_not_fit_goes_into_the_next_request(void **state)
{
    enum { EACH = 30000 };
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    make_questions(&place, 4);
    for (uint32_t i = 0; i < 4; i++) {
        struct wh_upgrade_package *package = &place.questions[i].package;
        free(package->differs);
        package->differs = calloc(EACH, sizeof *package->differs);
        assert_non_null(package->differs);
        for (uint32_t k = 0; k < EACH; k++)
            package->differs[k] = 2 * k;
        package->differs_count = EACH;
    }
    OK(ask(&place, false, &err));
    assert_int_equal(place.asked, 2);
    assert_int_equal(place.packages[0], 2);
    assert_int_equal(place.packages[1], 2);
}

static void what_was_answered_before_a_failure_stays(void **state)
{
    wh_cleanup(place_remove) struct place place;
    char url[64];

    (void)state;
    place_make(&place);
    OK(ask(&place, false, &err));
    make_questions(&place, 2);
    http_nobody(url);
    place.address.url = url;
    REFUSED(WH_MISSING, url, ask(&place, false, &err));
    assert_true(place.questions[0].is_answered);
    assert_false(place.questions[1].is_answered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_header_and_what_differs),
        cmocka_unit_test(tells_nothing_of_ghosts),
        cmocka_unit_test(some_questions_cannot_be_asked),
        cmocka_unit_test(one_question_one_answer),
        cmocka_unit_test(the_list_is_sent_where_it_is_asked_for),
        cmocka_unit_test(no_list_is_sent_twice),
        cmocka_unit_test(no_list_is_sent_of_nothing),
        cmocka_unit_test(a_bundle_must_start_from_what_was_reported),
        cmocka_unit_test(liblzma_is_ruled_out_for_good),
        cmocka_unit_test(answers_to_other_questions_are_none),
        cmocka_unit_test(all_packages_go_into_few_requests),
        cmocka_unit_test(a_package_twice_is_asked_for_twice),
        cmocka_unit_test(what_does_not_fit_goes_into_the_next_request),
        cmocka_unit_test(what_was_answered_before_a_failure_stays),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
