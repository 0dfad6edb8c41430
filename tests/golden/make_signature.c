/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_signature.c - vectors of signature headers. */
#include "make.h"
#include "sample.h"
#include "whittle/cleanup.h"

enum { INT32 = 4, STRING = 6, BIN = 7, STRING_ARRAY = 8 };

#define BLOB(tag, bytes)                                                                           \
    {                                                                                              \
        tag, BIN, sizeof(bytes) - 1, bytes, sizeof(bytes) - 1                                      \
    }
#define TEXT(tag, text)                                                                            \
    {                                                                                              \
        tag, STRING, 1, text, sizeof(text)                                                         \
    }
#define NUMBER(tag, bytes)                                                                         \
    {                                                                                              \
        tag, INT32, 1, bytes, 4                                                                    \
    }
#define SPACE(tag, bytes)                                                                          \
    {                                                                                              \
        tag, BIN, sizeof(bytes), bytes, sizeof(bytes)                                              \
    }

#define RSA BLOB(268, "an RSA signature")
#define SHA1 TEXT(269, "0123456789012345678901234567890123456789")
#define SHA256 TEXT(273, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
#define OPENPGP                                                                                    \
    {                                                                                              \
        278, STRING_ARRAY, 2, "c2lnMQ==\0c2lnMg==", 18                                             \
    }
#define SIZE NUMBER(1000, "\0\0\1\2")
#define PGP BLOB(1002, "signature over all")
#define MD5 BLOB(1004, "0123456789abcdef")
#define GPG BLOB(1005, "another one")
#define PAYLOADSIZE NUMBER(1007, "\0\0\3\4")

static void put_signature(const char *name, const struct sample_tag *tags, uint32_t count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer prefix = {0};

    sample_signed_prefix(tags, count, &prefix);
    golden_save_buffer(name, &prefix);
}

/* NAME.prefix, which the readers rewrite with package digests of 0x11 and 0x22. */
void golden_put_signatures(void)
{
    static const uint8_t space[512];
#define PREFIX(name, ...)                                                                          \
    do {                                                                                           \
        static const struct sample_tag tags[] = {__VA_ARGS__};                                     \
        put_signature(name ".prefix", tags, sizeof tags / sizeof *tags);                           \
    } while (0)
    PREFIX("signature-v4", RSA, SHA1, SHA256, SIZE, PGP, MD5, PAYLOADSIZE, SPACE(1008, space));
    PREFIX("signature-v4-all-legacy", BLOB(267, "a DSA signature"), RSA, SHA1, SHA256, SIZE,
        BLOB(1001, "l1"), PGP, BLOB(1003, "l2"), MD5, GPG, BLOB(1006, "p5"), PAYLOADSIZE);
    PREFIX("signature-v4-little-space", SHA1, SHA256, SIZE, MD5, BLOB(1008, "\0\0\0\0"));
    PREFIX("signature-v6", SHA256, OPENPGP, TEXT(279, "0123"), SPACE(999, space));
    PREFIX("signature-v6-without-space", SHA256, OPENPGP, TEXT(279, "0123"));
    PREFIX("bad-signature-unknown-tag", RSA, BLOB(300, "?"));
    PREFIX("bad-signature-over-payload-only", SHA1, SIZE, PGP, MD5);
    PREFIX("bad-signature-out-of-order", SHA256, SHA1);
    PREFIX("bad-signature-tag-twice", RSA, RSA);
    PREFIX("bad-signature-md5-too-short", RSA, BLOB(1004, "0123456789abcde"));
    PREFIX("bad-signature-pgp-not-binary", RSA, TEXT(1002, "text"));
    PREFIX("bad-signature-data-too-short", RSA, {1004, BIN, 1000, "0123", 4});
}
