/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hook_test.c - what the plugin's hook does to a header. The transaction is made up: the linker
 * sends the hook's questions to it here. */
#include <fcntl.h>
#include <rpm/header.h>
#include <rpm/rpmtd.h>
#include <rpm/rpmte.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hooks.h"
#include "plugin_unit.h"

enum { TAG_PACKAGEDIGESTS = 5118, TAG_PACKAGEDIGESTALGOS = 5119, UID_OF_NO_ROOT = 1000 };

#define DIGITS_16 "0123456789abcdef"
#define DIGITS_64 DIGITS_16 DIGITS_16 DIGITS_16 DIGITS_16
#define MD5 "\0\0\x01\x05\0\0\0\x10" DIGITS_16
#define PGP "\0\0\x01\x03\0\0\0\x03pgp"
#define SHA256 "\0\0\x13\xfe\0\0\0\x21\x08" DIGITS_16 DIGITS_16
#define SHA512 "\0\0\x13\xfe\0\0\0\x41\x0a" DIGITS_64
#define CARRIER "WHTCARR\x01\0\0\0\x04" PGP MD5 SHA256 SHA512

#define HEX_16 "30313233343536373839616263646566"
#define HEX_32 HEX_16 HEX_16
#define HEX_64 HEX_32 HEX_32

extern struct rpmPluginHooks_s whittle_hooks;

/* ---- what the hook asks for ------------------------------------------------------------------ */

static struct {
    Header header; /* the element's */
    rpmElementType type;
    char version[16]; /* of rpm */
    int put_count;
    char digests[2][129];
    uint32_t algorithms[2];
} host;

const char *const __wrap_RPMVERSION = host.version;

rpmElementType __wrap_rpmteType(rpmte element);
Header __wrap_rpmteHeader(rpmte element);
int __wrap_headerPutStringArray(Header header, rpmTagVal tag, const char **array, rpm_count_t size);
int __wrap_headerPutUint32(Header header, rpmTagVal tag, const uint32_t *numbers, rpm_count_t size);

rpmElementType __wrap_rpmteType(rpmte element)
{
    (void)element;
    return host.type;
}

Header __wrap_rpmteHeader(rpmte element)
{
    (void)element;
    return host.header ? headerLink(host.header) : NULL;
}

/* The librpm of a test may be too old to know the tags of package digests. */
int __wrap_headerPutStringArray(Header header, rpmTagVal tag, const char **array, rpm_count_t size)
{
    assert_ptr_equal(header, host.header);
    assert_int_equal(tag, TAG_PACKAGEDIGESTS);
    assert_in_range(size, 1, 2);
    for (rpm_count_t i = 0; i < size; i++)
        (void)snprintf(host.digests[i], sizeof host.digests[i], "%s", array[i]);
    host.put_count = (int)size;
    return 1;
}

int __wrap_headerPutUint32(Header header, rpmTagVal tag, const uint32_t *numbers, rpm_count_t size)
{
    assert_ptr_equal(header, host.header);
    assert_int_equal(tag, TAG_PACKAGEDIGESTALGOS);
    assert_int_equal(size, host.put_count);
    memcpy(host.algorithms, numbers, size * sizeof *numbers);
    return 1;
}

/* ---- packages -------------------------------------------------------------------------------- */

static void put(Header header, rpmTagVal tag, rpmTagType type, const void *data, uint32_t count)
{
    struct rpmtd_s row = {
        .tag = tag, .type = type, .data = (void *)(uintptr_t)data, .count = count};

    assert_int_equal(headerPut(header, &row, HEADERPUT_DEFAULT), 1);
}

/* As rpm reads it from a file: with a region, which headers made in memory get when exported. */
static Header package_header(void)
{
    Header header = headerNew();
    unsigned length;

    put(header, RPMTAG_NAME, RPM_STRING_TYPE, "package", 1);
    put(header, RPMTAG_VERSION, RPM_STRING_TYPE, "1", 1);
    put(header, RPMTAG_PAYLOADCOMPRESSOR, RPM_STRING_TYPE, "zstd", 1);
    header = headerReload(header, RPMTAG_HEADERIMMUTABLE);
    uint8_t *blob = headerExport(header, &length);
    (void)headerFree(header);
    header = headerImport(blob, length, 0); /* takes the blob */
    assert_non_null(header);
    return header;
}

