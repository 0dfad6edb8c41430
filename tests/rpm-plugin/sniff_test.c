/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sniff_test.c - the package is found in whatever descriptor it may stand, and nowhere else. */
#include "sniff.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "carrier.h"
#include "plugin_unit.h"

/* A package as far as the plugin looks: lead, signature header, main header, payload. */
enum {
    LEAD = 96,
    SIGNATURE = 40,
    MAGIC = 8,
    HEADER = 9000, /* more than two of the pieces that are compared at a time */
    HEADER_START = LEAD + SIGNATURE,
    PAYLOAD = HEADER_START + MAGIC + HEADER,
};

static const char cpio[] = "07070100000001";
static const uint8_t magic[MAGIC] = {0x8e, 0xad, 0xe8, 0x01};
static uint8_t header[HEADER];

static void fill_header(void)
{
    for (size_t i = 0; i < sizeof header; i++)
        header[i] = (uint8_t)(i * 7 + i / 251);
}

static void put(int fd, off_t at, const void *bytes, size_t length)
{
    assert_int_equal(pwrite(fd, bytes, length, at), length);
}

/* Writes a package with its signature header so long that the main one begins at start. */
static void put_package(int fd, off_t start, const char *payload, size_t length)
{
    if (start >= LEAD + MAGIC)
        put(fd, LEAD, magic, sizeof magic);
    put(fd, start, magic, sizeof magic);
    put(fd, start + MAGIC, header, sizeof header);
    put(fd, start + MAGIC + HEADER, payload, length);
    assert_int_equal(lseek(fd, start + MAGIC + HEADER, SEEK_SET), start + MAGIC + HEADER);
}

static int memory(void)
{
    int fd = memfd_create("package", MFD_CLOEXEC);

    assert_true(fd > STDERR_FILENO);
    return fd;
}

static int memory_package(void)
{
    int fd = memory();

    put_package(fd, HEADER_START, cpio, sizeof cpio - 1);
    return fd;
}

static int found(off_t *out_payload)
{
    return sniff_package(header, sizeof header, out_payload);
}

/* Nothing is found, and the output is untouched. */
static void assert_not_found(void)
{
    off_t payload = -77;

    assert_int_equal(found(&payload), -1);
    assert_int_equal(payload, -77);
}

static void assert_found(int fd, off_t start)
{
    off_t payload = 0;

    assert_int_equal(found(&payload), fd);
    assert_int_equal(payload, start);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), start); /* nothing moved */
}

static void finds_an_ordinary_file(void **state)
{
    char path[] = "/tmp/whittle-sniff-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    int reader = open(path, O_RDONLY | O_CLOEXEC);

    (void)state;
    (void)unlink(path); /* first of all: a failure would leave it behind */
    assert_true(fd > STDERR_FILENO && reader > STDERR_FILENO);
    put_package(fd, HEADER_START, cpio, sizeof cpio - 1);
    assert_found(fd, PAYLOAD);
    (void)close(fd);
    assert_not_found(); /* the reader stands at the start */
    assert_int_equal(lseek(reader, PAYLOAD, SEEK_SET), PAYLOAD);
    assert_found(reader, PAYLOAD);
    (void)close(reader);
}

static void finds_files_without_a_name(void **state)
{
    int fd = memory_package();

    (void)state;
    assert_found(fd, PAYLOAD);
    (void)close(fd);
    assert_not_found();
    fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    put_package(fd, HEADER_START, cpio, sizeof cpio - 1);
    assert_found(fd, PAYLOAD);
    (void)close(fd);
}

static void passes_over_pipes_and_sockets(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], cpio, sizeof cpio), sizeof cpio);
    assert_not_found();
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_not_found();
    (void)close(ends[0]);
    (void)close(ends[1]);
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    assert_not_found();
    (void)close(folder);
}

/* Another descriptor of the same file, of its own mode and position. */
static int reopened(int fd, int flags)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int again = open(path, flags | O_CLOEXEC);
    assert_true(again > STDERR_FILENO);
    return again;
}

static void passes_over_what_cannot_be_read(void **state)
{
    int fd = memory_package();
    int writer = reopened(fd, O_WRONLY);
    int path = reopened(fd, O_PATH);
    int reader = reopened(fd, O_RDONLY);

    (void)state;
    assert_int_equal(lseek(writer, PAYLOAD, SEEK_SET), PAYLOAD);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_not_found();
    assert_int_equal(lseek(reader, PAYLOAD, SEEK_SET), PAYLOAD);
    assert_found(reader, PAYLOAD);
    (void)close(reader);
    (void)close(path);
    (void)close(writer);
    (void)close(fd);
}

