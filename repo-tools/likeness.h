/* SPDX-License-Identifier: GPL-2.0-or-later */
/* likeness.h - finds the file of an older version that has most of a new content, whatever it is
 * called: an index over sketches of all its files. */
#ifndef WHITTLE_REPO_LIKENESS_H
#define WHITTLE_REPO_LIKENESS_H

#include "differences.h"
#include "package_file.h"
#include "sketch.h"

/* Contents below this have too few runs to tell; a base this many times as long has samples too far
 * apart. */
#define WH_COMPARABLE_MIN 256u
#define WH_COMPARABLE_RATIO 16u

/* Can its sketch tell anything? */
bool wh_is_comparable(struct wh_bytes content);

struct wh_likeness;

/* origin: unpacked; borrowed until free. Reads all of its payload. Takes 2 KiB of memory a file,
 * and less where there are many: 160 MiB for a million. */
WH_MUST_CHECK wh_status wh_likeness_new(
    const struct wh_package_file *origin, struct wh_likeness **out_likeness, struct wh_error *err);
void wh_likeness_free(struct wh_likeness *likeness);
void wh_likeness_cleanup(struct wh_likeness **likeness);

struct wh_found {
    uint32_t file; /* WH_NO_FILE: none has anything */
    struct wh_common common;
};

/* The file, of a class that `class` may use, with the highest score; of several the closest in
 * size. size: of the content that was sketched. */
struct wh_found wh_likeness_find(const struct wh_likeness *likeness,
    const struct wh_sketch *content, uint64_t size, enum wh_file_class class);

#endif
