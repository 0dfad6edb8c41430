/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rewrite_test.c - the signature header of an assembled package, against expectations that are
 * written down entry by entry. */
#include "unit.h"

#include "package/tags.h"

enum { CEILING = 1 << 20 };

#define TEXT(tag, text)                                                                            \
    {                                                                                              \
        tag, WH_TYPE_STRING, 1, text, sizeof(text)                                                 \
    }
#define BLOB(tag, bytes)                                                                           \
    {                                                                                              \
        tag, WH_TYPE_BIN, sizeof(bytes) - 1, bytes, sizeof(bytes) - 1                              \
    }
#define NUMBER(tag, bytes)                                                                         \
    {                                                                                              \
        tag, WH_TYPE_INT32, 1, bytes, 4                                                            \
    }

#define SHA1 TEXT(WH_SIG_SHA1, "0123456789012345678901234567890123456789")
#define SHA256 TEXT(WH_SIG_SHA256, "0123456789abcdef")
#define RSA BLOB(WH_SIG_RSA, "an RSA signature of the header")
#define SIZE NUMBER(WH_SIG_SIZE, "\0\0\1\2")
#define MD5 BLOB(WH_SIG_MD5, "0123456789abcdef")
#define PGP BLOB(WH_SIG_PGP, "signature over all")
#define GPG BLOB(WH_SIG_GPG, "another one")
#define PAYLOADSIZE NUMBER(WH_SIG_PAYLOADSIZE, "\0\0\3\4")

static const struct wh_package_digests digests = {
    .sha256 = "................................",
    .sha512 = "++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++",
};

#define DIGESTS                                                                                    \
    "\0\0\x13\xfe\0\0\0\x21\x08................................"                                   \
    "\0\0\x13\xfe\0\0\0\x41\x0a++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++"
#define CARRIED_MD5                                                                                \
    "\0\0\x01\x05\0\0\0\x10"                                                                       \
    "0123456789abcdef"
#define CARRIER(count, entries) "WHTCARR\x01\0\0\0" count entries DIGESTS

static void expect(const struct sample_tag *before, uint32_t before_count,
    const struct sample_tag *after, uint32_t after_count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer original = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    struct wh_prefix prefix;

    sample_signed_prefix(before, before_count, &original);
    sample_signed_prefix(after, after_count, &expected);
    OK(wh_prefix_parse(wh_buffer_bytes(&original), &prefix, &err));
    OK(wh_prefix_can_rewrite(&prefix, &err));
    OK(wh_prefix_rewrite(&prefix, &digests, &made, &err));
    assert_int_equal(made.length, expected.length);
    assert_memory_equal(made.data, expected.data, made.length);
    OK(wh_prefix_parse(wh_buffer_bytes(&made), &prefix, &err));
}

#define EXPECT(before, after) expect(before, COUNT(before), after, COUNT(after))

static void drops_what_covers_the_payload_and_carries_it(void **state)
{
    static const uint8_t space[512];
    static const uint8_t carrier[512] = CARRIER("\x05",
        "\0\0\x01\x03\0\0\0\x12"
        "signature over all" CARRIED_MD5 "\0\0\x01\x06\0\0\0\x0b"
        "another one");
    const struct sample_tag before[] = {RSA, SHA1, SHA256, SIZE, BLOB(WH_SIG_LEMD5_1, "l1"), PGP,
        BLOB(WH_SIG_LEMD5_2, "l2"), MD5, GPG, BLOB(WH_SIG_PGP5, "p5"), PAYLOADSIZE,
        {WH_SIG_RESERVEDSPACE, WH_TYPE_BIN, sizeof space, space, sizeof space}};
    const struct sample_tag after[] = {RSA, SHA1, SHA256, SIZE, PAYLOADSIZE,
        {WH_SIG_RESERVEDSPACE, WH_TYPE_BIN, sizeof carrier, carrier, sizeof carrier}};

    (void)state;
    EXPECT(before, after);
}

static void makes_room_where_there_is_none_or_too_little(void **state)
{
    static const struct sample_tag absent[] = {RSA, SHA1, MD5};
    static const struct sample_tag small[] = {
        RSA, SHA1, MD5, BLOB(WH_SIG_RESERVEDSPACE, "\0\0\0\0")};
    static const struct sample_tag after[] = {
        RSA, SHA1, BLOB(WH_SIG_RESERVEDSPACE, CARRIER("\x03", CARRIED_MD5))};

    (void)state;
    EXPECT(absent, after);
    EXPECT(small, after);
}

