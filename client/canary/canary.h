/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canary.h - proves that the rpm of this system installs assembled packages. */
#ifndef WHITTLE_CANARY_H
#define WHITTLE_CANARY_H

#include "whittle/bytes.h"

/* Installs a package of one file, assembled, labelled as compressed, into an empty temporary root
 * that is gone afterwards. Works in a child process: a broken plugin costs that child. Call before
 * threads are started. WH_UNSUPPORTED: rpm did not take it, usually for lack of the rpm plugin. */
WH_MUST_CHECK wh_status wh_canary_prove(struct wh_error *err);

/* The package file, as the assembler would write it. */
WH_MUST_CHECK wh_status wh_canary_build(struct wh_buffer *out_package, struct wh_error *err);

#define WH_CANARY_FILE "/canary" /* installed path */
#define WH_CANARY_CONTENT "whittle assembled this\n"

#endif
