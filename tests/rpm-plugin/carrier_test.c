/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carrier_test.c - the carrier's rules, one refusal each; specs/format/carrier.md. */
#include "carrier.h"

#include "plugin_unit.h"

#define MAGIC "WHTCARR\x01"
#define ENTRIES(n) "\0\0\0" n
#define ENTRY(tag, length) "\0\0" tag "\0\0\0" length
#define DIGITS_16 "0123456789abcdef"
#define DIGITS_32 DIGITS_16 DIGITS_16
#define DIGITS_64 DIGITS_32 DIGITS_32

#define TAG_PGP "\x01\x03"
#define TAG_MD5 "\x01\x05"
#define TAG_GPG "\x01\x06"
#define TAG_DIGESTS "\x13\xfe"

#define PGP ENTRY(TAG_PGP, "\x03") "pgp"
#define MD5 ENTRY(TAG_MD5, "\x10") DIGITS_16
#define GPG ENTRY(TAG_GPG, "\x02") "gp"
#define SHA256 ENTRY(TAG_DIGESTS, "\x21") "\x08" DIGITS_32
#define SHA512 ENTRY(TAG_DIGESTS, "\x41") "\x0a" DIGITS_64

#define GOOD MAGIC ENTRIES("\x05") PGP MD5 GPG SHA256 SHA512
#define PADDING "\0\0\0\0\0\0\0"
#define ONE(entry) MAGIC ENTRIES("\x01") entry
#define TWO(first, second) MAGIC ENTRIES("\x02") first second

/* A row's bytes, without the NUL that ends the literal. */
#define ROW(why, bytes)                                                                            \
    {                                                                                              \
        (why), (bytes), sizeof(bytes) - 1                                                          \
    }

static const struct refusal {
    const char *why;
    const char *bytes;
    size_t length;
} refusals[] = {
    ROW("another magic", "WHTCARS\x01" ENTRIES("\x01") MD5),
    ROW("a later version", "WHTCARR\x02" ENTRIES("\x01") MD5),
    ROW("zeros, as an original's reserved space has", PADDING PADDING PADDING),
    ROW("more entries than are there", TWO(MD5, "")),
    ROW("zeros where an entry is announced", TWO(MD5, PADDING PADDING)),
    ROW("fewer entries than are there", ONE(MD5 GPG)),
    ROW("33 entries", MAGIC ENTRIES("\x21") MD5),
    ROW("a count that wraps", MAGIC "\xff\xff\xff\xff" MD5),
    ROW("half the start of an entry", TWO(MD5, "\0\0" TAG_GPG)),
    ROW("an entry that runs past the end", ONE(ENTRY(TAG_PGP, "\x04") "pgp")),
    ROW("a length that wraps", ONE("\0\0" TAG_PGP "\xff\xff\xff\xff" DIGITS_16)),
    ROW("a tag that nobody carries", ONE(ENTRY("\x03\xe8", "\x03") "tag")),
    ROW("the tag beside MD5", ONE(ENTRY("\x01\x04", "\x10") DIGITS_16)),
    ROW("an MD5 of 15 bytes", ONE(ENTRY(TAG_MD5, "\x0f") "0123456789abcde")),
    ROW("an MD5 of 17 bytes", ONE(ENTRY(TAG_MD5, "\x11") DIGITS_16 "g")),
    ROW("an empty PGP", ONE(ENTRY(TAG_PGP, "\0"))),
    ROW("an empty GPG", ONE(ENTRY(TAG_GPG, "\0"))),
    ROW("an empty digest", ONE(ENTRY(TAG_DIGESTS, "\0"))),
    ROW("an algorithm without a digest", ONE(ENTRY(TAG_DIGESTS, "\x01") "\x08")),
    ROW("SHA-256 of 64 bytes", ONE(ENTRY(TAG_DIGESTS, "\x41") "\x08" DIGITS_64)),
    ROW("SHA-512 of 32 bytes", ONE(ENTRY(TAG_DIGESTS, "\x21") "\x0a" DIGITS_32)),
    ROW("SHA-512 of 63 bytes",
        ONE(ENTRY(TAG_DIGESTS, "\x40") "\x0a" DIGITS_32 DIGITS_16 "0123456789abcde")),
    ROW("SHA-512 of 65 bytes", ONE(ENTRY(TAG_DIGESTS, "\x42") "\x0a" DIGITS_64 "0")),
    ROW("another algorithm", ONE(ENTRY(TAG_DIGESTS, "\x21") "\x09" DIGITS_32)),
    ROW("tags that descend", TWO(GPG, MD5)),
    ROW("digests before the rest", TWO(SHA256, MD5)),
    ROW("MD5 twice", TWO(MD5, MD5)),
    ROW("PGP twice", TWO(PGP, PGP)),
    ROW("two PGP that ascend", TWO(ENTRY(TAG_PGP, "\x01") "a", ENTRY(TAG_PGP, "\x01") "b")),
    ROW("SHA-256 twice", TWO(SHA256, SHA256)),
    ROW("algorithms that descend", TWO(SHA512, SHA256)),
    ROW("a byte in the padding", ONE(MD5 "\0\0\0\x01")),
    ROW("a byte at the start of the padding", ONE(MD5 "\x01\0\0\0")),
};

