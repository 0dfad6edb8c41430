/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload.h - unpacks the payload of a package file through librpm's rpmio. */
#ifndef WHITTLE_REPO_PAYLOAD_H
#define WHITTLE_REPO_PAYLOAD_H

#include "whittle/digest.h"

struct wh_payload_job {
    int fd; /* of the package file */
    const char *path;
    uint64_t offset;                 /* of the payload */
    uint64_t ceiling;                /* bytes that it may have at most; more is WH_MALFORMED */
    const struct wh_digest *digests; /* of the plain payload: every one must hold */
    uint32_t digest_count;
};

/* out_payload: mapped for reading, the caller unmaps with munmap(). */
WH_MUST_CHECK wh_status wh_payload_unpack(
    const struct wh_payload_job *job, struct wh_bytes *out_payload, struct wh_error *err);

/* rpmio's mode string for a payload that begins so; the magic decides, never a tag. */
const char *wh_payload_io(struct wh_bytes start);

#endif
