/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_build.h - makes the bytes of a bundle: a step from one older version, or a supplement. */
#ifndef WHITTLE_REPO_BUNDLE_BUILD_H
#define WHITTLE_REPO_BUNDLE_BUILD_H

#include "effort.h"
#include "subject.h"
#include "whittle/bundle.h"

/* origin: the older version, unpacked; the subject's own file for a reinstallation. out_bundle:
 * starts empty. WH_OVER_LIMIT: a content is larger than a client may hold in memory. */
WH_MUST_CHECK wh_status wh_build_step(const struct wh_package_file *origin,
    const struct wh_subject *subject, enum wh_effort effort, struct wh_buffer *out_bundle,
    struct wh_error *err);

/* kind: WH_BUNDLE_CONFIG or WH_BUNDLE_DOC. out_bundle stays empty where the package has no such
 * contents. */
WH_MUST_CHECK wh_status wh_build_supplement(enum wh_bundle_kind kind,
    const struct wh_subject *subject, enum wh_effort effort, struct wh_buffer *out_bundle,
    struct wh_error *err);

#endif
