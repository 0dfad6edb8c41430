/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packed_pair.h - two versions of a package whose files are compressed themselves, and how the
 * newer ones are made in their plain forms. Trouble aborts. */
#ifndef WHITTLE_TESTS_PACKED_PAIR_H
#define WHITTLE_TESTS_PACKED_PAIR_H

#include "made_packed.h"
#include "sample.h"

#define PACKED_CONFIG "/etc/sample.gz"
#define PACKED_ELF "/usr/bin/sample"
#define PACKED_FRESH "/usr/lib/sample/fresh.gz" /* only in the newer version */
#define PACKED_LINK "/usr/lib/sample/link-b.gz" /* the last of two hardlinks */
#define PACKED_GZIP "/usr/lib/sample/page.gz"   /* with a twin */
#define PACKED_ZIP "/usr/lib/sample/sample.zip"
#define PACKED_TEXT "/usr/lib/sample/text"          /* not packed in either version */
#define PACKED_ONCE_TEXT "/usr/lib/sample/was-text" /* a text that becomes a gzip file */
#define PACKED_XZ "/usr/lib/sample/module.ko.xz"

/* Packed contents of both versions, in the order of the rows. */
enum {
    PACKED_AT_GZIP,
    PACKED_AT_ZIP,
    PACKED_AT_XZ,
    PACKED_AT_ELF,
    PACKED_AT_LINK,
    PACKED_AT_CONFIG,
    PACKED_AT_FRESH,
    PACKED_AT_ONCE_TEXT,
    PACKED_ROWS,
};

struct packed_pair {
    struct sample old;
    struct sample fresh;
    struct made_packed bases[PACKED_ROWS]; /* that of PACKED_AT_FRESH is empty */
    struct made_packed contents[PACKED_ROWS];
    struct made_change changes[PACKED_ROWS];
    struct sample_packed rows[PACKED_ROWS];
};

void packed_pair_make(struct packed_pair *pair);
void packed_pair_clear(struct packed_pair *pair);

/* All recipes, each content in a group of zstd of its own. */
struct sample_coding packed_pair_coding(const struct packed_pair *pair);

#endif
