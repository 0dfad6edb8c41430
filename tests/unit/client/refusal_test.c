/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal_test.c - everything that can be wrong with a request, its bundles or the system: each
 * refusal says what, and leaves all as it was. */
#include "upgrade.h"

#include "assemble/budget.h"
#include "whittle/cleanup.h"

static void remove_step(struct upgrade *upgrade)
{
    assert_int_equal(unlink(upgrade->paths[UPGRADE_STEP]), 0);
}

static void no_step(struct upgrade *upgrade)
{
    remove_step(upgrade);
    scratch_put(&upgrade_root.scratch, "cache/another", "", 0);
}

static void step_is_a_link(struct upgrade *upgrade)
{
    remove_step(upgrade);
    assert_int_equal(symlink(upgrade->paths[UPGRADE_DOC], upgrade->paths[UPGRADE_STEP]), 0);
}

/* As if the index knew its size. */
static void measure_step(struct upgrade *upgrade)
{
    struct stat status;

    assert_int_equal(stat(upgrade->paths[UPGRADE_STEP], &status), 0);
    upgrade->request.bundles[UPGRADE_STEP].size = (uint64_t)status.st_size;
}

static void step_is_a_fifo(struct upgrade *upgrade)
{
    remove_step(upgrade);
    assert_int_equal(mkfifo(upgrade->paths[UPGRADE_STEP], 0600), 0);
    measure_step(upgrade);
}

static void step_is_a_folder(struct upgrade *upgrade)
{
    remove_step(upgrade);
    assert_int_equal(mkdir(upgrade->paths[UPGRADE_STEP], 0700), 0);
    measure_step(upgrade);
}

static void step_has_grown(struct upgrade *upgrade)
{
    upgrade->request.bundles[UPGRADE_STEP].size--;
}

static void step_has_shrunk(struct upgrade *upgrade)
{
    assert_int_equal(truncate(upgrade->paths[UPGRADE_STEP], 100), 0);
}

static void step_has_another_byte(struct upgrade *upgrade)
{
    upgrade->bundles[UPGRADE_STEP].data[300] ^= 1;
    scratch_put(&upgrade_root.scratch, "cache/step.wht", upgrade->bundles[UPGRADE_STEP].data,
        upgrade->bundles[UPGRADE_STEP].length);
}

static void step_is_larger_than_any(struct upgrade *upgrade)
{
    upgrade->request.bundles[UPGRADE_STEP].size = (1ull << 30) + 1;
    assert_int_equal(truncate(upgrade->paths[UPGRADE_STEP], (1ll << 30) + 1), 0);
}

static void step_is_no_bundle(struct upgrade *upgrade)
{
    upgrade_offer(upgrade, UPGRADE_STEP, (struct wh_bytes){(const uint8_t *)"no bundle", 9});
}

static void step_is_empty(struct upgrade *upgrade)
{
    upgrade_offer(upgrade, UPGRADE_STEP, (struct wh_bytes){(const uint8_t *)"", 0});
}

static void supplement_comes_first(struct upgrade *upgrade)
{
    upgrade_offer(upgrade, UPGRADE_STEP, wh_buffer_bytes(&upgrade->bundles[UPGRADE_CONFIG]));
}

static void supplement_is_foreign(struct upgrade *upgrade)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer other = {0};

    sample_supplement(&upgrade->old, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &other);
    upgrade_offer(upgrade, UPGRADE_CONFIG, wh_buffer_bytes(&other));
    upgrade->request.bundle_count = 2;
}

static void name_is_another(struct upgrade *upgrade)
{
    upgrade->request.nevra = TEXT("another-2-1.noarch");
}

static void name_has_not_the_form(struct upgrade *upgrade)
{
    upgrade->request.nevra = TEXT("sample");
}

static void version_is_another(struct upgrade *upgrade)
{
    upgrade->request.nevra = TEXT("sample-3-1.noarch");
}

static void epoch_is_another(struct upgrade *upgrade)
{
    upgrade->request.nevra = TEXT("sample-1:2-1.noarch");
}

static void step_starts_elsewhere(struct upgrade *upgrade)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    sample_step(&upgrade->new, &upgrade->new, NULL, &step);
    upgrade_offer(upgrade, UPGRADE_STEP, wh_buffer_bytes(&step));
}

static void sha256_is_another(struct upgrade *upgrade)
{
    upgrade->checksum[63] = '0';
}

static void sha256_is_short(struct upgrade *upgrade)
{
    upgrade->checksum[63] = '\0';
}

static void sha512_is_another(struct upgrade *upgrade)
{
    static char checksum[2 * 64 + 1];

    memset(checksum, '3', sizeof checksum - 1);
    upgrade->request.checksum_type = TEXT("sha512");
    upgrade->request.checksum_value = checksum;
}

static void sha512_is_short(struct upgrade *upgrade)
{
    upgrade->request.checksum_type = TEXT("sha512");
    upgrade->request.checksum_value = TEXT("22");
}

static void there_is_no_plugin(struct upgrade *upgrade)
{
    upgrade->run.canary = "there is no plugin";
}

