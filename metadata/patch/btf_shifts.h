/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf_shifts.h - how the numbers in a .BTF section have shifted so far; see walk_btf.c. */
#ifndef WHITTLE_BTF_SHIFTS_H
#define WHITTLE_BTF_SHIFTS_H

#include "whittle/btf.h"
#include "whittle/elf.h"

#define WH_BTF_LESSONS 4096u

struct wh_btf_lesson {
    uint32_t number; /* plus one; 0 = nothing */
    int32_t shift;
};

struct wh_btf_shifts {
    struct wh_btf_lesson exact[WH_BTF_LESSONS];
    struct wh_btf_lesson blocks[WH_BTF_LESSONS]; /* of sixteen numbers */
    int32_t last;
};

struct wh_btf {
    size_t start; /* of the section in the old file */
    uint32_t *fields;
    size_t count;
    struct wh_btf_shifts shifts[WH_BTF_KINDS];
};

/* out_btf is NULL where the old file has no such section. Free with wh_btf_free(). */
WH_MUST_CHECK wh_status wh_btf_prepare(
    const struct wh_elf *old, struct wh_btf **out_btf, struct wh_error *err);
void wh_btf_free(struct wh_btf *btf);

#endif
