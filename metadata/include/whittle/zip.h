/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip.h - records of a zip archive: their signatures, lengths and fields. Source: the .ZIP file
 * format specification (APPNOTE) 6.3, section 4.3. All numbers are little-endian. */
#ifndef WHITTLE_ZIP_H
#define WHITTLE_ZIP_H

#include "whittle/bytes.h"

#define WH_ZIP_LOCAL 0x04034b50u      /* local header, before each member's bytes */
#define WH_ZIP_CENTRAL 0x02014b50u    /* an entry of the central directory */
#define WH_ZIP_END 0x06054b50u        /* end of central directory */
#define WH_ZIP_DESCRIPTOR 0x08074b50u /* data descriptor; its signature may be left out */
#define WH_ZIP_LOCATOR_64 0x07064b50u /* stands before the end record of a zip64 archive */

/* Bytes without the parts whose lengths they give. */
#define WH_ZIP_LOCAL_LENGTH 30u
#define WH_ZIP_CENTRAL_LENGTH 46u
#define WH_ZIP_END_LENGTH 22u
#define WH_ZIP_SUMS_LENGTH 12u /* CRC-32, packed length, plain length: they stand together */

#define WH_ZIP_FLAG_DESCRIPTOR 8u /* the sums stand behind the member's bytes */

/* Where the end record is: the last one that reaches to the end of the content exactly with its
 * comment. Looks at the last 65557 bytes. content: hostile. */
bool wh_zip_find_end(struct wh_bytes content, size_t *out_at);

#endif