static void keeps_every_tag_that_covers_the_header(void **state)
{
    static const struct sample_tag before[] = {BLOB(WH_SIG_DSA, "a DSA signature"), RSA, SHA1,
        {WH_SIG_LONGSIZE, WH_TYPE_INT64, 1, "12345678", 8},
        {WH_SIG_LONGARCHIVESIZE, WH_TYPE_INT64, 1, "87654321", 8}, SHA256,
        {WH_SIG_FILESIGNATURES, WH_TYPE_STRING_ARRAY, 2, "ab\0cd", 6},
        NUMBER(WH_SIG_FILESIGNATURELENGTH, "\0\0\0\2"),
        {WH_SIG_VERITYSIGNATURES, WH_TYPE_STRING_ARRAY, 1, "ef", 3},
        NUMBER(WH_SIG_VERITYSIGNATUREALGO, "\0\0\0\1"),
        {WH_SIG_OPENPGP, WH_TYPE_STRING_ARRAY, 1, "c2ln", 5}};
    static const struct sample_tag carrier = BLOB(WH_SIG_RESERVEDSPACE, CARRIER("\x02", ""));
    struct sample_tag after[COUNT(before) + 1];

    (void)state;
    memcpy(after, before, sizeof before);
    after[COUNT(before)] = carrier;
    EXPECT(before, after);
}

/* rpm 6 knows a v6 package by 999 and 279: both stay, and the carrier goes into 999. */
static void uses_the_reserved_tag_of_v6_packages(void **state)
{
    static const uint8_t space[400];
    static const uint8_t carrier[400] = CARRIER("\x02", "");
    static const struct sample_tag before[] = {SHA256,
        {WH_SIG_OPENPGP, WH_TYPE_STRING_ARRAY, 1, "c2ln", 5}, TEXT(WH_SIG_SHA3_256, "0123"),
        {WH_SIG_RESERVED, WH_TYPE_BIN, sizeof space, space, sizeof space}};
    static const struct sample_tag after[] = {SHA256,
        {WH_SIG_OPENPGP, WH_TYPE_STRING_ARRAY, 1, "c2ln", 5}, TEXT(WH_SIG_SHA3_256, "0123"),
        {WH_SIG_RESERVED, WH_TYPE_BIN, sizeof carrier, carrier, sizeof carrier}};
    static const struct sample_tag bare[] = {SHA256, TEXT(WH_SIG_SHA3_256, "0123")};
    static const struct sample_tag filled[] = {
        SHA256, TEXT(WH_SIG_SHA3_256, "0123"), BLOB(WH_SIG_RESERVED, CARRIER("\x02", ""))};

    (void)state;
    EXPECT(before, after);
    EXPECT(bare, filled);
}

static void unsigned_packages_need_no_signature(void **state)
{
    static const struct sample_tag before[] = {SHA1, SHA256, SIZE, MD5};
    static const struct sample_tag after[] = {
        SHA1, SHA256, SIZE, BLOB(WH_SIG_RESERVEDSPACE, CARRIER("\x03", CARRIED_MD5))};

    (void)state;
    EXPECT(before, after);
}

static void refuse(
    const struct sample_tag *entries, uint32_t count, wh_status status, const char *part)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer original = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    struct wh_prefix prefix;

    sample_signed_prefix(entries, count, &original);
    OK(wh_prefix_parse(wh_buffer_bytes(&original), &prefix, &err));
    REFUSED(status, part, wh_prefix_can_rewrite(&prefix, &err));
    REFUSED(status, part, wh_prefix_rewrite(&prefix, &digests, &made, &err));
    assert_int_equal(made.length, 0);
}

#define REFUSE(status, part, ...)                                                                  \
    do {                                                                                           \
        static const struct sample_tag entries[] = {__VA_ARGS__};                                  \
        refuse(entries, COUNT(entries), status, part);                                             \
    } while (0)