/* Parses an exact copy, which is gone afterwards: the entries' bytes are not to be looked at. */
static bool accepts(const void *bytes, size_t length, struct carrier *out_carrier)
{
    uint8_t *copy = exact_copy(bytes, length);
    bool accepted = carrier_parse(copy, length, out_carrier);

    free(copy);
    return accepted;
}

static void check_entry(
    const struct carrier *carrier, uint32_t number, uint32_t tag, const char *bytes)
{
    const struct carrier_entry *entry = &carrier->entries[number];

    assert_int_equal(entry->tag, tag);
    assert_int_equal(entry->length, strlen(bytes));
    assert_memory_equal(entry->bytes, bytes, entry->length);
}

static void reads_every_entry(void **state)
{
    struct carrier carrier;
    uint8_t *copy = exact_copy(GOOD PADDING, sizeof GOOD PADDING - 1);

    (void)state;
    assert_true(carrier_parse(copy, sizeof GOOD PADDING - 1, &carrier));
    assert_int_equal(carrier.count, 5);
    check_entry(&carrier, 0, 259, "pgp");
    check_entry(&carrier, 1, 261, DIGITS_16);
    check_entry(&carrier, 2, 262, "gp");
    check_entry(&carrier, 3, 5118, "\x08" DIGITS_32);
    check_entry(&carrier, 4, 5118, "\x0a" DIGITS_64);
    assert_ptr_equal(carrier.entries[0].bytes, copy + 8 + 4 + 8);
    free(copy);
}

static void each_part_may_stand_alone(void **state)
{
    static const struct refusal alone[] = {
        ROW("no entry", MAGIC ENTRIES("\0")),
        ROW("no entry, padded", MAGIC ENTRIES("\0") PADDING),
        ROW("PGP", ONE(PGP)),
        ROW("MD5", ONE(MD5)),
        ROW("GPG", ONE(GPG)),
        ROW("SHA-256", ONE(SHA256)),
        ROW("SHA-512", ONE(SHA512)),
    };
    struct carrier carrier;

    (void)state;
    for (size_t i = 0; i < COUNT(alone); i++)
        if (!accepts(alone[i].bytes, alone[i].length, &carrier))
            fail_msg("refuses %s", alone[i].why);
}

static void refuses_what_breaks_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct carrier carrier = {.count = 77};
        if (accepts(refusals[i].bytes, refusals[i].length, &carrier))
            fail_msg("accepts %s", refusals[i].why);
        assert_int_equal(carrier.count, 77);
    }
}

static void refuses_every_truncation(void **state)
{
    struct carrier carrier;

    (void)state;
    for (size_t length = 0; length < sizeof GOOD - 1; length++)
        if (accepts(GOOD, length, &carrier))
            fail_msg("accepts the first %zu bytes", length);
    for (size_t length = sizeof GOOD - 1; length < sizeof GOOD PADDING; length++)
        assert_true(accepts(GOOD PADDING, length, &carrier));
}

static void stops_at_64_kib(void **state)
{
    uint8_t *bytes = calloc(1, CARRIER_MAX + 1);
    struct carrier carrier;

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, GOOD, sizeof GOOD - 1);
    assert_true(accepts(bytes, CARRIER_MAX, &carrier));
    assert_false(accepts(bytes, CARRIER_MAX + 1, &carrier));
    free(bytes);
}

/* ---- the reserved tag in a signature header ------------------------------------------------- */

#define HEADER_MAGIC "\x8e\xad\xe8\x01\0\0\0\0"
#define SMALL(number) "\0\0\0" number
#define MINUS_ONE "\xff\xff\xff\xff"
#define HEADER(entries, data) HEADER_MAGIC SMALL(entries) SMALL(data)
#define INDEX(tag, type, offset, count)                                                            \
    "\0\0" tag SMALL(type)                                                                         \
    offset count

#define BIN "\x07"
#define STRING "\x06"
#define RESERVEDSPACE "\x03\xf0"
#define RESERVED "\x03\xe7"
#define SPACE(offset, count) INDEX(RESERVEDSPACE, BIN, SMALL(offset), SMALL(count))
#define REGION INDEX("\0\x3e", BIN, SMALL("\x08"), SMALL("\x10"))
#define TEXT INDEX("\x01\x11", STRING, SMALL("\0"), SMALL("\x01"))
#define DATA_8 "datadata"

