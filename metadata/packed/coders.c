/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coders.c - see packed/coders.h. */
#include "packed/coders.h"

const struct wh_coder *wh_coder_find(uint32_t id)
{
    static const struct wh_coder coders[] = {
        {WH_CODER_DEFLATE, "deflate", wh_deflate_unpack, wh_deflate_pack},
        {WH_CODER_TOKENS, "tokens", wh_tokens_unpack, wh_tokens_pack},
        {WH_CODER_XZ, "xz", wh_xz_unpack, wh_xz_pack},
    };

    for (size_t i = 0; i < sizeof coders / sizeof *coders; i++) {
        if (coders[i].id == id)
            return &coders[i];
    }
    return NULL;
}