static void append(int fd, const void *bytes, size_t length)
{
    assert_int_equal(write(fd, bytes, length), length);
}

/* A file with the header and that payload, at which it stands; its reserved tag holds the carrier.
 */
static int package_file(Header header, const char *payload)
{
    static const uint8_t lead[96];
    static const char carrier[] = CARRIER;
    const uint8_t signature[32] = {0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
        sizeof carrier - 1, 0, 0, 0x03, 0xf0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, sizeof carrier - 1};
    unsigned length;
    uint8_t *blob = headerExport(header, &length);
    int fd = memfd_create("package", MFD_CLOEXEC);

    assert_non_null(blob);
    append(fd, lead, sizeof lead);
    append(fd, signature, sizeof signature);
    append(fd, carrier, sizeof carrier - 1);
    append(fd, lead, (0 - sizeof signature - sizeof carrier + 1) & 7);
    append(fd, signature, 8);
    append(fd, blob, length);
    off_t start = lseek(fd, 0, SEEK_CUR);
    append(fd, payload, strlen(payload));
    assert_int_equal(lseek(fd, start, SEEK_SET), start);
    free(blob);
    return fd;
}

/* ---- cases ----------------------------------------------------------------------------------- */

struct world {
    int fd;
    uint8_t *before; /* the immutable region */
    unsigned before_length;
};

static void get_region(uint8_t **out_bytes, unsigned *out_length)
{
    struct rpmtd_s region;

    assert_true(headerGet(host.header, RPMTAG_HEADERIMMUTABLE, &region, HEADERGET_ALLOC));
    *out_bytes = exact_copy(region.data, region.count);
    *out_length = region.count;
    rpmtdFreeData(&region);
}

static struct world start(const char *payload, const char *version)
{
    struct world world = {-1, NULL, 0};

    memset(&host, 0, sizeof host);
    (void)snprintf(host.version, sizeof host.version, "%s", version);
    host.type = TR_ADDED;
    host.header = package_header();
    world.fd = package_file(host.header, payload);
    get_region(&world.before, &world.before_length);
    return world;
}

static void call_hook(void)
{
    assert_int_equal(whittle_hooks.psm_pre(NULL, NULL), RPMRC_OK);
}

/* The region, which is what the database stores and what was signed, is as before. */
static void finish(struct world *world)
{
    uint8_t *after;
    unsigned length;

    get_region(&after, &length);
    assert_int_equal(length, world->before_length);
    assert_memory_equal(after, world->before, length);
    free(after);
    free(world->before);
    (void)headerFree(host.header);
    (void)close(world->fd);
}

static void assert_binary(rpmTagVal tag, const char *expected)
{
    struct rpmtd_s found;

    assert_true(headerGet(host.header, tag, &found, HEADERGET_MINMEM));
    assert_int_equal(found.type, RPM_BIN_TYPE);
    assert_int_equal(found.count, strlen(expected));
    assert_memory_equal(found.data, expected, found.count);
    rpmtdFreeData(&found);
}

static void a_raw_payload_has_no_compressor(void **state)
{
    struct world world = start("07070100000001", "4.18.0");

    (void)state;
    call_hook();
    assert_false(headerIsEntry(host.header, RPMTAG_PAYLOADCOMPRESSOR));
    assert_true(headerIsEntry(host.header, RPMTAG_NAME));
    assert_binary(RPMTAG_SIGMD5, DIGITS_16);
    assert_binary(RPMTAG_SIGPGP, "pgp");
    assert_false(headerIsEntry(host.header, RPMTAG_SIGGPG));
    assert_int_equal(host.put_count, 0);
    finish(&world);
}

