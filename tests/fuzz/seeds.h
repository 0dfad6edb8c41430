/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seeds.h - what the parts of fuzz_seeds share. Trouble ends the program. */
#ifndef WHITTLE_TESTS_SEEDS_H
#define WHITTLE_TESTS_SEEDS_H

#include "fuzz.h"

/* Writes one input of a harness. */
void seed(const char *harness, const char *name, struct wh_bytes bytes);
void seed_text(const char *harness, const char *name, const char *text);
/* The same with bytes before it that the harness chooses by. */
void seed_chosen(
    const char *harness, const char *name, struct wh_bytes choices, struct wh_bytes bytes);

/* A bundle for assembly_fuzz.c, with the bytes that choose the system: see there. */
void seed_assembly(const char *name, struct wh_bytes bundle, struct wh_bytes choices);

#define CHOICES(...)                                                                               \
    (struct wh_bytes)                                                                              \
    {                                                                                              \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})                     \
    }

void seed_must(wh_status status, const struct wh_error *err);

void seed_archives(void);
void seed_bundles(void);
void seed_debugdata(void);
void seed_deflate(void);
void seed_elf(void);
void seed_packages(void);
void seed_patches(void);
void seed_recipes(void);
void seed_texts(void);
void seed_xz(void);

#endif
