/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packages.h - packages taken out of their files once, for several cuts: a bounded cache of
 * unpacked payloads, which lie in files without names. */
#ifndef WHITTLE_WHITTLED_PACKAGES_H
#define WHITTLE_WHITTLED_PACKAGES_H

#include "subject.h"
#include "whittled/catalogue.h"

struct wh_packages;

/* ceiling: bytes of payloads that are kept when nobody uses them. Free with wh_packages_free(). */
WH_MUST_CHECK wh_status wh_packages_new(
    uint64_t ceiling, struct wh_packages **out_packages, struct wh_error *err);
void wh_packages_free(struct wh_packages *packages);

/* What a package is wanted for: bundles lead to a target, and start from an origin. */
enum wh_role { WH_ROLE_ORIGIN, WH_ROLE_TARGET };

/* The package, unpacked: of an origin the file alone is filled. Several threads may ask at once,
 * and one of them does the work. Every WH_OK is given back by wh_packages_give(). WH_UNSUPPORTED:
 * no bundle can be made with it; other failures: it is damaged or gone. */
WH_MUST_CHECK wh_status wh_packages_take(struct wh_packages *packages,
    const struct wh_known_package *known, enum wh_role role, const struct wh_subject **out_subject,
    struct wh_error *err);
void wh_packages_give(struct wh_packages *packages, const struct wh_subject *subject);

#endif
