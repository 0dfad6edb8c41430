/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.h - what taking apart and putting together share: streams in their places, and the fields
 * that follow from them. */
#ifndef WHITTLE_PACKED_PLACE_H
#define WHITTLE_PACKED_PLACE_H

#include "packed/fields.h"
#include "whittle/packed.h"

/* Tells what a container would say about a stream that lies at start. plain: what it holds, as its
 * coder spells it. */
WH_MUST_CHECK wh_status wh_place(uint32_t coder, struct wh_bytes packed, struct wh_bytes plain,
    size_t start, struct wh_placed *out_placed, struct wh_error *err);

/* Takes out, or puts in, the fields of a content whose streams lie in their places. */
void wh_place_fields(enum wh_packing packing, const struct wh_container *content,
    const struct wh_placed *placed, uint32_t count, bool restore);

#endif
