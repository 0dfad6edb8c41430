/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof_test.c - liblzma is proved once a version, and nothing that the file holds or the folder
 * refuses makes more of it than another proof. */
#include "scratch.h"

#include <sys/stat.h>

#include "select/proof.h"
#include "whittle/cleanup.h"
#include "whittle/xz.h"

/* ---- liblzma's part ------------------------------------------------------------------------- */

static const char *version = "5.4.1";
static wh_status verdict = WH_OK;
static int proofs;

wh_status __wrap_wh_xz_prove(struct wh_error *err);
const char *__wrap_wh_xz_version(void);

wh_status __wrap_wh_xz_prove(struct wh_error *err)
{
    (void)err;
    proofs++;
    return verdict;
}

const char *__wrap_wh_xz_version(void)
{
    return version;
}

/* ---- the cases ------------------------------------------------------------------------------ */

static struct scratch scratch;

static int make(void **state)
{
    (void)state;
    scratch = scratch_make();
    version = "5.4.1";
    verdict = WH_OK;
    proofs = 0;
    return 0;
}

static int take_away(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

/* A new run asks, twice. */
static void expect(const char *folder, bool holds, int proofs_until_now)
{
    struct wh_proof proof = {.folder = folder};

    assert_int_equal(wh_proof_holds(&proof), holds);
    assert_int_equal(wh_proof_holds(&proof), holds);
    assert_int_equal(proofs, proofs_until_now);
}

static void expect_file(const char *text)
{
    char found[256] = "";
    wh_autoclose int fd = openat(scratch.folder, WH_PROOF_FILE, O_RDONLY | O_CLOEXEC);
    struct stat status;

    assert_int_equal(read(fd, found, sizeof found - 1), strlen(text));
    assert_string_equal(found, text);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(scratch_names(&scratch, "."), 1);
}

static void a_verdict_is_remembered_for_its_version(void **state)
{
    (void)state;
    expect(scratch.path, true, 1);
    expect_file("5.4.1 same\n");
    expect(scratch.path, true, 1);
    version = "5.6.0";
    verdict = WH_UNSUPPORTED;
    expect(scratch.path, false, 2);
    expect_file("5.6.0 differs\n");
    expect(scratch.path, false, 2);
    version = "5.4.1"; /* the last one counts */
    verdict = WH_OK;
    expect(scratch.path, true, 3);
}

static void without_a_folder_each_run_proves(void **state)
{
    (void)state;
    expect(NULL, true, 1);
    expect(NULL, true, 2);
    expect("/nonexistent/folder", true, 3);
    expect("/proc", true, 4); /* nobody may write there */
}

/* For lack of memory nothing is known. */
static void trouble_is_no_verdict(void **state)
{
    struct wh_proof proof = {.folder = scratch.path};

    (void)state;
    verdict = WH_NO_MEMORY;
    assert_false(wh_proof_holds(&proof));
    assert_int_equal(scratch_names(&scratch, "."), 0);
    verdict = WH_OK;
    assert_true(wh_proof_holds(&proof));
    assert_int_equal(proofs, 2);
}

static void a_file_of_any_kind_costs_a_proof(void **state)
{
    static const char *const texts[] = {"", "\n", "5.4.1", "5.4.1 same", "5.4.1 same\n\n",
        "5.4.1 same\nmore", "5.4.1 SAME\n", "5.4.10 same\n", "same\n", "5.4.1  same\n"};
    char large[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        scratch_put(&scratch, WH_PROOF_FILE, texts[i], strlen(texts[i]));
        expect(scratch.path, true, (int)i + 1);
        expect_file("5.4.1 same\n");
    }
    memset(large, '5', sizeof large);
    scratch_put(&scratch, WH_PROOF_FILE, large, sizeof large);
    expect(scratch.path, true, (int)COUNT(texts) + 1);
    expect_file("5.4.1 same\n");
}

/* None is followed or waited for, and a folder in its place stays. */
static void what_is_no_file_is_replaced(void **state)
{
    (void)state;
    scratch_put(&scratch, "elsewhere/" WH_PROOF_FILE, "5.4.1 differs\n", 14);
    assert_int_equal(symlinkat("elsewhere/" WH_PROOF_FILE, scratch.folder, WH_PROOF_FILE), 0);
    expect(scratch.path, true, 1);
    scratch_clear(&scratch, "elsewhere");
    expect_file("5.4.1 same\n");
    assert_int_equal(unlinkat(scratch.folder, WH_PROOF_FILE, 0), 0);
    assert_int_equal(mkfifoat(scratch.folder, WH_PROOF_FILE, 0600), 0);
    expect(scratch.path, true, 2);
    expect_file("5.4.1 same\n");
    assert_int_equal(unlinkat(scratch.folder, WH_PROOF_FILE, 0), 0);
    assert_int_equal(mkdirat(scratch.folder, WH_PROOF_FILE, 0700), 0);
    expect(scratch.path, true, 3);
    assert_int_equal(scratch_names(&scratch, "."), 1); /* and nothing half-done beside it */
}

/* One that would not fit into the line is cut off, the same way each time. */
static void a_version_may_be_long(void **state)
{
    char text[300];

    (void)state;
    memset(text, '9', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    version = text;
    verdict = WH_UNSUPPORTED;
    expect(scratch.path, false, 1);
    expect(scratch.path, false, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_verdict_is_remembered_for_its_version, make, take_away),
        cmocka_unit_test_setup_teardown(without_a_folder_each_run_proves, make, take_away),
        cmocka_unit_test_setup_teardown(trouble_is_no_verdict, make, take_away),
        cmocka_unit_test_setup_teardown(a_file_of_any_kind_costs_a_proof, make, take_away),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_replaced, make, take_away),
        cmocka_unit_test_setup_teardown(a_version_may_be_long, make, take_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
