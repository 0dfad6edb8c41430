/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_deflate.h - contents to deflate, and one of them as several encoders have deflated it. */
#ifndef WHITTLE_TESTS_MADE_DEFLATE_H
#define WHITTLE_TESTS_MADE_DEFLATE_H

#include "whittle/bytes.h"

enum {
    MADE_DEFLATES = 9,
    MADE_DEFLATE_TEXT = 500, /* bytes of made_prose() that each of them holds */
    MADE_MIXTURE = 200000,
};

struct made_deflate {
    const char *encoder;
    struct wh_bytes packed;
};

extern const struct made_deflate made_deflates[MADE_DEFLATES];

/* Words of a small vocabulary; a shorter text is the beginning of a longer one. */
void made_prose(uint8_t *out, size_t length);
/* The same, noise, zeros, and text again. */
void made_mixture(uint8_t out[MADE_MIXTURE]);

#endif
