/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_match.h - which symbols of a new table are which of an old one, by their names. */
#ifndef WHITTLE_REPO_SYMBOL_MATCH_H
#define WHITTLE_REPO_SYMBOL_MATCH_H

#include "match/copies.h"
#include "whittle/debugdata.h"

/* Copies count symbols. out_copies: zeroed; free with wh_copy_list_clear(), whatever the status. */
WH_MUST_CHECK wh_status wh_match_symbols(const struct wh_symbols *old,
    const struct wh_symbols *fresh, struct wh_copy_list *out_copies, struct wh_error *err);

/* For each new symbol that no copy brings an old one like it whose name has another end, behind its
 * first dot; WH_SYMBOL_NEW for others. out_renamed: one for each new symbol. */
WH_MUST_CHECK wh_status wh_match_renamed(const struct wh_symbols *old,
    const struct wh_symbols *fresh, const struct wh_copy_list *copies, size_t *out_renamed,
    struct wh_error *err);

#endif
