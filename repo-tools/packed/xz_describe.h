/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_describe.h - with which settings an .xz stream was made. What its headers tell is read there,
 * what they do not tell is tried, and the answer is proved by making the stream again. */
#ifndef WHITTLE_REPO_PACKED_XZ_DESCRIBE_H
#define WHITTLE_REPO_PACKED_XZ_DESCRIBE_H

#include "whittle/xz.h"

/* packed: exactly one stream, of which plain is what it holds. last: settings of a stream from the
 * same hands, tried first, or NULL; may be out_settings. WH_OK: wh_xz_encode() gives packed.
 * WH_UNSUPPORTED: no settings are known to. WH_MALFORMED: not an .xz stream.
 * Cost: of encoding plain once where the guess was right. A wrong guess costs little with long
 * contents: it is given up at its first wrong bytes. */
WH_MUST_CHECK wh_status wh_xz_describe(struct wh_bytes packed, struct wh_bytes plain,
    const struct wh_xz_settings *last, struct wh_xz_settings *out_settings, struct wh_error *err);

#endif
