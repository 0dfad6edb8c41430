/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature.h - rpm's own look at an assembled package. */
#ifndef WHITTLE_SIGNATURE_H
#define WHITTLE_SIGNATURE_H

#include "observe/system.h"

/* Reads the package's header as rpm does before a transaction, with the keys of the system's rpm
 * database and rpm's own verification flags. WH_MISMATCH for a signature or digest that is bad; one
 * whose key is not there is fine here: the package manager asks for the key, or refuses. */
WH_MUST_CHECK wh_status wh_signature_check(
    struct wh_system *system, int fd, const char *name, struct wh_error *err);

#endif
