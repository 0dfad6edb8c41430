/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - message digests and their hexadecimal spelling; libcrypto is hidden here. */
#ifndef WHITTLE_DIGEST_H
#define WHITTLE_DIGEST_H

#include "whittle/bytes.h"

/* Numbers as rpm stores them: RFC 9580 section 9.5 (PGPHASHALGO_* in rpm/rpmpgp.h). */
enum wh_digest_algorithm {
    WH_MD5 = 1,
    WH_SHA1 = 2,
    WH_SHA256 = 8,
    WH_SHA384 = 9,
    WH_SHA512 = 10,
    WH_SHA224 = 11,
    WH_SHA3_256 = 12,
};

#define WH_SHA256_LENGTH 32u
#define WH_DIGEST_MAX 64u /* bytes of the longest digest */

struct wh_digest {
    uint32_t algorithm;
    uint32_t length; /* bytes used */
    uint8_t bytes[WH_DIGEST_MAX];
};

/* Bytes of a digest, 0 for an algorithm that is not known here. */
uint32_t wh_digest_length(uint32_t algorithm);
/* May a file be recognised by this digest? SHA-256, SHA-384, SHA-512 only. */
bool wh_digest_is_strong(uint32_t algorithm);
bool wh_digest_equal(const struct wh_digest *a, const struct wh_digest *b);

/* out_hex holds 2 * length + 1 bytes; lower case, terminated. */
void wh_hex(const uint8_t *bytes, size_t length, char *out_hex);
/* Exactly 2 * length hex digits of either case, nothing else; false otherwise. */
bool wh_unhex(const char *hex, size_t digits, uint8_t *out_bytes, size_t length);
/* out_digest from its hex spelling, NUL-terminated; false when it is no digest of algorithm. */
bool wh_digest_from_hex(uint32_t algorithm, const char *hex, struct wh_digest *out_digest);

/* A running digest. */
struct wh_hasher;
WH_MUST_CHECK wh_status wh_hasher_new(
    uint32_t algorithm, struct wh_hasher **out_hasher, struct wh_error *err);
void wh_hasher_update(struct wh_hasher *hasher, const void *data, size_t length);
/* Ends the digest; the hasher can then only be freed. WH_NO_MEMORY if libcrypto failed. */
WH_MUST_CHECK wh_status wh_hasher_finish(
    struct wh_hasher *hasher, struct wh_digest *out_digest, struct wh_error *err);
void wh_hasher_free(struct wh_hasher *hasher);
void wh_hasher_cleanup(struct wh_hasher **hasher); /* for wh_cleanup() */

/* One call for bytes in memory. */
WH_MUST_CHECK wh_status wh_digest_of(
    uint32_t algorithm, struct wh_bytes bytes, struct wh_digest *out_digest, struct wh_error *err);

#endif
