/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_files.h - the file list of a main header. */
#ifndef WHITTLE_HEADER_FILES_H
#define WHITTLE_HEADER_FILES_H

#include "whittle/header.h"

/* Fills files, file_count, digest_algorithm, has_basenames and stripped of header from librpm's h.
 * header owns the array even when this fails. */
WH_MUST_CHECK wh_status wh_header_read_files(
    struct wh_header *header, struct headerToken_s *h, struct wh_error *err);

#endif
