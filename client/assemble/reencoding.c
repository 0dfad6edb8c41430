/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reencoding.c - see reencoding.h. */
#include "assemble/reencoding.h"

bool wh_reencodes(const struct wh_bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->recipe_count; i++)
        for (uint32_t k = 0; k < bundle->recipes[i].new_count; k++)
            if (bundle->recipes[i].new_streams[k].coder == WH_CODER_XZ)
                return true;
    return false;
}

wh_status wh_reencoding_failed(wh_status status, const char *nevra, struct wh_error *err)
{
    if (status != WH_MALFORMED && status != WH_UNSUPPORTED && status != WH_OVER_LIMIT &&
        status != WH_MISMATCH)
        return status;
    const struct wh_error first = err ? *err : (struct wh_error){.message = ""};
    return wh_fail(err, WH_REENCODING, "%s: it was not re-encoded as published (%.380s)", nevra,
        first.message);
}