static void demands_the_very_offset(void **state)
{
    static const off_t wrong[] = {0, 1, LEAD, HEADER_START, HEADER_START + MAGIC, PAYLOAD - 1,
        PAYLOAD + 1, PAYLOAD + sizeof cpio - 1, (off_t)1 << 40};
    int fd = memory_package();

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(lseek(fd, wrong[i], SEEK_SET), wrong[i]);
        assert_not_found();
    }
    assert_int_equal(lseek(fd, PAYLOAD, SEEK_SET), PAYLOAD);
    assert_found(fd, PAYLOAD);
    (void)close(fd);
}

static void demands_the_very_header(void **state)
{
    /* Bytes of the magic, at both ends and around the pieces' borders. */
    static const off_t places[] = {HEADER_START, HEADER_START + MAGIC - 1, HEADER_START + MAGIC,
        HEADER_START + MAGIC + 4095, HEADER_START + MAGIC + 4096, HEADER_START + MAGIC + 8191,
        HEADER_START + MAGIC + 8192, PAYLOAD - 1};
    int fd = memory_package();

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        uint8_t byte;
        uint8_t other;
        assert_int_equal(pread(fd, &byte, 1, places[i]), 1);
        other = byte ^ 1;
        put(fd, places[i], &other, 1);
        assert_not_found();
        put(fd, places[i], &byte, 1);
        assert_found(fd, PAYLOAD);
    }
    (void)close(fd);
}

static void compares_headers_of_every_length(void **state)
{
    static const size_t lengths[] = {1, 4095, 4096, 4097, 8191, 8192, 8193};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        off_t payload = 0;
        off_t start = HEADER_START + MAGIC + (off_t)lengths[i];
        int fd = memory();
        put(fd, HEADER_START, magic, sizeof magic);
        put(fd, HEADER_START + MAGIC, header, lengths[i]);
        assert_int_equal(lseek(fd, start, SEEK_SET), start);
        assert_int_equal(sniff_package(header, lengths[i], &payload), fd);
        assert_int_equal(payload, start);
        (void)close(fd);
    }
}

static void a_file_cut_short_is_none(void **state)
{
    static const off_t ends[] = {0, HEADER_START, HEADER_START + MAGIC, PAYLOAD - 1};
    int fd = memory_package();

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        assert_int_equal(ftruncate(fd, ends[i]), 0);
        assert_not_found();
        assert_int_equal(ftruncate(fd, 0), 0);
        put_package(fd, HEADER_START, cpio, sizeof cpio - 1);
    }
    assert_int_equal(ftruncate(fd, PAYLOAD), 0); /* the header is whole, the payload is missing */
    assert_found(fd, PAYLOAD);
    assert_false(sniff_is_raw(fd, PAYLOAD));
    (void)close(fd);
}

static void leaves_room_for_the_lead(void **state)
{
    int fd = memory();

    (void)state;
    put_package(fd, LEAD - 1, cpio, sizeof cpio - 1);
    assert_not_found();
    assert_int_equal(ftruncate(fd, 0), 0);
    put_package(fd, LEAD, cpio, sizeof cpio - 1);
    assert_found(fd, LEAD + MAGIC + HEADER);
    (void)close(fd);
}

static void picks_the_package_among_others(void **state)
{
    uint8_t other[HEADER];
    off_t payload = 0;
    int early = memory();
    int mine = memory_package();
    int late = memory();

    (void)state;
    memcpy(other, header, sizeof other);
    other[HEADER - 1] ^= 1;
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? early : late;
        put_package(fd, HEADER_START, cpio, sizeof cpio - 1);
        put(fd, HEADER_START + MAGIC, other, sizeof other);
    }
    assert_found(mine, PAYLOAD);
    assert_int_equal(sniff_package(other, sizeof other, &payload), early);
    (void)close(early);
    assert_int_equal(sniff_package(other, sizeof other, &payload), late);
    (void)close(late);
    (void)close(mine);
}

/* Moves a descriptor to a number. */
static void move(int fd, int number)
{
    assert_int_equal(dup3(fd, number, O_CLOEXEC), number);
    (void)close(fd);
}

