/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz.h - .xz streams produced again by liblzma. Source: the .xz file format 1.2.1 and lzma's
 * headers. Versions of liblzma agree on what they write, so far; a client proves it for its own. */
#ifndef WHITTLE_XZ_H
#define WHITTLE_XZ_H

#include "whittle/bytes.h"

/* How liblzma is called to make one stream. */
struct wh_xz_settings {
    uint32_t preset;     /* 0 to 9, with LZMA_PRESET_EXTREME perhaps */
    uint32_t dictionary; /* bytes: as the block header says it */
    bool small;          /* encoded with a dictionary just above the content, less CPU and memory;
                          * the header then says `dictionary` all the same */
    bool threaded;       /* lzma_stream_encoder_mt: sizes stand in the block headers */
    uint64_t block_size; /* threaded: bytes of content in a block */
    uint8_t check;       /* lzma_check */
};

/* Spells and reads the settings, the parameters of WH_CODER_XZ. parameters: hostile. */
void wh_xz_settings_write(const struct wh_xz_settings *settings, struct wh_buffer *out);
WH_MUST_CHECK wh_status wh_xz_settings_read(
    struct wh_bytes parameters, struct wh_xz_settings *out_settings, struct wh_error *err);

/* CPU-milliseconds that packing takes on a usual machine: an estimate from the settings and the
 * length alone, so that bundles do not depend on who made them. */
uint32_t wh_xz_cpu_ms(const struct wh_xz_settings *settings, uint64_t plain_length);

/* Does this liblzma encode as the publisher's did? Encodes a built-in sample and compares. WH_OK,
 * WH_UNSUPPORTED (it does not), or WH_NO_MEMORY. Takes some ten milliseconds; proved once in a
 * process, callers may remember it for a version of liblzma. */
WH_MUST_CHECK wh_status wh_xz_prove(struct wh_error *err);
/* The version of liblzma that runs, as it says itself. */
const char *wh_xz_version(void);

#endif
