/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload_test.c - payloads of every compressor, damaged and over-long ones. */
#include "unit.h"

#include <rpm/rpmio.h>
#include <sys/mman.h>

#include "payload.h"
#include "scratch.h"
#include "whittle/cleanup.h"

static const char content[] = "070701 not really cpio, but it repeats, repeats, repeats, repeats";

/* A file with eight bytes before the payload, as after a prefix. */
static int make(const struct scratch *scratch, const char *io)
{
    wh_autofree char *path = NULL;

    assert_true(asprintf(&path, "%s/p", scratch->path) > 0);
    FD_t stream = Fopen(path, "w.ufdio");
    assert_non_null(stream);
    assert_int_equal(Fwrite("prefixes", 1, 8, stream), 8);
    FD_t packed = Fdopen(stream, io);
    assert_non_null(packed);
    assert_int_equal(Fwrite(content, 1, sizeof content, packed), sizeof content);
    assert_int_equal(Fclose(packed), 0);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void unpacks_every_compressor(void **state)
{
    static const char *const ios[] = {
        "w9.gzdio", "w6.xzdio", "w6.lzdio", "w9.bzdio", "w3.zstdio", "w.ufdio"};
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_digest digest;

    (void)state;
    assert_int_equal(
        wh_digest_of(
            WH_SHA256, (struct wh_bytes){(const uint8_t *)content, sizeof content}, &digest, NULL),
        WH_OK);
    for (size_t i = 0; i < COUNT(ios); i++) {
        wh_autoclose int fd = make(&scratch, ios[i]);
        struct wh_payload_job job = {.fd = fd,
            .path = "p",
            .offset = 8,
            .ceiling = sizeof content,
            .digests = &digest,
            .digest_count = 1};
        struct wh_bytes payload = {0};
        assert_int_equal(wh_payload_unpack(&job, &payload, NULL), WH_OK);
        assert_int_equal(payload.length, sizeof content);
        assert_memory_equal(payload.data, content, sizeof content);
        (void)munmap((void *)(uintptr_t)payload.data, payload.length);

        struct wh_error error;
        job.ceiling = sizeof content - 1; /* one byte more than the header allows */
        assert_int_equal(wh_payload_unpack(&job, &payload, &error), WH_MALFORMED);
        assert_string_equal(error.message, "p: its payload has more bytes than its header allows");
        job.ceiling = sizeof content;
        digest.bytes[0] ^= 1;
        assert_int_equal(wh_payload_unpack(&job, &payload, &error), WH_MALFORMED);
        assert_string_equal(error.message, "p: its payload is not the one its header names");
        digest.bytes[0] ^= 1;
    }
}

static void refuses_a_package_without_payload(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_bytes payload = {0};

    (void)state;
    wh_autoclose int fd = make(&scratch, "w.ufdio");
    struct wh_payload_job job = {
        .fd = fd, .path = "p", .offset = 8 + sizeof content, .ceiling = 100};
    assert_int_equal(wh_payload_unpack(&job, &payload, NULL), WH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_every_compressor),
        cmocka_unit_test(refuses_a_package_without_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
