/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest_test.c - digests against the published vectors for "abc", and hexadecimal. */
#include "unit.h"

static void knows_the_published_vectors(void **state)
{
    static const struct {
        uint32_t algorithm;
        const char *hex; /* of "abc": RFC 1321, FIPS 180-4, FIPS 202 */
    } rows[] = {
        {WH_MD5, "900150983cd24fb0d6963f7d28e17f72"},
        {WH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {WH_SHA224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {WH_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {WH_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    "8086072ba1e7cc2358baeca134c825a7"},
        {WH_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {WH_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_digest digest;
        struct wh_digest spelled;
        char hex[2 * WH_DIGEST_MAX + 1];
        OK(wh_digest_of(
            rows[i].algorithm, (struct wh_bytes){(const uint8_t *)"abc", 3}, &digest, &err));
        wh_hex(digest.bytes, digest.length, hex);
        assert_string_equal(hex, rows[i].hex);
        assert_int_equal(wh_digest_length(rows[i].algorithm), digest.length);
        assert_true(wh_digest_from_hex(rows[i].algorithm, hex, &spelled));
        assert_true(wh_digest_equal(&digest, &spelled));
        spelled.bytes[0] ^= 1;
        assert_false(wh_digest_equal(&digest, &spelled));
    }
}

static void only_strong_digests_recognise_files(void **state)
{
    (void)state;
    assert_true(wh_digest_is_strong(WH_SHA256));
    assert_true(wh_digest_is_strong(WH_SHA384));
    assert_true(wh_digest_is_strong(WH_SHA512));
    assert_false(wh_digest_is_strong(WH_MD5));
    assert_false(wh_digest_is_strong(WH_SHA1));
    assert_false(wh_digest_is_strong(WH_SHA224));
    assert_false(wh_digest_is_strong(0));
}

static void unknown_algorithms_are_unsupported(void **state)
{
    struct wh_digest digest;

    (void)state;
    assert_int_equal(wh_digest_length(3), 0);
    REFUSED(WH_UNSUPPORTED, "algorithm 3", wh_digest_of(3, (struct wh_bytes){0}, &digest, &err));
    assert_false(wh_digest_from_hex(3, "", &digest));
}

static void a_digest_may_come_in_parts(void **state)
{
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    struct wh_digest parts;
    struct wh_digest whole;

    (void)state;
    OK(wh_hasher_new(WH_SHA256, &hasher, &err));
    wh_hasher_update(hasher, "a", 1);
    wh_hasher_update(hasher, "", 0);
    wh_hasher_update(hasher, "bc", 2);
    OK(wh_hasher_finish(hasher, &parts, &err));
    OK(wh_digest_of(WH_SHA256, (struct wh_bytes){(const uint8_t *)"abc", 3}, &whole, &err));
    assert_true(wh_digest_equal(&parts, &whole));
}

static void hexadecimal_is_exact(void **state)
{
    uint8_t bytes[2] = {0xee, 0xee};
    struct wh_digest digest;

    (void)state;
    assert_true(wh_unhex("0aF9", 4, bytes, 2));
    assert_int_equal(bytes[0] << 8 | bytes[1], 0x0af9);
    assert_false(wh_unhex("0aF9", 4, bytes, 1));
    assert_false(wh_unhex("0a", 2, bytes, 2));
    assert_false(wh_unhex("0g", 2, bytes, 1));
    assert_false(wh_unhex("g0", 2, bytes, 1));
    assert_false(wh_unhex(" 1", 2, bytes, 1));
    assert_false(wh_unhex("0x", 2, bytes, 1));
    assert_false(wh_digest_from_hex(WH_MD5, "900150983cd24fb0d6963f7d28e17f7", &digest));
    assert_false(wh_digest_from_hex(WH_MD5, "900150983cd24fb0d6963f7d28e17f7200", &digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_published_vectors),
        cmocka_unit_test(only_strong_digests_recognise_files),
        cmocka_unit_test(unknown_algorithms_are_unsupported),
        cmocka_unit_test(a_digest_may_come_in_parts),
        cmocka_unit_test(hexadecimal_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
