/* SPDX-License-Identifier: GPL-2.0-or-later */
/* installed.h - packages of the rpm database, with what a bundle may start from. */
#ifndef WHITTLE_INSTALLED_H
#define WHITTLE_INSTALLED_H

#include "observe/system.h"

/* One installed package. Its strings and arrays are its own: it outlives the database's header. */
struct wh_installed {
    struct wh_buffer header_bytes; /* main header with its magic, as it was published */
    struct wh_header *header;
    char **paths;       /* one a file: where it is on this system, also when relocated */
    uint8_t *is_normal; /* one a file: rpm says that it was installed and not replaced */
};

/* All installed packages of that name, usually one; several for kernels and multilib. Packages
 * whose header cannot be given back (gpg-pubkey, v3) are left out. Free with wh_installed_free().
 */
WH_MUST_CHECK wh_status wh_installed_find(struct wh_system *system, const char *name,
    struct wh_installed **out_list, uint32_t *out_count, struct wh_error *err);
void wh_installed_free(struct wh_installed *list, uint32_t count);

/* What a package most likely replaces: the same again, or of the same architecture the newest. NULL
 * for an empty list. nevra: of the package that comes. */
const struct wh_installed *wh_installed_closest(
    const struct wh_installed *list, uint32_t count, const char *nevra);
/* The one with that header, or NULL. */
const struct wh_installed *wh_installed_by_id(
    const struct wh_installed *list, uint32_t count, const uint8_t id[WH_SHA256_LENGTH]);

#endif
