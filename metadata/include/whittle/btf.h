/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf.h - the fields of a .BTF section that are numbers of types or offsets of names. */
#ifndef WHITTLE_BTF_H
#define WHITTLE_BTF_H

#include "whittle/bytes.h"

enum { WH_BTF_NAME, WH_BTF_TYPE, WH_BTF_KINDS };

/* Lists them: offset in the section << 1 | kind, ascending. section: hostile; what follows a type
 * that is not known is left out. The caller frees out_fields. */
WH_MUST_CHECK wh_status wh_btf_find(
    struct wh_bytes section, uint32_t **out_fields, size_t *out_count, struct wh_error *err);

#endif
