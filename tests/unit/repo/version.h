/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version.h - one version of a package with its contents, for tests: a header that exists in memory
 * only, and a payload that is mapped like an unpacked one. */
#ifndef WHITTLE_TESTS_REPO_VERSION_H
#define WHITTLE_TESTS_REPO_VERSION_H

#include "unit.h"

#include "package_file.h"

struct version {
    struct wh_package_file package;
    struct wh_header header;
    struct wh_file_map *map; /* after version_seal() */
    char (*digests)[17];
    uint32_t room; /* files */
    struct wh_buffer payload;
};

void version_init(struct version *version, uint32_t room);
/* folder and name are borrowed. */
void version_add(struct version *version, const char *folder, const char *name, uint32_t flags,
    struct wh_bytes content);
/* Maps the payload: nothing can be added any more. */
void version_seal(struct version *version);
void version_clear(struct version *version);

/* Bytes that look like nothing else: the same for the same seed. */
void make_noise(uint8_t *bytes, size_t length, uint32_t seed);
/* The same with words and lines, as a program's source has them. */
void make_text(uint8_t *bytes, size_t length, uint32_t seed);
/* Changes a byte about every `distance` bytes. */
void make_changes(uint8_t *bytes, size_t length, size_t distance, uint32_t seed);
/* Leaves out some bytes, or puts some from elsewhere in, about every `distance` bytes, as an editor
 * of texts does. */
void make_edits(const uint8_t *from, uint8_t *to, size_t length, size_t distance, uint32_t seed);

#endif
