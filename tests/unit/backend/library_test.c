/* SPDX-License-Identifier: GPL-2.0-or-later */
/* library_test.c - repositories that are watched: publications, advisories, what lies between two
 * versions, and the packages that are unpacked for cuts. */
#include "made_package.h"

#include <pthread.h>

#include "versions.h"
#include "whittle/cleanup.h"
#include "whittled/between.h"
#include "whittled/packages.h"

static const struct made_file files_1[] = {
    {"gone-early", "x", 1, 0, 0}, {"kept.conf", "a = 1\n", 1, WH_FILE_CONFIG | 1u << 4, 0}};
static const struct made_file files_2[] = {
    {"between", "y", 1, 0, 0}, {"kept.conf", "a = 2\n", 1, WH_FILE_CONFIG | 1u << 4, 0}};
static const struct made_file files_3[] = {
    {"kept.conf", "a = 3\n", 1, WH_FILE_CONFIG | 1u << 4, 0}};

#define MADE(number, list)                                                                         \
    {                                                                                              \
        .location = number ".rpm", .name = "made", .version = (number), .files = (list),           \
        .file_count = COUNT(list)                                                                  \
    }

static const struct made_package versions[] = {
    MADE("1", files_1), MADE("2", files_2), MADE("3", files_3)};

/* A repository with some versions, and a catalogue. */
struct place {
    struct scratch repository;
    struct scratch own;
    char catalogue[128];
    const char *path;
    struct wh_library_options options;
};

static void publish(struct place *place, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        make_package(&place->repository, &versions[i]);
    make_metadata(&place->repository, versions, count);
}

static void place_make(struct place *place, uint32_t count)
{
    *place = (struct place){.repository = scratch_make(), .own = scratch_make()};
    (void)snprintf(place->catalogue, sizeof place->catalogue, "%s/c", place->own.path);
    place->path = place->repository.path;
    place->options = (struct wh_library_options){.repositories = &place->path,
        .repository_count = 1,
        .catalogue = place->catalogue,
        .interval = 1};
    publish(place, count);
}

static void place_remove(struct place *place)
{
    scratch_remove(&place->repository);
    scratch_remove(&place->own);
}

static void close_library(struct wh_library **library)
{
    wh_library_free(*library);
}

static void close_catalogue(struct wh_catalogue **catalogue)
{
    wh_catalogue_close(*catalogue);
}

static void wait_for_publications(struct wh_library *library, uint64_t count)
{
    while (wh_library_publications(library) < count)
        (void)usleep(10000);
}

static void find_versions(struct place *place, struct wh_known_packages *out_known)
{
    wh_cleanup(close_catalogue) struct wh_catalogue *catalogue = NULL;

    *out_known = (struct wh_known_packages){0};
    OK(wh_catalogue_open(place->catalogue, &catalogue, &err));
    OK(wh_catalogue_versions(catalogue, "made", "noarch", out_known, &err));
}

/* ---- publications ------------------------------------------------------------------------------
 */

static void sees_publications(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};

    (void)state;
    place_make(&place, 1);
    OK(wh_library_new(&place.options, &library, &err));
    assert_int_equal(wh_library_packages(library), 1);
    publish(&place, 3);
    wait_for_publications(library, 2);
    assert_int_equal(wh_library_packages(library), 3);
    find_versions(&place, &known);
    assert_int_equal(known.count, 3);
    assert_string_equal(known.packages[2].evr, "3-1");
    assert_string_equal(known.packages[2].location, "3.rpm");
}

static void passes_a_damaged_package_over(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    struct wh_library *none = NULL;

    (void)state;
    place_make(&place, 3);
    scratch_put(&place.repository, "2.rpm", "no package", 10);
    OK(wh_library_new(&place.options, &library, &err));
    assert_int_equal(wh_library_packages(library), 2);
    assert_int_equal(unlinkat(place.repository.folder, "repodata/repomd.xml", 0), 0);
    if (wh_library_new(&place.options, &none, NULL) == WH_OK)
        fail_msg("a repository without metadata was taken");
    assert_null(none);
    assert_int_equal(wh_library_packages(library), 2); /* what was known stays */
}

/* ---- advisories ---------------------------------------------------------------------------------
 */

