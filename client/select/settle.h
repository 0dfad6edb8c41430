/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.h - static bundles and a backend's answer, laid against each other. */
#ifndef WHITTLE_SETTLE_H
#define WHITTLE_SETTLE_H

#include "backend/question.h"
#include "select/select.h"

/* What is known of a package beside its static bundles. */
struct wh_settling {
    const struct wh_terms *terms;
    bool without_liblzma;               /* as the backend was told */
    const char *backend;                /* its base URL */
    const struct wh_question *question; /* answered */
};

/* Replaces the selection by the backend's bundle where that brings the package sooner, or where the
 * static ones may fail because of files that differ. A backend that gives no bundle changes
 * nothing. */
WH_MUST_CHECK wh_status wh_settle(
    const struct wh_settling *settling, struct wh_selection *selection, struct wh_error *err);

#endif
