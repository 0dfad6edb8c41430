/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package.h - one package from request to package file. */
#ifndef WHITTLE_PACKAGE_H
#define WHITTLE_PACKAGE_H

#include "protocol/answer.h"
#include "protocol/request.h"

/* What all packages of a run share. */
struct wh_run {
    struct wh_system *system;
    const char *canary; /* why the rpm plugin is not proved, or NULL when it is */
};

/* Assembles, proves and links one package; answers progress for request->id. Nothing exists
 * afterwards that did not exist before unless this gives WH_OK. Needs no lock held. */
WH_MUST_CHECK wh_status wh_package_assemble(const struct wh_run *run,
    const struct wh_assemble_request *request, struct wh_assembled *out_assembled,
    struct wh_error *err);

#endif