static void finds_the_reserved_tag(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        size_t offset;
        size_t count;
    } found[] = {
        {HEADER("\x01", "\x08") SPACE("\0", "\x08") DATA_8, 40, 32, 8},
        {HEADER("\x01", "\x08") INDEX(RESERVED, BIN, SMALL("\x03"), SMALL("\x05")) DATA_8, 40, 35,
            5},
        {HEADER("\x03", "\x08") REGION TEXT SPACE("\x02", "\x04") DATA_8, 72, 66, 4},
        {HEADER("\x01", "\x08") SPACE("\x08", "\0") DATA_8, 40, 40, 0},
        /* The header is padded up to the main header. */
        {HEADER("\x01", "\x08") SPACE("\0", "\x08") DATA_8 PADDING, 47, 32, 8},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(found); i++) {
        size_t offset = 0;
        size_t length = 0;
        uint8_t *copy = exact_copy(found[i].bytes, found[i].length);
        assert_true(carrier_locate(copy, found[i].length, &offset, &length));
        assert_int_equal(offset, found[i].offset);
        assert_int_equal(length, found[i].count);
        free(copy);
    }
}

static bool locates(const void *bytes, size_t length)
{
    size_t offset = 0;
    size_t count = 0;
    uint8_t *copy = exact_copy(bytes, length);
    bool located = carrier_locate(copy, length, &offset, &count);

    free(copy);
    return located;
}

static void finds_nothing_in_a_broken_header(void **state)
{
    static const struct refusal broken[] = {
        ROW("no entry", HEADER("\0", "\x08") DATA_8),
        ROW("no reserved tag", HEADER("\x02", "\x08") REGION TEXT DATA_8),
        ROW("a reserved tag of text",
            HEADER("\x01", "\x08") INDEX(RESERVEDSPACE, STRING, SMALL("\0"), SMALL("\x08")) DATA_8),
        ROW("an offset past the data", HEADER("\x01", "\x08") SPACE("\x09", "\0") DATA_8),
        ROW("an offset that wraps",
            HEADER("\x01", "\x08") INDEX(RESERVEDSPACE, BIN, MINUS_ONE, SMALL("\x08")) DATA_8),
        ROW("a count past the data", HEADER("\x01", "\x08") SPACE("\x01", "\x08") DATA_8),
        ROW("a count that wraps",
            HEADER("\x01", "\x08") INDEX(RESERVEDSPACE, BIN, SMALL("\x01"), MINUS_ONE) DATA_8),
        ROW("more entries than bytes", HEADER("\x02", "\x08") SPACE("\0", "\x08") DATA_8),
        ROW("more data than bytes", HEADER("\x01", "\x09") SPACE("\0", "\x08") DATA_8),
        ROW("an entry count that wraps",
            HEADER_MAGIC "\x10\0\0\x01" SMALL("\x08") SPACE("\0", "\x08") DATA_8),
        ROW("a data length that wraps",
            HEADER_MAGIC SMALL("\x01") MINUS_ONE SPACE("\0", "\x08") DATA_8),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        if (locates(broken[i].bytes, broken[i].length))
            fail_msg("finds a reserved tag in a header with %s", broken[i].why);
}

static void finds_nothing_in_any_truncation(void **state)
{
    static const char whole[] = HEADER("\x03", "\x08") REGION TEXT SPACE("\x02", "\x06") DATA_8;

    (void)state;
    for (size_t length = 0; length < sizeof whole - 1; length++)
        assert_false(locates(whole, length));
    assert_true(locates(whole, sizeof whole - 1));
}

static void finds_nothing_behind_64_entries(void **state)
{
    enum { WIDTH = 16, MOST = 64 };
    uint8_t bytes[16 + (MOST + 1) * WIDTH + 8] = {0};

    (void)state;
    memcpy(bytes, HEADER("\x40", "\x08"), 16);
    memcpy(bytes + MOST * WIDTH, SPACE("\0", "\x08"), WIDTH);
    assert_true(locates(bytes, sizeof bytes - WIDTH));
    bytes[11] = MOST + 1;
    assert_false(locates(bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_entry),
        cmocka_unit_test(each_part_may_stand_alone),
        cmocka_unit_test(refuses_what_breaks_a_rule),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(stops_at_64_kib),
        cmocka_unit_test(finds_the_reserved_tag),
        cmocka_unit_test(finds_nothing_in_a_broken_header),
        cmocka_unit_test(finds_nothing_in_any_truncation),
        cmocka_unit_test(finds_nothing_behind_64_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
