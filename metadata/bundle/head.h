/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head.h - the first bytes of every bundle and supplement; little-endian.
 *
 *      0   8  magic 89 57 48 54 0d 0a 1a 0a: shows a transfer that changes line ends
 *      8   1  format version, 1
 *      9   1  kind: 1 step, 2 config, 3 doc
 *     10   1  correction mode: 0 none, 1 xor, 2 full
 *     11   1  0
 *     12   4  stored bytes of the prefix      16   4  its bytes
 *     20   4  stored bytes of the correction  24   4  its bytes
 *     28   4  stored bytes of the table       32   4  its bytes
 *     36   8  stored bytes of all groups
 *     44   8  bytes of the package file
 *     52  32  SHA-256 of the older main header; zeros in a supplement
 *     84  32  SHA-256 of the prefix
 *    116  32  SHA-256 of the package file
 *    148  64  SHA-512 of the package file
 *    212  32  SHA-256 of all that follows
 *    244      prefix, correction, table, groups
 */
#ifndef WHITTLE_HEAD_H
#define WHITTLE_HEAD_H

#include "whittle/bundle.h"

static const uint8_t wh_bundle_magic[8] = {0x89, 'W', 'H', 'T', '\r', '\n', 0x1a, '\n'};

#endif