static void a_second_call_changes_nothing(void **state)
{
    struct world world = start("07070100000001", "4.18.0");

    (void)state;
    call_hook();
    unsigned size = headerSizeof(host.header, HEADER_MAGIC_NO);
    call_hook();
    assert_int_equal(headerSizeof(host.header, HEADER_MAGIC_NO), size);
    finish(&world);
}

static void a_compressed_payload_is_left_alone(void **state)
{
    struct world world = start("\x28\xb5\x2f\xfd\x04\x58", "6.0.2");
    unsigned size = headerSizeof(host.header, HEADER_MAGIC_NO);

    (void)state;
    call_hook();
    assert_string_equal(headerGetString(host.header, RPMTAG_PAYLOADCOMPRESSOR), "zstd");
    assert_int_equal(headerSizeof(host.header, HEADER_MAGIC_NO), size);
    assert_int_equal(host.put_count, 0);
    finish(&world);
}

static void another_element_is_left_alone(void **state)
{
    struct world world = start("07070100000001", "6.0.2");

    (void)state;
    host.type = TR_REMOVED;
    call_hook();
    assert_true(headerIsEntry(host.header, RPMTAG_PAYLOADCOMPRESSOR));
    assert_false(headerIsEntry(host.header, RPMTAG_SIGMD5));
    host.type = TR_ADDED;
    assert_int_equal(lseek(world.fd, 1, SEEK_CUR) > 0, 1); /* no descriptor stands at the payload */
    call_hook();
    assert_true(headerIsEntry(host.header, RPMTAG_PAYLOADCOMPRESSOR));
    Header header = host.header;
    host.header = NULL; /* rpm has none, for want of the file */
    call_hook();
    host.header = header;
    finish(&world);
}

static void what_is_there_stays(void **state)
{
    struct world world = start("07070100000001", "6.0.2");
    static const char *const digests[] = {"rpm's own"};

    (void)state;
    put(host.header, RPMTAG_SIGMD5, RPM_BIN_TYPE, "fedcba9876543210", 16);
    put(host.header, TAG_PACKAGEDIGESTS, RPM_STRING_ARRAY_TYPE, digests, 1);
    call_hook();
    assert_binary(RPMTAG_SIGMD5, "fedcba9876543210");
    assert_binary(RPMTAG_SIGPGP, "pgp");
    assert_int_equal(host.put_count, 0);
    finish(&world);
}

static void package_digests_come_back_where_rpm_has_them(void **state)
{
    static const struct {
        const char *version;
        int put_count;
    } versions[] = {{"4.16.1.3", 0}, {"4.20.1", 0}, {"5.99.90", 0}, {"6.0.2", 2}, {"6.1.0-rc2", 2},
        {"10.0", 2}, {"", 0}, {"99999999999", 2}};

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct world world = start("07070X00000001", versions[i].version);
        assert_int_equal(fchown(world.fd, 0, 0), 0);
        call_hook();
        assert_int_equal(host.put_count, versions[i].put_count);
        if (host.put_count > 0) {
            assert_string_equal(host.digests[0], HEX_32);
            assert_string_equal(host.digests[1], HEX_64);
            assert_int_equal(host.algorithms[0], 8);
            assert_int_equal(host.algorithms[1], 10);
        }
        finish(&world);
    }
}

static void package_digests_are_believed_from_root_only(void **state)
{
    struct world world = start("07070100000001", "6.0.2");

    (void)state;
    assert_int_equal(fchown(world.fd, UID_OF_NO_ROOT, 0), 0);
    call_hook();
    assert_int_equal(host.put_count, 0);
    assert_binary(RPMTAG_SIGMD5, DIGITS_16);
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raw_payload_has_no_compressor),
        cmocka_unit_test(a_second_call_changes_nothing),
        cmocka_unit_test(a_compressed_payload_is_left_alone),
        cmocka_unit_test(another_element_is_left_alone),
        cmocka_unit_test(what_is_there_stays),
        cmocka_unit_test(package_digests_come_back_where_rpm_has_them),
        cmocka_unit_test(package_digests_are_believed_from_root_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
