/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_patch.h - what makes vectors of patches, good and bad. */
#ifndef WHITTLE_GOLDEN_MAKE_PATCH_H
#define WHITTLE_GOLDEN_MAKE_PATCH_H

#include "sample.h"

/* Two packages and a step between them, with all contents in groups of zstd. */
struct golden_pair {
    struct sample old;
    struct sample fresh;
    struct wh_buffer step;
};

/* The stored bytes of a group, with no check of any kind. */
void golden_streams_write(const struct wh_bytes streams[WH_STREAMS], struct wh_buffer *out);

/* Writes the pair's step with these stored bytes in its first groups, which become groups of
 * patches. */
void golden_put_patched(const char *name, const struct golden_pair *pair,
    const struct wh_buffer *groups, uint32_t count);

/* The pair's second group has one member of 16 bytes over a base of 32; first: the right bytes of
 * its first group. */
void golden_put_bad_patches(const struct golden_pair *pair, const struct wh_buffer *first);

#endif