static void refuses_what_no_rule_covers(void **state)
{
    (void)state;
    REFUSE(WH_UNSUPPORTED, "tag 300, which no rule", RSA, BLOB(300, "?"));
    REFUSE(WH_UNSUPPORTED, "tag 63, which no rule", BLOB(63, "?"), RSA);
    REFUSE(WH_UNSUPPORTED, "over the header alone", SHA1, PGP);
    REFUSE(WH_UNSUPPORTED, "over the header alone", SHA1, GPG);
    REFUSE(WH_UNSUPPORTED, "over the header alone", SHA1, BLOB(WH_SIG_PGP5, "p5"));
    REFUSE(WH_MALFORMED, "tag 269 is bad", SHA256, SHA1);
    REFUSE(WH_MALFORMED, "tag 269 is bad", SHA1, SHA1);
    REFUSE(WH_MALFORMED, "tag 1004 is bad", {WH_SIG_MD5, WH_TYPE_BIN, 0, "", 0});
    REFUSE(
        WH_MALFORMED, "tag 1004 is bad", {WH_SIG_MD5, WH_TYPE_BIN, 1000, "0123456789abcdef", 16});
    REFUSE(WH_MALFORMED, "tag 1004 is bad", {WH_SIG_MD5, 10, 16, "0123456789abcdef", 16});
    REFUSE(WH_MALFORMED, "tag 1004 is bad", {WH_SIG_MD5, 0, 16, "0123456789abcdef", 16});
    REFUSE(WH_MALFORMED, "tag 1004 is bad", BLOB(WH_SIG_MD5, "0123456789abcde"));
    REFUSE(WH_MALFORMED, "tag 1004 is bad", TEXT(WH_SIG_MD5, "0123456789abcde"));
    REFUSE(WH_MALFORMED, "tag 1002 is bad", RSA, TEXT(WH_SIG_PGP, "text"));
    REFUSE(WH_MALFORMED, "tag 1000 is bad", {WH_SIG_SIZE, WH_TYPE_INT32, UINT32_MAX, "1234", 4});
    REFUSE(WH_MALFORMED, "tag 274 is bad",
        {WH_SIG_FILESIGNATURES, WH_TYPE_STRING_ARRAY, UINT32_MAX, "a", 2});
}

static void refuses_a_header_without_region(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer original = {0};
    static const struct sample_tag entries[] = {RSA};
    struct wh_prefix prefix;

    (void)state;
    sample_signed_prefix(entries, 1, &original);
    original.data[96 + 16 + 2] = 1; /* 62 becomes 318 */
    OK(wh_prefix_parse(wh_buffer_bytes(&original), &prefix, &err));
    REFUSED(WH_UNSUPPORTED, "tag 318", wh_prefix_can_rewrite(&prefix, &err));
    original.data[96 + 16 + 2] = 0;
    original.data[96 + 16 + 3] = 0x3f;
    REFUSED(WH_UNSUPPORTED, "tag 63", wh_prefix_can_rewrite(&prefix, &err));
    memset(original.data + 96 + 16, 0, 16);
    original.data[96 + 16 + 2] = 1;
    original.data[96 + 16 + 3] = 0x0b; /* a DSA signature in its place */
    original.data[96 + 16 + 7] = WH_TYPE_BIN;
    original.data[96 + 16 + 15] = 1;
    REFUSED(WH_UNSUPPORTED, "no region", wh_prefix_can_rewrite(&prefix, &err));
}

static void refuses_signatures_too_long_to_carry(void **state)
{
    static const uint8_t huge[70000] = {1};
    const struct sample_tag entries[] = {
        RSA, {WH_SIG_PGP, WH_TYPE_BIN, sizeof huge, huge, sizeof huge}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer original = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    struct wh_prefix prefix;

    (void)state;
    sample_signed_prefix(entries, COUNT(entries), &original);
    OK(wh_prefix_parse(wh_buffer_bytes(&original), &prefix, &err));
    REFUSED(WH_OVER_LIMIT, "too long to carry", wh_prefix_can_rewrite(&prefix, &err));
    REFUSED(WH_OVER_LIMIT, "too long to carry", wh_prefix_rewrite(&prefix, &digests, &made, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_what_covers_the_payload_and_carries_it),
        cmocka_unit_test(makes_room_where_there_is_none_or_too_little),
        cmocka_unit_test(keeps_every_tag_that_covers_the_header),
        cmocka_unit_test(uses_the_reserved_tag_of_v6_packages),
        cmocka_unit_test(unsigned_packages_need_no_signature),
        cmocka_unit_test(refuses_what_no_rule_covers),
        cmocka_unit_test(refuses_a_header_without_region),
        cmocka_unit_test(refuses_signatures_too_long_to_carry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
