/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary.h - results of publish and verify, as text and as JSON. */
#ifndef WHITTLE_REPO_SUMMARY_H
#define WHITTLE_REPO_SUMMARY_H

#include <stdio.h>

#include "publish.h"
#include "verify.h"

void wh_summary_publish(FILE *out, const struct wh_publish_result *result);
void wh_summary_verify(FILE *out, const struct wh_verify_result *result);

/* One line with one object. */
void wh_summary_publish_json(FILE *out, const struct wh_publish_result *result);
void wh_summary_verify_json(FILE *out, const struct wh_verify_result *result);

#endif
