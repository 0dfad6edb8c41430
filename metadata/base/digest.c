/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.c - see whittle/digest.h. */
#include "whittle/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

struct wh_hasher {
    uint32_t algorithm;
    EVP_MD_CTX *context;
};

static const struct algorithm {
    uint32_t number;
    uint32_t length;
    const EVP_MD *(*method)(void);
} algorithms[] = {
    {WH_MD5, 16, EVP_md5},
    {WH_SHA1, 20, EVP_sha1},
    {WH_SHA256, 32, EVP_sha256},
    {WH_SHA384, 48, EVP_sha384},
    {WH_SHA512, 64, EVP_sha512},
    {WH_SHA224, 28, EVP_sha224},
    {WH_SHA3_256, 32, EVP_sha3_256},
};

static const struct algorithm *find(uint32_t number)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].number == number)
            return &algorithms[i];
    return NULL;
}

uint32_t wh_digest_length(uint32_t algorithm)
{
    const struct algorithm *found = find(algorithm);

    return found ? found->length : 0;
}

bool wh_digest_is_strong(uint32_t algorithm)
{
    return algorithm == WH_SHA256 || algorithm == WH_SHA384 || algorithm == WH_SHA512;
}

bool wh_digest_equal(const struct wh_digest *a, const struct wh_digest *b)
{
    return a->algorithm == b->algorithm && a->length == b->length &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

void wh_hex(const uint8_t *bytes, size_t length, char *out_hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        out_hex[2 * i] = digits[bytes[i] >> 4];
        out_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    out_hex[2 * length] = '\0';
}

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool wh_unhex(const char *hex, size_t digits, uint8_t *out_bytes, size_t length)
{
    if (digits != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        int high = nibble(hex[2 * i]);
        int low = high < 0 ? -1 : nibble(hex[2 * i + 1]);
        if (low < 0)
            return false;
        out_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool wh_digest_from_hex(uint32_t algorithm, const char *hex, struct wh_digest *out_digest)
{
    struct wh_digest digest = {.algorithm = algorithm, .length = wh_digest_length(algorithm)};

    if (digest.length == 0 || !wh_unhex(hex, strlen(hex), digest.bytes, digest.length))
        return false;
    *out_digest = digest;
    return true;
}

wh_status wh_hasher_new(uint32_t algorithm, struct wh_hasher **out_hasher, struct wh_error *err)
{
    const struct algorithm *found = find(algorithm);
    if (!found)
        return wh_fail(err, WH_UNSUPPORTED, "digest algorithm %u is not supported", algorithm);

    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher || !(hasher->context = EVP_MD_CTX_new()))
        return wh_no_memory(err);
    hasher->algorithm = algorithm;
    if (EVP_DigestInit_ex(hasher->context, found->method(), NULL) != 1)
        return wh_fail(err, WH_UNSUPPORTED, "digest algorithm %u is disabled here", algorithm);
    *out_hasher = wh_take(hasher);
    return WH_OK;
}

void wh_hasher_update(struct wh_hasher *hasher, const void *data, size_t length)
{
    /* A failure here shows again in EVP_DigestFinal_ex(). */
    (void)EVP_DigestUpdate(hasher->context, data, length);
}

wh_status wh_hasher_finish(
    struct wh_hasher *hasher, struct wh_digest *out_digest, struct wh_error *err)
{
    struct wh_digest digest = {.algorithm = hasher->algorithm};
    unsigned length = 0;

    if (EVP_DigestFinal_ex(hasher->context, digest.bytes, &length) != 1)
        return wh_no_memory(err);
    digest.length = length;
    *out_digest = digest;
    return WH_OK;
}

void wh_hasher_free(struct wh_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    free(hasher);
}

void wh_hasher_cleanup(struct wh_hasher **hasher)
{
    wh_hasher_free(*hasher);
}

wh_status wh_digest_of(
    uint32_t algorithm, struct wh_bytes bytes, struct wh_digest *out_digest, struct wh_error *err)
{
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;

    WH_TRY(wh_hasher_new(algorithm, &hasher, err));
    wh_hasher_update(hasher, bytes.data, bytes.length);
    return wh_hasher_finish(hasher, out_digest, err);
}
