/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.h - a system below a temporary folder: an rpm database that librpm wrote, and files. */
#ifndef WHITTLE_TESTS_CLIENT_ROOT_H
#define WHITTLE_TESTS_CLIENT_ROOT_H

#include "observe/installed.h"
#include "sample.h"
#include "scratch.h"

struct root {
    struct scratch scratch;
    struct wh_system *system;
};

/* For cmocka: reads rpm's configuration once a program. */
int root_begin(void **state);

/* A system without packages. */
void root_make(struct root *root);
void root_remove(struct root *root);

/* Enters the package into the database, as rpm --justdb does, beside other versions. prefix: what
 * /usr is relocated to, or NULL. */
void root_enter(struct root *root, const struct sample *sample, const char *prefix);

/* Imports a public key, as rpm --import does. */
void root_import(struct root *root, const uint8_t *packet, size_t length);

/* Writes the package's regular files, but for ghosts, where its header says. */
void root_write(const struct root *root, const struct sample *sample);

/* Enters and writes. */
void root_install(struct root *root, const struct sample *sample);

/* One file of the system, by its path there. */
void root_put(const struct root *root, const char *path, const char *text);

/* The one installed package of that name; free with wh_installed_free(installed, 1). */
struct wh_installed *root_find(const struct root *root, const char *name);

#endif
