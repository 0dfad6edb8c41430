/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences.h - which contents of the new version the old one has not, and from which old file
 * each is most likely made, as far as names tell; bases.h knows better where the contents are
 * there, too. */
#ifndef WHITTLE_REPO_DIFFERENCES_H
#define WHITTLE_REPO_DIFFERENCES_H

#include "whittle/bundle.h"

/* How far a system may be trusted to have a file as packaged. %config files get edited, %doc files
 * left out (tsflags=nodocs); for both there are supplements, so each class depends on itself and on
 * plain files only. */
enum wh_file_class { WH_CLASS_PLAIN, WH_CLASS_DOC, WH_CLASS_CONFIG, WH_CLASSES };

enum wh_file_class wh_file_class(const struct wh_file *file);
/* May a content of class `content` be made from, or kept as, an old file of class `source`? */
bool wh_class_may_use(enum wh_file_class content, enum wh_file_class source);

struct wh_differences {
    struct wh_entry *entries; /* ascending by file; base resolved to an old file or WH_NO_FILE */
    uint32_t entry_count;
    struct wh_twin *twins; /* ascending by file */
    uint32_t twin_count;
};

/* Free with wh_differences_clear(). */
WH_MUST_CHECK wh_status wh_differences_find(const struct wh_header *old_header,
    const struct wh_file_map *old_map, const struct wh_header *new_header,
    struct wh_differences *out_differences, struct wh_error *err);
void wh_differences_clear(struct wh_differences *differences);

#endif
