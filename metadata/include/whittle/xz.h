/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz.h - .xz streams produced again by liblzma. Source: the .xz file format 1.2.1 and lzma's
 * headers. Versions of liblzma agree on what they write, so far; a client proves it for its own. */
#ifndef WHITTLE_XZ_H
#define WHITTLE_XZ_H

#include "whittle/bytes.h"

/* Least bytes in a block where there are several: each begins with the search tables cleared, which
 * must not cost more than its content. xz itself makes no smaller ones unless told to. */
#define WH_XZ_BLOCK_MIN (64u << 10)
/* Memory of the encoder beyond the content: preset 6, the usual one, asks for 94 MiB at its whole
 * dictionary. */
#define WH_XZ_ENCODER_MAX (96u << 20)
/* Memory of the decoder: the largest dictionary of any preset, 64 MiB, and its tables. */
#define WH_XZ_DECODER_MAX (65u << 20)

/* How liblzma is called to make one stream. */
struct wh_xz_settings {
    uint32_t preset;     /* 0 to 9, with LZMA_PRESET_EXTREME perhaps: how matches are looked for */
    uint32_t dictionary; /* bytes: as the block header says it */
    uint8_t properties;  /* lc, lp and pb as LZMA2 spells them: (pb * 5 + lp) * 9 + lc */
    bool small;          /* encoded with a dictionary no longer than the content, less CPU and
                          * memory; the header then says `dictionary` all the same */
    bool threaded;       /* sizes stand in the block headers, as lzma_stream_encoder_mt writes */
    uint64_t block_size; /* bytes of content in each block but the last; 0: all is one block */
    uint8_t header_size; /* of each block, as its first byte says it: bytes / 4 - 1 */
    uint8_t check;       /* lzma_check */
    uint8_t filter;      /* lzma_vli of the BCJ filter before LZMA2, 0 for none */
};

/* Spells and reads the settings, the parameters of WH_CODER_XZ: specs/format/xz.md.
 * parameters: hostile. WH_MALFORMED: not what wh_xz_settings_write() writes. */
void wh_xz_settings_write(const struct wh_xz_settings *settings, struct wh_buffer *out);
WH_MUST_CHECK wh_status wh_xz_settings_read(
    struct wh_bytes parameters, struct wh_xz_settings *out_settings, struct wh_error *err);

/* The size of a dictionary of that spelling (LZMA2's, 0 to 40). */
uint32_t wh_xz_dictionary(uint8_t spelling);

/* Appends the stream. WH_UNSUPPORTED: liblzma does not do these settings. WH_OVER_LIMIT: the
 * encoder would need more than WH_XZ_ENCODER_MAX, or out's ceiling is reached. */
WH_MUST_CHECK wh_status wh_xz_encode(struct wh_bytes plain, const struct wh_xz_settings *settings,
    struct wh_buffer *out, struct wh_error *err);
/* Is packed what wh_xz_encode() gives? WH_MISMATCH: no; it stops soon behind the first difference.
 */
WH_MUST_CHECK wh_status wh_xz_compare(struct wh_bytes plain, const struct wh_xz_settings *settings,
    struct wh_bytes packed, struct wh_error *err);

/* CPU-milliseconds that packing takes on a usual machine: an estimate from the settings and the
 * length alone, so that bundles do not depend on who made them. */
uint32_t wh_xz_cpu_ms(const struct wh_xz_settings *settings, uint64_t plain_length);

/* Does this liblzma encode as the publisher's did? Encodes a built-in sample and compares. WH_OK,
 * WH_UNSUPPORTED (it does not), or WH_NO_MEMORY. Takes a tenth of a second; proved once in a
 * process, callers may remember it for a version of liblzma. */
WH_MUST_CHECK wh_status wh_xz_prove(struct wh_error *err);
/* The version of liblzma that runs, as it says itself. */
const char *wh_xz_version(void);

#endif