static const char updates[] =
    "<updates>"
    "<update><id>A-1</id><pkglist><collection><package name='made' epoch='0' version='2' "
    "release='1' "
    "arch='noarch'><filename>2.rpm</filename><restart_suggested>True</restart_suggested></package>"
    "</collection></pkglist></update>"
    "<update><id>A-2</id><pkglist><collection><package name='made' epoch='0' version='3' "
    "release='1' "
    "arch='noarch'><filename>3.rpm</filename><reboot_suggested>True</reboot_suggested></package>"
    "</collection></pkglist></update>"
    "<update><id>A-3</id><pkglist><collection><package name='made' epoch='0' version='3' "
    "release='1' "
    "arch='noarch'><filename>3.rpm</filename><relogin_suggested>True</relogin_suggested></package>"
    "</collection></pkglist></update>"
    "<update><id>A-4</id><pkglist><collection><package name='made' epoch='0' version='3' "
    "release='1' "
    "arch='noarch'><filename>3.rpm</filename></package></collection></pkglist></update>"
    "<update><id>two words</id><pkglist><collection><package name='made' epoch='0' version='3' "
    "release='1' arch='noarch'><reboot_suggested>True</reboot_suggested></package>"
    "</collection></pkglist></update>"
    "</updates>";

/* Adds the update information to a repository's metadata. */
static void put_updates(const struct place *place, const char *text)
{
    char repomd[4096] = "";
    char hex[2 * WH_SHA256_LENGTH + 1];
    wh_autofree char *more = NULL;
    struct wh_digest digest;
    int fd = openat(place->repository.folder, "repodata/repomd.xml", O_RDONLY | O_CLOEXEC);

    assert_true(read(fd, repomd, sizeof repomd - 1) > 0);
    (void)close(fd);
    OK(wh_digest_of(
        WH_SHA256, (struct wh_bytes){(const uint8_t *)updates, strlen(updates)}, &digest, &err));
    wh_hex(digest.bytes, digest.length, hex);
    *strstr(repomd, "</repomd>") = '\0';
    assert_true(
        asprintf(&more,
            "%s<data type=\"updateinfo\"><checksum type=\"sha256\">%s</checksum>"
            "<location href=\"repodata/updateinfo.xml\"/><timestamp>9</timestamp></data></repomd>",
            repomd, hex) > 0);
    scratch_put(&place->repository, "repodata/updateinfo.xml", text, strlen(text));
    scratch_put(&place->repository, "repodata/repomd.xml", more, strlen(more));
}

struct heard {
    unsigned count;
    enum wh_suggestion suggestions[8];
    char advisories[8][16];
};

static void hear(void *context, const char *advisory, enum wh_suggestion suggestion)
{
    struct heard *heard = context;

    assert_true(heard->count < 8);
    (void)snprintf(heard->advisories[heard->count], 16, "%s", advisory);
    heard->suggestions[heard->count++] = suggestion;
}

static void tells_what_advisories_ask_for(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    struct heard second = {0};
    struct heard third = {0};
    struct heard none = {0};

    (void)state;
    place_make(&place, 3);
    put_updates(&place, updates);
    OK(wh_library_new(&place.options, &library, &err));
    wh_library_advise(library, "made", "2-1", "noarch", hear, &second);
    assert_int_equal(second.count, 1);
    assert_string_equal(second.advisories[0], "A-1");
    assert_int_equal(second.suggestions[0], WH_SUGGEST_RESTART);
    wh_library_advise(library, "made", "3-1", "noarch", hear, &third);
    assert_int_equal(third.count, 2); /* one asks for nothing, one has no id that can be written */
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(third.suggestions[i],
            strcmp(third.advisories[i], "A-2") == 0 ? WH_SUGGEST_REBOOT : WH_SUGGEST_RELOGIN);
    wh_library_advise(library, "made", "1-1", "noarch", hear, &none);
    wh_library_advise(library, "made", "3-1", "x86_64", hear, &none);
    wh_library_advise(library, "other", "3-1", "noarch", hear, &none);
    assert_int_equal(none.count, 0);
}

static void refuses_update_information_that_is_not_what_was_published(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_library *library = NULL;

    (void)state;
    place_make(&place, 1);
    put_updates(&place, "<updates></updates>");
    REFUSED(WH_MISMATCH, "checksum", wh_library_new(&place.options, &library, &err));
}

/* ---- between
 * ------------------------------------------------------------------------------------- */

static const struct wh_operation *operation(const struct wh_operations *found, const char *name)
{
    for (uint32_t i = 0; i < found->count; i++)
        if (strcmp(strrchr(found->operations[i].path, '/') + 1, name) == 0)
            return &found->operations[i];
    return NULL;
}

