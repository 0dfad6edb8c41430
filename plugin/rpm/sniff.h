/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sniff.h - finds the package file that rpm is about to unpack among the process's descriptors. */
#ifndef WHITTLE_RPM_SNIFF_H
#define WHITTLE_RPM_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The descriptor (rpm's, never closed here) of the package file with this main header, which stands
 * exactly at the payload; -1 if there is none. header: the immutable region, without its magic.
 * out_payload is the payload's offset. Reads with pread() only, so nothing moves. */
int sniff_package(const void *header, size_t length, off_t *out_payload);

/* Does an uncompressed cpio archive stand there? */
bool sniff_is_raw(int fd, off_t payload);

/* The signature header of the package, which ends where the main header's magic begins; the caller
 * frees. NULL when it is too large or not there. */
uint8_t *sniff_signature(int fd, off_t header_start, size_t *out_length);

#endif
