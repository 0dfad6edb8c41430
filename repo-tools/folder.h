/* SPDX-License-Identifier: GPL-2.0-or-later */
/* folder.h - older packages that lie in a folder without metadata. */
#ifndef WHITTLE_REPO_FOLDER_H
#define WHITTLE_REPO_FOLDER_H

#include "repository.h"
#include "whittle/header.h"

/* Fills the packages from the *.rpm files directly in the repository's folder. */
WH_MUST_CHECK wh_status wh_folder_read(struct wh_repository *repository, struct wh_error *err);

/* [EPOCH:]VERSION-RELEASE as metadata has it; the caller frees, NULL on no memory. */
char *wh_header_evr(const struct wh_header *header);

#endif
