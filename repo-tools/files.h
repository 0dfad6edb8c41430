/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - files of a repository: opened below its folder, read whole, put in place at once. */
#ifndef WHITTLE_REPO_FILES_H
#define WHITTLE_REPO_FILES_H

#include "whittle/digest.h"

/* Is it a plain path below a repository? location: hostile. No absolute path, no `..`, no empty
 * or `.` component, no control byte, no backslash. */
bool wh_location_is_safe(const char *location);

/* Opens a regular file below the folder for reading; location: hostile. folder_name is for the
 * message only. */
WH_MUST_CHECK wh_status wh_open_below(
    int folder, const char *folder_name, const char *location, int *out_fd, struct wh_error *err);

/* Exactly length bytes from offset, or WH_MALFORMED where the file ends before. */
WH_MUST_CHECK wh_status wh_read_at(
    int fd, const char *name, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err);
WH_MUST_CHECK wh_status wh_write_at(int fd, const char *name, uint64_t offset, const uint8_t *data,
    size_t length, struct wh_error *err);

/* All of a file from its beginning, up to out's ceiling. */
WH_MUST_CHECK wh_status wh_read_whole(
    int fd, const char *name, struct wh_buffer *out, struct wh_error *err);

/* The digest of a whole file. */
WH_MUST_CHECK wh_status wh_file_digest(int fd, const char *name, uint32_t algorithm,
    struct wh_digest *out_digest, struct wh_error *err);

/* A file without a name, for reading and writing; it is gone when closed, however the program
 * ends. In $TMPDIR, else /var/tmp. */
WH_MUST_CHECK wh_status wh_anonymous_file(int *out_fd, struct wh_error *err);

/* Writes a file of this name in the folder: complete and on the disk, or not there. Whatever had
 * the name is replaced in one step. */
WH_MUST_CHECK wh_status wh_place_file(
    int folder, const char *name, struct wh_bytes content, struct wh_error *err);

/* Hands a failure on with the file's name before its message, if that does not begin so already:
 * parsers know no names. */
wh_status wh_name_file(const char *name, wh_status status, struct wh_error *err);

/* Opens the folder that a path leads into; out_name is the path's last part, which may be empty. */
WH_MUST_CHECK wh_status wh_open_folder_of(
    const char *path, int *out_folder, const char **out_name, struct wh_error *err);

/* Names that wh_place_file() gives to a file that is not complete; an interrupted run leaves at
 * most one of them, the next run removes it. */
#define WH_UNFINISHED_PREFIX ".whittle-unfinished."

#endif
