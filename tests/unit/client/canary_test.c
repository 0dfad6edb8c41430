/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canary_test.c - the canary as a package, and as a proof with our plugin, without it, and with one
 * that does not work. Installing needs root. */
#include "root.h"

#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>
#include <sys/mman.h>

#include "canary/canary.h"
#include "whittle/cleanup.h"
#include "whittle/prefix.h"

static void build(struct wh_buffer *out_package)
{
    *out_package = (struct wh_buffer){.ceiling = 1 << 20};
    OK(wh_canary_build(out_package, &err));
}

/* The prefix of the package and what follows it. */
static struct wh_bytes cut(struct wh_bytes package, struct wh_prefix *out_prefix)
{
    size_t length = 0;

    OK(wh_prefix_measure(package, &length, &err));
    assert_true(length < package.length);
    OK(wh_prefix_parse((struct wh_bytes){package.data, length}, out_prefix, &err));
    return (struct wh_bytes){package.data + length, package.length - length};
}

static void is_one_file_labelled_as_compressed(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer package = {0};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    struct wh_prefix prefix;

    (void)state;
    build(&package);
    struct wh_bytes payload = cut(wh_buffer_bytes(&package), &prefix);
    OK(wh_header_parse(prefix.header.bytes, &header, &err));
    assert_string_equal(header->name, "whittle-canary");
    assert_string_equal(header->payload_compressor, "xz");
    assert_int_equal(header->file_count, 1);
    assert_string_equal(header->files[0].dirname, "/");
    assert_string_equal(header->files[0].basename, &WH_CANARY_FILE[1]);
    assert_int_equal(header->files[0].size, strlen(WH_CANARY_CONTENT));
    assert_int_equal(memcmp(payload.data, "070701", 6), 0);
    assert_non_null(
        memmem(payload.data, payload.length, WH_CANARY_CONTENT, strlen(WH_CANARY_CONTENT)));
}

/* Only the digest of the plain payload may help. */
static void holds_what_its_header_says(void **state)
{
    enum { PAYLOADDIGEST = 5092 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer package = {0};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    struct wh_prefix prefix;
    struct wh_digest digest;
    struct wh_tag_entry entry;

    (void)state;
    build(&package);
    struct wh_bytes payload = cut(wh_buffer_bytes(&package), &prefix);
    OK(wh_header_parse(prefix.header.bytes, &header, &err));
    OK(wh_digest_of(WH_SHA256, payload, &digest, &err));
    assert_int_equal(header->payload_alt_count, 1);
    assert_true(wh_digest_equal(&digest, &header->payload_alt[0]));
    assert_true(wh_raw_header_find(&prefix.header, PAYLOADDIGEST, &entry));
    assert_int_equal(memcmp(entry.data.data, "00000000", 8), 0);
}

static void is_the_same_every_time(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer first = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer second = {0};

    (void)state;
    build(&first);
    build(&second);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.data, second.data, first.length);
}

static void needs_room(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer small = {.ceiling = 500};

    (void)state;
    REFUSED(WH_OVER_LIMIT, "more than 500 bytes", wh_canary_build(&small, &err));
}

static void rpm_reads_its_header(void **state)
{
    wh_cleanup(root_remove) struct root root;
    wh_cleanup(wh_buffer_clear) struct wh_buffer package = {0};
    wh_autoclose int fd = memfd_create("canary", MFD_CLOEXEC);
    Header header = NULL;

    (void)state;
    root_make(&root);
    build(&package);
    assert_int_equal(write(fd, package.data, package.length), package.length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    FD_t opened = fdDup(fd);
    assert_int_equal(rpmReadPackageFile(root.system->ts, opened, "canary", &header), RPMRC_OK);
    assert_string_equal(headerGetString(header, RPMTAG_NAME), "whittle-canary");
    assert_int_equal(headerGetNumber(header, RPMTAG_SIZE), strlen(WH_CANARY_CONTENT));
    (void)headerFree(header);
    (void)Fclose(opened);
}

/* ---- the proof ------------------------------------------------------------------------------ */

/* What /var/tmp has of canaries. */
static int count_roots(void)
{
    DIR *folder = opendir("/var/tmp");
    const struct dirent *entry;
    int count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        count += strncmp(entry->d_name, "whittle-canary-", 15) == 0;
    (void)closedir(folder);
    return count;
}

/* With whittle.so of that folder as the only plugin, if it is there. */
static wh_status prove_with(const char *folder, struct wh_error *err)
{
    char plugin[512];
    int before = count_roots();

    (void)snprintf(plugin, sizeof plugin, "%s/whittle.so", folder);
    (void)rpmPushMacro(NULL, "__plugindir", NULL, folder, RMIL_CMDLINE);
    (void)rpmPushMacro(NULL, "__transaction_whittle", NULL, plugin, RMIL_CMDLINE);
    wh_status status = wh_canary_prove(err);
    (void)rpmPopMacro(NULL, "__transaction_whittle");
    (void)rpmPopMacro(NULL, "__plugindir");
    assert_int_equal(count_roots(), before);
    return status;
}

static void refuses_where_no_plugin_works(void **state)
{
    wh_cleanup(scratch_remove) struct scratch folder = scratch_make();

    (void)state;
    const char *why = geteuid() == 0 ? "is whittle's rpm plugin installed?" : "only root";
    REFUSED(WH_UNSUPPORTED, why, prove_with(folder.path, &err));
    scratch_put(&folder, "whittle.so", "no library", 10);
    REFUSED(WH_UNSUPPORTED, why, prove_with(folder.path, &err));
}

static void only_root_can_tell(void **state)
{
    uid_t user = geteuid();

    (void)state;
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    struct wh_error err = {0};
    wh_status status = prove_with("/nonexistent", &err);
    if (user == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, WH_UNSUPPORTED);
    assert_non_null(strstr(err.message, "only root"));
}

static void our_plugin_is_proved(void **state)
{
    (void)state;
    if (geteuid() != 0 || !PLUGIN_FOLDER[0]) /* or it is not built */
        skip();
    OK(prove_with(PLUGIN_FOLDER, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_one_file_labelled_as_compressed),
        cmocka_unit_test(holds_what_its_header_says),
        cmocka_unit_test(is_the_same_every_time),
        cmocka_unit_test(needs_room),
        cmocka_unit_test(rpm_reads_its_header),
        cmocka_unit_test(refuses_where_no_plugin_works),
        cmocka_unit_test(only_root_can_tell),
        cmocka_unit_test(our_plugin_is_proved),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
