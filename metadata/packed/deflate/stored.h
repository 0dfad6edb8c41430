/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stored.h - the model in a stored block, whose symbols nobody knows. */
#ifndef WHITTLE_PACKED_DEFLATE_STORED_H
#define WHITTLE_PACKED_DEFLATE_STORED_H

#include "packed/deflate/matcher.h"

/* Takes one symbol as if it were the encoder's, or a literal where that would go past end. */
static inline struct wh_token wh_stored_next(
    struct wh_matcher *matcher, struct wh_bytes plain, size_t end, bool *out_cut)
{
    size_t at = wh_matcher_at(matcher);
    struct wh_token token = wh_matcher_predict(matcher);

    *out_cut = token.length > end - at;
    if (*out_cut)
        token = (struct wh_token){1, plain.data[at]};
    wh_matcher_take(matcher, token);
    return token;
}

#endif
