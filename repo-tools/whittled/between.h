/* SPDX-License-Identifier: GPL-2.0-or-later */
/* between.h - what lies between an installed version and a target, from all versions that are
 * known and their advisories. */
#ifndef WHITTLE_WHITTLED_BETWEEN_H
#define WHITTLE_WHITTLED_BETWEEN_H

#include "whittled/library.h"

/* Merged over every known version between the two, for an upgrade; for a downgrade or a
 * reinstallation what is different between them. differs: files of the origin that a client
 * reported as not as packaged. Free out_operations with wh_operations_clear(). */
WH_MUST_CHECK wh_status wh_operations_between(struct wh_library *library,
    struct wh_catalogue *catalogue, const struct wh_known_package *origin,
    const struct wh_known_package *target, const struct wh_upgrade_package *asked,
    struct wh_operations *out_operations, struct wh_error *err);

#endif
