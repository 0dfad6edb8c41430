/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make.h - what the parts of golden_make share. Trouble ends the program. */
#ifndef WHITTLE_GOLDEN_MAKE_H
#define WHITTLE_GOLDEN_MAKE_H

#include "whittle/bytes.h"

void golden_must(wh_status status, const struct wh_error *err);
/* Writes one vector into the folder. */
void golden_save(const char *name, const void *data, size_t length);
void golden_save_buffer(const char *name, const struct wh_buffer *buffer);

void golden_put_indexes(void);
void golden_put_signatures(void);
void golden_put_packed(void);
void golden_put_patches(void);
void golden_put_upgrades(void);

#endif