static void config_is_edited(struct upgrade *upgrade)
{
    (void)upgrade;
    upgrade_edit("/etc/sample.conf");
}

static void program_is_gone(struct upgrade *upgrade)
{
    (void)upgrade;
    assert_int_equal(unlinkat(upgrade_root.scratch.folder, "usr/bin/sample", 0), 0);
}

static void program_has_another_byte(struct upgrade *upgrade)
{
    (void)upgrade;
    upgrade_edit("/usr/bin/sample");
}

static void kept_file_has_another_byte(struct upgrade *upgrade)
{
    (void)upgrade;
    upgrade_edit("/usr/lib/sample/same");
}

/* A header that no rpm takes, published all the same. */
static void rpm_refuses_the_header(struct upgrade *upgrade)
{
    upgrade->new.prefix.data[79] = 0; /* of the lead: the signature's kind */
    upgrade_offer_all(upgrade);
}

static void folder_is_not_there(struct upgrade *upgrade)
{
    (void)snprintf(upgrade->destination, sizeof upgrade->destination, "%s/none/sample.rpm",
        upgrade_root.scratch.path);
}

static void destination_is_a_folder(struct upgrade *upgrade)
{
    scratch_put(&upgrade_root.scratch, "taken/sample.rpm/inside", "", 0);
    (void)snprintf(upgrade->destination, sizeof upgrade->destination, "%s/taken/sample.rpm",
        upgrade_root.scratch.path);
}

static const struct refusal {
    void (*damage)(struct upgrade *upgrade);
    wh_status status;
    const char *part; /* of the message */
} refusals[] = {
    {no_step, WH_SYSTEM, "step.wht: No such file"},
    {step_is_a_link, WH_SYSTEM, "step.wht: Too many levels of symbolic links"},
    {step_is_a_fifo, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_is_a_folder, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_grown, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_shrunk, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_another_byte, WH_MISMATCH, "step.wht: its SHA-256 is not the index's"},
    {step_is_larger_than_any, WH_OVER_LIMIT, "over the limit"},
    {step_is_no_bundle, WH_MALFORMED, "bundle"},
    {step_is_empty, WH_MALFORMED, "bundle"},
    {supplement_comes_first, WH_MISSING, "version that the bundle starts from is not installed"},
    {supplement_is_foreign, WH_MISMATCH, "a supplement belongs to another package"},
    {name_is_another, WH_MISSING, "another-2-1.noarch: the version that"},
    {name_has_not_the_form, WH_MALFORMED, "sample: not NAME-VERSION-RELEASE.ARCH"},
    {version_is_another, WH_MISMATCH, "sample-3-1.noarch: the bundle is of sample-2-1.noarch"},
    {epoch_is_another, WH_MISMATCH, "sample-1:2-1.noarch: the bundle is of sample-2-1.noarch"},
    {step_starts_elsewhere, WH_MISSING, "version that the bundle starts from is not installed"},
    {sha256_is_another, WH_MISMATCH, "the bundle is of another package file"},
    {sha256_is_short, WH_MISMATCH, "the bundle is of another package file"},
    {sha512_is_another, WH_MISMATCH, "the bundle is of another package file"},
    {sha512_is_short, WH_MISMATCH, "the bundle is of another package file"},
    {there_is_no_plugin, WH_UNSUPPORTED, "sample-2-1.noarch: there is no plugin"},
    {config_is_edited, WH_MISSING, "/etc/sample.conf (a config supplement would)"},
    {program_is_gone, WH_MISSING, "has the content of /usr/bin/sample"},
    {program_has_another_byte, WH_MISSING, "has the content of /usr/bin/sample"},
    {kept_file_has_another_byte, WH_MISSING, "has the content of /usr/lib/sample/moved"},
    {rpm_refuses_the_header, WH_MISMATCH, "sample-2-1.noarch: rpm does not accept its header"},
    {folder_is_not_there, WH_SYSTEM, "/none/: No such file"},
    {destination_is_a_folder, WH_SYSTEM, "sample.rpm: cannot link into place"},
};

static void every_refusal_leaves_all_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        wh_cleanup(upgrade_remove) struct upgrade upgrade;
        struct wh_assembled assembled = {.bytes = 99};
        char before[128];
        upgrade_make(&upgrade);
        memcpy(before, upgrade.destination, sizeof before);
        scratch_put(&upgrade_root.scratch, "cache/sample.rpm", "before", 6);
        refusals[i].damage(&upgrade);
        REFUSED(refusals[i].status, refusals[i].part, upgrade_assemble(&upgrade, &assembled, &err));
        assert_int_equal(assembled.bytes, 99);
        upgrade_expect_file(before, "before", 6);
        assert_int_equal(scratch_names(&upgrade_root.scratch, "cache"), UPGRADE_BUNDLES + 1);
        OK(wh_budget_take(UPGRADE_BUDGET, UPGRADE_BUDGET, "all that there is", &err));
        wh_budget_return(UPGRADE_BUDGET);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_leaves_all_as_it_was),
    };

    return cmocka_run_group_tests(tests, upgrade_begin, upgrade_end);
}
