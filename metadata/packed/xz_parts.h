/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_parts.h - what the parts of the .xz coder share. */
#ifndef WHITTLE_PACKED_XZ_PARTS_H
#define WHITTLE_PACKED_XZ_PARTS_H

#include <lzma.h>

#include "whittle/xz.h"

/* Fills err for a call of liblzma that did not succeed. */
wh_status wh_xz_fail(struct wh_error *err, lzma_ret result);

/* The dictionary that is searched, whatever the header says. */
uint32_t wh_xz_used_dictionary(const struct wh_xz_settings *settings, uint64_t plain_length);

#endif
