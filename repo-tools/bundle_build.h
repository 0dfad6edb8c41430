/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_build.h - makes the bytes of a bundle: a step from one older version, or a supplement. */
#ifndef WHITTLE_REPO_BUNDLE_BUILD_H
#define WHITTLE_REPO_BUNDLE_BUILD_H

#include "group_encode.h"
#include "memory.h"
#include "subject.h"
#include "whittle/bundle.h"

/* origin: the older version, unpacked, or what stands for a list of files (cut.h), which has no
 * prefix; the subject's own file for a reinstallation. out_bundle:
 * starts empty. WH_OVER_LIMIT: a content is larger than a client may hold in memory, or the
 * bundle's contents take more than means->stored_max. */
WH_MUST_CHECK wh_status wh_build_step(const struct wh_package_file *origin,
    const struct wh_subject *subject, const struct wh_means *means, struct wh_buffer *out_bundle,
    struct wh_error *err);

/* kind: WH_BUNDLE_CONFIG or WH_BUNDLE_DOC. out_bundle stays empty where the package has no such
 * contents. */
WH_MUST_CHECK wh_status wh_build_supplement(enum wh_bundle_kind kind,
    const struct wh_subject *subject, const struct wh_means *means, struct wh_buffer *out_bundle,
    struct wh_error *err);

/* The groups of a step alone. Free with wh_encoded_groups_clear(). */
WH_MUST_CHECK wh_status wh_build_groups(const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means,
    struct wh_encoded_groups *out_groups, struct wh_error *err);

/* What making and proving either takes; headers are enough for it. */
WH_MUST_CHECK wh_status wh_step_memory(const struct wh_header *old_header,
    const struct wh_header *new_header, const struct wh_means *means, uint64_t *out_bytes,
    struct wh_error *err);
WH_MUST_CHECK wh_status wh_supplement_memory(enum wh_bundle_kind kind,
    const struct wh_header *header, const struct wh_means *means, uint64_t *out_bytes,
    struct wh_error *err);

#endif
