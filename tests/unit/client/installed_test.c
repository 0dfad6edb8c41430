/* SPDX-License-Identifier: GPL-2.0-or-later */
/* installed_test.c - packages of a real rpm database. */
#include "root.h"

#include <rpm/rpmpgp.h>
#include <rpm/rpmts.h>

#include "whittle/cleanup.h"

/* A key that nobody has the other half of. */
/* clang-format off */
static const char public_key[] =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
    "\n"
    "mQENBF4L4QABCADjIjt+NDUmtfJRjqHRYcD8K3q20QF0lcow1cCcfZiMAk/kb64+\n"
    "y+rZx6cyWthYkgLeY4YZwdPskMa2mFMhxnRRNks4KJn53dbtseohKJmqdwqvAl6Y\n"
    "IIT8ZX0hpv/xe72ztR4h6cJ0vm1IjvKoTWiIYvbOl/g8ik37/vEPJBfZiZOi9VSV\n"
    "/w10Himku6bLJ2llSTNF630R2azJ5sB+cKZr8EV4duV3zlBQhS1F2r0DNBGshMZK\n"
    "GPAblOsiBkJbou7fqSOZ3ubtRu6TI9OjSrvV+g22ivdf9QjuPyQOX7iXoIL2/2+z\n"
    "2/0o7vJ2haDW9hsnmnY1v7UDhzGeBcIA47dtABEBAAG0DHdoaXR0bGUgdGVzdIkB\n"
    "TgQTAQoAOBYhBOHDJllf14Dx/FT3E6H5/nkqjLrxBQJeC+EAAhsDBQsJCAcCBhUK\n"
    "CQgLAgQWAgMBAh4BAheAAAoJEKH5/nkqjLrxHAUIAJJVZ8cPdLQVDIxiaftGTCen\n"
    "IokbqRXxbxBpkGM+wnlSq1dKShwfv10PE3nAkAmAJdXWumwaT8dkDEm8GsXNmIZK\n"
    "2X7I0PZg4WHO9hxd596gu9aK/5HjKwftQokaZOL6NAlPMmgnMbro3w8MTf6rxSjV\n"
    "0/vVgUSSVOwPUsaWkZ5uHz1RCmO0BaVhuP3rcthbFhTDlMEDe+u5n21mEWOHZ9FV\n"
    "PZVoCaEKBHuPZ3NiS3k6xtV54R/sTcMnJiobQkbHdLZRgDtMakzWN2XTTxxSrvlr\n"
    "Bv4KmJXVMpPkORUipVm+ndAfIIy2ccbieLWQVtQwM6Or4gCOt9Xy3QExXwhOi+c=\n"
    "=/47D\n"
    "-----END PGP PUBLIC KEY BLOCK-----\n";
/* clang-format on */

static uint32_t file_of(const struct wh_installed *installed, const char *path)
{
    for (uint32_t i = 0; i < installed->header->file_count; i++)
        if (strcmp(installed->paths[i], path) == 0)
            return i;
    fail_msg("no file %s", path);
    return 0;
}

static void finds_nothing_where_nothing_is(void **state)
{
    wh_cleanup(root_remove) struct root root;
    struct wh_installed *list = NULL;
    uint32_t count = 1;

    (void)state;
    root_make(&root);
    OK(wh_installed_find(root.system, "sample", &list, &count, &err));
    assert_int_equal(count, 0);
    wh_installed_free(list, count);
}

static void gives_the_header_as_published(void **state)
{
    wh_cleanup(root_remove) struct root root;
    wh_cleanup(sample_clear) struct sample old;
    struct wh_installed *found;

    (void)state;
    sample_old(&old);
    root_make(&root);
    root_enter(&root, &old, NULL);
    found = root_find(&root, "sample");
    assert_int_equal(found->header_bytes.length, old.parsed.header.bytes.length);
    assert_memory_equal(
        found->header_bytes.data, old.parsed.header.bytes.data, found->header_bytes.length);
    assert_memory_equal(found->header->id, old.header->id, WH_SHA256_LENGTH);
    for (uint32_t i = 0; i < old.header->file_count; i++) {
        const struct wh_file *file = &old.header->files[i];
        char path[256];
        (void)snprintf(path, sizeof path, "%s%s", file->dirname, file->basename);
        assert_string_equal(found->paths[i], path);
        assert_true(found->is_normal[i]);
    }
    wh_installed_free(found, 1);
}

