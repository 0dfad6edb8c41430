/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nevra.h - NAME-[EPOCH:]VERSION-RELEASE.ARCH as a solver writes it. */
#ifndef WHITTLE_NEVRA_H
#define WHITTLE_NEVRA_H

#include "whittle/header.h"

/* The name's own copy, or NULL when nevra has not the form or there is no memory. */
char *wh_nevra_name(const char *nevra);

/* Is this the header's identity? No epoch and epoch 0 are the same, as they are for rpm. */
bool wh_nevra_is(const char *nevra, const struct wh_header *header);

#endif
