/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_proof.h - what liblzma has to make of a built-in sample. */
#ifndef WHITTLE_PACKED_XZ_PROOF_H
#define WHITTLE_PACKED_XZ_PROOF_H

#include "whittle/digest.h"
#include "whittle/xz.h"

struct wh_xz_proof {
    struct wh_xz_settings settings;
    const char *sha256; /* of the stream, in hex */
};

#define WH_XZ_PROOFS 4
extern const struct wh_xz_proof wh_xz_proofs[WH_XZ_PROOFS];

/* The sample; the caller frees its data. */
WH_MUST_CHECK wh_status wh_xz_sample(struct wh_buffer *out, struct wh_error *err);

/* Does encoding give that? WH_UNSUPPORTED: it does not. */
WH_MUST_CHECK wh_status wh_xz_prove_one(
    struct wh_bytes sample, const struct wh_xz_proof *proof, struct wh_error *err);

#endif