/* rpm remembers for each file whether it is still this package's. */
static void knows_which_files_another_package_replaced(void **state)
{
    wh_cleanup(root_remove) struct root root;
    wh_cleanup(sample_clear) struct sample old;
    wh_cleanup(sample_clear) struct sample new;
    struct wh_installed *list = NULL;
    uint32_t count = 0;

    (void)state;
    sample_old(&old);
    sample_new(&new);
    root_make(&root);
    root_enter(&root, &old, NULL);
    root_enter(&root, &new, NULL);
    OK(wh_installed_find(root.system, "sample", &list, &count, &err));
    assert_int_equal(count, 2);
    const struct wh_installed *found = &list[strcmp(list[0].header->version, "1") != 0];
    assert_string_equal(found->header->version, "1");
    assert_false(found->is_normal[file_of(found, "/usr/bin/sample")]);
    assert_false(found->is_normal[file_of(found, "/usr/share/doc/sample/NEWS")]);
    assert_true(found->is_normal[file_of(found, "/usr/lib/sample/same")]);
    wh_installed_free(list, count);
}

static void a_relocated_package_is_where_it_was_put(void **state)
{
    wh_cleanup(root_remove) struct root root;
    wh_cleanup(sample_clear) struct sample old;
    struct wh_installed *found;

    (void)state;
    sample_old(&old);
    root_make(&root);
    root_enter(&root, &old, "/opt");
    found = root_find(&root, "sample");
    assert_memory_equal(found->header->id, old.header->id, WH_SHA256_LENGTH);
    (void)file_of(found, "/etc/sample.conf");
    uint32_t file = file_of(found, "/opt/bin/sample");
    assert_string_equal(found->header->files[file].basename, "sample");
    assert_string_equal(found->header->files[file].dirname, "/usr/bin/");
    wh_installed_free(found, 1);
}

static void finds_every_version_of_a_name(void **state)
{
    wh_cleanup(root_remove) struct root root;
    struct wh_installed *list = NULL;
    uint32_t count = 0;
    struct sample samples[3];
    int seen[3] = {0};

    (void)state;
    root_make(&root);
    sample_old(&samples[0]);
    sample_new(&samples[1]);
    sample_make(&samples[2], "3", NULL, 0, NULL);
    for (int i = 0; i < 3; i++)
        root_enter(&root, &samples[i], NULL);
    OK(wh_installed_find(root.system, "sample", &list, &count, &err));
    assert_int_equal(count, 3);
    for (uint32_t k = 0; k < count; k++)
        for (int i = 0; i < 3; i++)
            seen[i] += memcmp(list[k].header->id, samples[i].header->id, WH_SHA256_LENGTH) == 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(seen[i], 1);
        sample_clear(&samples[i]);
    }
    wh_installed_free(list, count);
}

/* rpm keeps them in its database, but nobody published a header of them. */
static void keys_are_no_packages(void **state)
{
    wh_cleanup(root_remove) struct root root;
    wh_autofree uint8_t *packet = NULL;
    struct wh_installed *list = NULL;
    uint32_t count = 1;
    size_t length;

    (void)state;
    root_make(&root);
    assert_int_equal(pgpParsePkts(public_key, &packet, &length), PGPARMOR_PUBKEY);
    root_import(&root, packet, length);
    OK(wh_installed_find(root.system, "gpg-pubkey", &list, &count, &err));
    assert_int_equal(count, 0);
    wh_installed_free(list, count);
}

static void a_name_is_no_pattern(void **state)
{
    static const char *const names[] = {"sampl", "sample*", "*", "SAMPLE", "sample-1", ""};
    wh_cleanup(root_remove) struct root root;
    wh_cleanup(sample_clear) struct sample old;

    (void)state;
    sample_old(&old);
    root_make(&root);
    root_enter(&root, &old, NULL);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct wh_installed *list = NULL;
        uint32_t count = 1;
        OK(wh_installed_find(root.system, names[i], &list, &count, &err));
        assert_int_equal(count, 0);
        wh_installed_free(list, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_where_nothing_is),
        cmocka_unit_test(gives_the_header_as_published),
        cmocka_unit_test(knows_which_files_another_package_replaced),
        cmocka_unit_test(a_relocated_package_is_where_it_was_put),
        cmocka_unit_test(finds_every_version_of_a_name),
        cmocka_unit_test(keys_are_no_packages),
        cmocka_unit_test(a_name_is_no_pattern),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
