/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask.h - an ELF file as the match finder shall see it: each field that the decoder predicts is
 * replaced by something that does not depend on addresses. Encoder-only knowledge. */
#ifndef WHITTLE_REPO_MASK_H
#define WHITTLE_REPO_MASK_H

#include "whittle/elf.h"

/* A view of the same length as the file. with_names: references through the GOT and the PLT are
 * labelled by the symbol's name. The caller frees it. */
WH_MUST_CHECK wh_status wh_mask(
    const struct wh_elf *elf, bool with_names, uint8_t **out_view, struct wh_error *err);

#endif
