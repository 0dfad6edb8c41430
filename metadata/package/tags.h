/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tags.h - tags and types of rpm headers that the formats deal with by number (rpm/rpmtag.h).
 * Own names, because which of them a librpm knows depends on its version. */
#ifndef WHITTLE_TAGS_H
#define WHITTLE_TAGS_H

#include "whittle/prefix.h"

enum {
    WH_TYPE_INT16 = 3,
    WH_TYPE_INT32 = 4,
    WH_TYPE_INT64 = 5,
    WH_TYPE_STRING = 6,
    WH_TYPE_BIN = 7,
    WH_TYPE_STRING_ARRAY = 8,
    WH_TYPE_I18NSTRING = 9,
};

enum {
    WH_TAG_FILEDIGESTS = 1035,

    WH_SIG_REGION = 62,
    WH_SIG_DSA = 267,
    WH_SIG_RSA = 268,
    WH_SIG_SHA1 = 269,
    WH_SIG_LONGSIZE = 270,
    WH_SIG_LONGARCHIVESIZE = 271,
    WH_SIG_SHA256 = 273,
    WH_SIG_FILESIGNATURES = 274,
    WH_SIG_FILESIGNATURELENGTH = 275,
    WH_SIG_VERITYSIGNATURES = 276,
    WH_SIG_VERITYSIGNATUREALGO = 277,
    WH_SIG_OPENPGP = 278,
    WH_SIG_SHA3_256 = 279,
    WH_SIG_RESERVED = 999,
    WH_SIG_SIZE = 1000,
    WH_SIG_LEMD5_1 = 1001,
    WH_SIG_PGP = 1002,
    WH_SIG_LEMD5_2 = 1003,
    WH_SIG_MD5 = 1004,
    WH_SIG_GPG = 1005,
    WH_SIG_PGP5 = 1006,
    WH_SIG_PAYLOADSIZE = 1007,
    WH_SIG_RESERVEDSPACE = 1008,

    WH_DB_SIGPGP = 259,
    WH_DB_SIGMD5 = 261,
    WH_DB_SIGGPG = 262,
    WH_DB_PACKAGEDIGESTS = 5118,
};

/* The entry of that number (below entry_count) and its raw data offset; data is NULL when the
 * offset lies outside. */
struct wh_tag_entry wh_raw_header_entry(
    const struct wh_raw_header *header, uint32_t number, uint32_t *out_offset);

#endif
