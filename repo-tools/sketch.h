/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sketch.h - a small sample of a content, by which two contents can be compared without laying them
 * side by side: the least hashes of all runs of 8 bytes in it. Equal runs have equal hashes
 * wherever they stand, so that contents with much in common have samples with much in common. */
#ifndef WHITTLE_REPO_SKETCH_H
#define WHITTLE_REPO_SKETCH_H

#include "whittle/bytes.h"

#define WH_SKETCH_MAX 64u

struct wh_sketch {
    uint64_t hashes[WH_SKETCH_MAX]; /* ascending, each once */
    uint32_t count;
    bool complete; /* the content has no others */
};

/* At most `most` hashes, up to WH_SKETCH_MAX. Runs that are found in most programs and tables,
 * zeros above all, are left out. Linear in the content's length, some 2 GB/s. */
void wh_sketch_make(struct wh_bytes content, uint32_t most, struct wh_sketch *out_sketch);

/* How much of a content another one has. */
struct wh_common {
    uint32_t known;  /* hashes of the content that would be in the other's sketch, too */
    uint32_t shared; /* those that are */
};

/* From 0 to 1000; a small sample is believed less. */
uint32_t wh_common_score(struct wh_common common);

struct wh_common wh_sketch_compare(const struct wh_sketch *content, const struct wh_sketch *source);

/* Does it begin like a format that is compressed as a whole? Nothing stays as it was in those
 * behind the first change. */
bool wh_is_compressed(struct wh_bytes content);

#endif