static void looks_as_far_as_descriptors_go(void **state)
{
    struct rlimit before;
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_cur <= 200)
        skip();
    move(memory_package(), 199);
    limit = (struct rlimit){200, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_found(199, PAYLOAD);
    limit.rlim_cur = 199;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_not_found();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    (void)close(199);
}

static void looks_no_further_than_4096(void **state)
{
    struct rlimit before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit limit = {5000, before.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        skip();
    move(memory_package(), 4096);
    assert_not_found();
    assert_int_equal(dup3(4096, 4095, O_CLOEXEC), 4095);
    assert_found(4095, PAYLOAD);
    (void)close(4095);
    (void)close(4096);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void tells_raw_from_compressed(void **state)
{
    static const struct {
        const char *name;
        char start[8];
        size_t length;
        bool raw;
    } payloads[] = {
        {"newc", "0707010", 7, true},
        {"newc, six bytes", "070701", 6, true},
        {"stripped", "07070X0", 7, true},
        {"xz",
            "\xfd"
            "7zXZ\0",
            6, false},
        {"zstd", "\x28\xb5\x2f\xfd\x04\x58", 6, false},
        {"gzip", "\x1f\x8b\x08\0\0\0", 6, false},
        {"bzip2", "BZh91A", 6, false},
        {"lzma", "\x5d\0\0\x80\0\xff", 6, false},
        {"five digits", "07070", 5, false},
        {"almost", "070711", 6, false},
        {"another number", "070801", 6, false},
        {"nothing", "", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(payloads); i++) {
        int fd = memory();
        put_package(fd, HEADER_START, payloads[i].start, payloads[i].length);
        assert_found(fd, PAYLOAD); /* compressed ones are found as well */
        if (sniff_is_raw(fd, PAYLOAD) != payloads[i].raw)
            fail_msg("%s: taken for %s", payloads[i].name, payloads[i].raw ? "compressed" : "raw");
        (void)close(fd);
    }
}

static void gives_the_signature_header(void **state)
{
    size_t length = 0;
    int fd = memory_package();

    (void)state;
    uint8_t *bytes = sniff_signature(fd, HEADER_START, &length);
    assert_non_null(bytes);
    assert_int_equal(length, SIGNATURE);
    assert_memory_equal(bytes, magic, sizeof magic);
    bytes[SIGNATURE - 1] = 1; /* all of it is there */
    free(bytes);
    (void)close(fd);
}

static void gives_no_broken_signature_header(void **state)
{
    const off_t longest = LEAD + 4 * (off_t)CARRIER_MAX;
    size_t length = 77;
    int fd = memory_package();

    (void)state;
    assert_null(sniff_signature(fd, -1, &length));
    assert_null(sniff_signature(fd, 0, &length));
    assert_null(sniff_signature(fd, LEAD, &length));
    assert_null(sniff_signature(fd, longest, &length)); /* past the end of the file */
    put(fd, longest, "", 1);
    assert_null(sniff_signature(fd, longest + 1, &length)); /* too large */
    put(fd, LEAD, "x", 1);
    assert_null(sniff_signature(fd, HEADER_START, &length)); /* no magic */
    assert_int_equal(length, 77);
    put(fd, LEAD, magic, 1);
    uint8_t *bytes = sniff_signature(fd, longest, &length);
    assert_non_null(bytes);
    assert_int_equal(length, longest - LEAD);
    free(bytes);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_an_ordinary_file),
        cmocka_unit_test(finds_files_without_a_name),
        cmocka_unit_test(passes_over_pipes_and_sockets),
        cmocka_unit_test(passes_over_what_cannot_be_read),
        cmocka_unit_test(demands_the_very_offset),
        cmocka_unit_test(demands_the_very_header),
        cmocka_unit_test(compares_headers_of_every_length),
        cmocka_unit_test(a_file_cut_short_is_none),
        cmocka_unit_test(leaves_room_for_the_lead),
        cmocka_unit_test(picks_the_package_among_others),
        cmocka_unit_test(looks_as_far_as_descriptors_go),
        cmocka_unit_test(looks_no_further_than_4096),
        cmocka_unit_test(tells_raw_from_compressed),
        cmocka_unit_test(gives_the_signature_header),
        cmocka_unit_test(gives_no_broken_signature_header),
    };

    fill_header();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
