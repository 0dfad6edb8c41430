/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reencoding.h - tells the failures that another liblzma than the publisher's explains. */
#ifndef WHITTLE_REENCODING_H
#define WHITTLE_REENCODING_H

#include "whittle/bundle.h"

/* Is liblzma needed to make the bundle's contents? */
bool wh_reencodes(const struct wh_bundle *bundle);

/* After the contents of a bundle that reencodes failed: bundles are compared with the index, and
 * files of the older version with their digests, so of what comes out wrong then the encoder is the
 * cause. Gives WH_REENCODING, with a sentence that has err's own in it, instead of a status that
 * says so; any other status as it is. */
wh_status wh_reencoding_failed(wh_status status, const char *nevra, struct wh_error *err);

#endif
