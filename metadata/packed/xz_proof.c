/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_proof.c - does this liblzma encode as the publisher's did? The sample is made by arithmetic:
 * literals, matches near and far, repeated distances, runs, and stretches that nothing shortens, so
 * that the stream has several chunks of each kind. */
#include "packed/xz_proof.h"

#include <lzma.h>
#include <string.h>

#include "whittle/cleanup.h"

enum {
    SAMPLE_LENGTH = 112 << 10,
    NOISE_EVERY = 24 << 10,
    NOISE_LENGTH = 14 << 10,
    USUAL = (2 * 5 + 0) * 9 + 3, /* lc 3, lp 0, pb 2 */
};

#define DEBUGDATA                                                                                  \
    .preset = 6, .dictionary = 8u << 20, .properties = USUAL, .check = LZMA_CHECK_CRC64

const struct wh_xz_proof wh_xz_proofs[WH_XZ_PROOFS] = {
    /* A kernel's modules. */
    {{.preset = 6,
         .dictionary = 1u << 20,
         .properties = USUAL,
         .small = true,
         .header_size = 2,
         .check = LZMA_CHECK_CRC32},
        "3b5b5781a2dc5727dab0b18e500d6be14ed21e64aedc4f6816747f3ad15429c0"},
    {{DEBUGDATA, .small = true, .header_size = 2},
        "14e6fbc8f8e1d46a762b3fe24dbf7832dde81bb01f6dc508d7d1d53f1e36200a"},
    {{DEBUGDATA, .header_size = 2},
        "14e6fbc8f8e1d46a762b3fe24dbf7832dde81bb01f6dc508d7d1d53f1e36200a"},
    {{DEBUGDATA, .small = true, .threaded = true, .block_size = 64u << 10, .header_size = 3},
        "6051b3ed26160d0e6097f7d2359a577d8545b0d61ef96c399dc608dfc14b61da"},
};

/* A number below limit. */
static uint32_t next(uint32_t *state, uint32_t limit)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*state * limit) >> 32);
}

static void add_noise(struct wh_buffer *out, uint32_t *state)
{
    for (uint32_t i = 0; i < NOISE_LENGTH; i++)
        wh_buffer_u8(out, (uint8_t)next(state, 256));
}

static void add_literals(struct wh_buffer *out, uint32_t *state)
{
    uint32_t base = next(state, 4) * 32;

    for (uint32_t left = 1 + next(state, 12); left > 0; left--)
        wh_buffer_u8(out, (uint8_t)(base + next(state, 24)));
}

/* Copies what stands so far back, some of it twice around a byte that differs. */
static void add_match(struct wh_buffer *out, uint32_t *state, uint32_t reach)
{
    size_t distance = 1 + next(state, reach < out->length ? reach : (uint32_t)out->length);

    for (uint32_t round = 1 + next(state, 3); round > 0 && !out->failed; round--) {
        for (uint32_t left = 2 + next(state, 40); left > 0 && !out->failed; left--)
            wh_buffer_u8(out, out->data[out->length - distance]);
        wh_buffer_u8(out, (uint8_t)next(state, 256));
    }
}

wh_status wh_xz_sample(struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 2 * SAMPLE_LENGTH};
    uint32_t state = 1;
    size_t noise_at = 0;

    while (made.length < SAMPLE_LENGTH && !made.failed) {
        if (made.length >= noise_at) {
            add_noise(&made, &state);
            noise_at += NOISE_EVERY;
        }
        add_literals(&made, &state);
        if (!made.failed)
            add_match(&made, &state, next(&state, 2) ? 256 : SAMPLE_LENGTH);
        if (next(&state, 32) == 0)
            wh_buffer_fill(&made, 0, 1 + next(&state, 600));
    }
    WH_TRY(wh_buffer_check(&made, err));
    wh_buffer_append(out, made.data, SAMPLE_LENGTH);
    return wh_buffer_check(out, err);
}

wh_status wh_xz_prove_one(
    struct wh_bytes sample, const struct wh_xz_proof *proof, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = 2 * sample.length};
    struct wh_digest digest;
    char hex[2 * WH_SHA256_LENGTH + 1];

    WH_TRY(wh_xz_encode(sample, &proof->settings, &packed, err));
    WH_TRY(wh_digest_of(WH_SHA256, wh_buffer_bytes(&packed), &digest, err));
    wh_hex(digest.bytes, digest.length, hex);
    if (strcmp(hex, proof->sha256) != 0)
        return wh_fail(err, WH_UNSUPPORTED,
            "liblzma %s encodes otherwise than the publisher's (%s)", wh_xz_version(), hex);
    return WH_OK;
}

wh_status wh_xz_prove(struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer sample = {.ceiling = SAMPLE_LENGTH};

    WH_TRY(wh_xz_sample(&sample, err));
    for (size_t i = 0; i < WH_XZ_PROOFS; i++)
        WH_TRY(wh_xz_prove_one(wh_buffer_bytes(&sample), &wh_xz_proofs[i], err));
    return WH_OK;
}