static void merges_what_lies_between(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    wh_cleanup(close_catalogue) struct wh_catalogue *catalogue = NULL;
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};
    wh_cleanup(wh_operations_clear) struct wh_operations up = {0};
    wh_cleanup(wh_operations_clear) struct wh_operations down = {0};
    wh_cleanup(wh_operations_clear) struct wh_operations same = {0};
    uint32_t edited[] = {1}; /* kept.conf */
    const struct wh_upgrade_package asked = {.differs = edited, .differs_count = 1};
    const struct wh_upgrade_package untouched = {.differs_count = 0};

    (void)state;
    place_make(&place, 3);
    put_updates(&place, updates);
    OK(wh_library_new(&place.options, &library, &err));
    OK(wh_catalogue_open(place.catalogue, &catalogue, &err));
    find_versions(&place, &known);
    assert_int_equal(known.count, 3);

    OK(wh_operations_between(
        library, catalogue, &known.packages[0], &known.packages[2], &asked, &up, &err));
    assert_int_equal(up.suggestion, WH_SUGGEST_REBOOT);
    assert_int_equal(up.advisory_count, 3);
    assert_string_equal(up.advisories[0], "A-1"); /* in the order of the versions */
    assert_int_equal(operation(&up, "gone-early")->kind, WH_OPERATION_REMOVE);
    assert_int_equal(operation(&up, "kept.conf")->kind, WH_OPERATION_KEEP);
    assert_null(operation(&up, "between")); /* came and went */

    OK(wh_operations_between(
        library, catalogue, &known.packages[2], &known.packages[0], &untouched, &down, &err));
    assert_null(operation(&down, "gone-early"));
    assert_int_equal(down.suggestion, WH_SUGGEST_NOTHING);
    OK(wh_operations_between(
        library, catalogue, &known.packages[1], &known.packages[1], &untouched, &same, &err));
    assert_int_equal(same.count, 0);
}

/* ---- unpacked packages
 * ---------------------------------------------------------------------------- */

struct taker {
    struct wh_packages *packages;
    const struct wh_known_packages *known;
    unsigned seed;
    unsigned failures;
};

static void *take_and_give(void *context)
{
    struct taker *taker = context;

    for (unsigned i = 0; i < 300; i++) {
        const struct wh_subject *subject = NULL;
        const struct wh_known_package *known = &taker->known->packages[(i * 7 + taker->seed) % 3];
        enum wh_role role = (i + taker->seed) % 2 ? WH_ROLE_TARGET : WH_ROLE_ORIGIN;
        if (wh_packages_take(taker->packages, known, role, &subject, NULL) != WH_OK ||
            memcmp(subject->file.header->id, known->header_id, WH_SHA256_LENGTH) != 0 ||
            !subject->file.payload.data)
            taker->failures++;
        if (subject)
            wh_packages_give(taker->packages, subject);
    }
    return NULL;
}

static void several_threads_take_packages(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};
    struct wh_packages *packages = NULL;
    pthread_t threads[6];
    struct taker takers[COUNT(threads)];

    (void)state;
    place_make(&place, 3);
    OK(wh_library_new(&place.options, &library, &err));
    find_versions(&place, &known);
    OK(wh_packages_new(1, &packages, &err)); /* nothing stays that nobody uses */
    for (unsigned i = 0; i < COUNT(threads); i++) {
        takers[i] = (struct taker){packages, &known, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &takers[i]), 0);
    }
    for (unsigned i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(takers[i].failures, 0);
    }
    wh_packages_free(packages);
}

static void keeps_packages_and_tries_failures_again(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(close_library) struct wh_library *library = NULL;
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};
    struct wh_packages *packages = NULL;
    const struct wh_subject *first = NULL;
    const struct wh_subject *again = NULL;

    (void)state;
    place_make(&place, 3);
    OK(wh_library_new(&place.options, &library, &err));
    find_versions(&place, &known);
    OK(wh_packages_new(1 << 20, &packages, &err));
    OK(wh_packages_take(packages, &known.packages[0], WH_ROLE_TARGET, &first, &err));
    wh_packages_give(packages, first);
    assert_int_equal(unlinkat(place.repository.folder, "1.rpm", 0), 0);
    OK(wh_packages_take(packages, &known.packages[0], WH_ROLE_TARGET, &again, &err));
    assert_ptr_equal(again, first); /* it was kept */
    wh_packages_give(packages, again);

    assert_int_equal(
        renameat(place.repository.folder, "3.rpm", place.repository.folder, "aside"), 0);
    assert_int_not_equal(
        wh_packages_take(packages, &known.packages[2], WH_ROLE_ORIGIN, &again, NULL), WH_OK);
    make_package(&place.repository, &(struct made_package)MADE("3", files_2));
    REFUSED(WH_MISMATCH, "not the package that it was",
        wh_packages_take(packages, &known.packages[2], WH_ROLE_ORIGIN, &again, &err));
    assert_int_equal(
        renameat(place.repository.folder, "aside", place.repository.folder, "3.rpm"), 0);
    OK(wh_packages_take(packages, &known.packages[2], WH_ROLE_ORIGIN, &again, &err));
    wh_packages_give(packages, again);
    wh_packages_free(packages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_publications),
        cmocka_unit_test(passes_a_damaged_package_over),
        cmocka_unit_test(tells_what_advisories_ask_for),
        cmocka_unit_test(refuses_update_information_that_is_not_what_was_published),
        cmocka_unit_test(merges_what_lies_between),
        cmocka_unit_test(several_threads_take_packages),
        cmocka_unit_test(keeps_packages_and_tries_failures_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
