/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_element.h - the attributes by which documents name packages and bundles: the index, and
 * what a backend hears and says. */
#ifndef WHITTLE_INDEX_BUNDLE_ELEMENT_H
#define WHITTLE_INDEX_BUNDLE_ELEMENT_H

#include "base/xml.h"
#include "whittle/index.h"

/* A checksum as primary.xml has it: lower-case hex. */
bool wh_is_pkgid(const char *text);
/* The attribute, into WH_PKGID_MAX + 1 bytes; false when it is absent or no checksum. */
bool wh_pkgid_read(struct wh_xml *element, char *out_pkgid);

/* bundle: zeroed but for its kind, which says which attributes there are. document: what messages
 * begin with. */
WH_MUST_CHECK wh_status wh_bundle_element_read(struct wh_xml *element, const char *document,
    struct wh_index_bundle *bundle, struct wh_error *err);
void wh_bundle_element_put(struct wh_buffer *out, const struct wh_index_bundle *bundle);

#endif
