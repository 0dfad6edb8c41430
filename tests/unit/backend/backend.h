/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend.h - what the tests of this folder share: where the catalogue is, made-up packages. */
#ifndef WHITTLE_TESTS_BACKEND_H
#define WHITTLE_TESTS_BACKEND_H

#include "scratch.h"
#include "whittle/cleanup.h"
#include "whittled/catalogue.h"

/* The catalogue that the environment names, else an SQLite file of the scratch folder. */
static inline const char *catalogue_place(const struct scratch *scratch, char out_path[256])
{
    const char *given = getenv("WHITTLE_TEST_CATALOGUE");

    (void)snprintf(out_path, 256, "%s/catalogue", scratch->path);
    return given ? given : out_path;
}

static inline struct wh_catalogue *catalogue_open(const struct scratch *scratch)
{
    struct wh_catalogue *catalogue = NULL;
    char path[256];

    OK(wh_catalogue_open(catalogue_place(scratch, path), &catalogue, &err));
    return catalogue;
}

/* 32 bytes that no other test has: catalogues are shared by all tests of a program. */
static inline const uint8_t *id_of(const char *test, uint32_t number)
{
    static _Thread_local uint8_t ids[8][WH_SHA256_LENGTH];
    static _Thread_local unsigned next;
    uint8_t *id = ids[next++ % 8];

    memset(id, 0, WH_SHA256_LENGTH);
    (void)snprintf((char *)id, WH_SHA256_LENGTH, "%s", test);
    memcpy(id + WH_SHA256_LENGTH - sizeof number, &number, sizeof number);
    return id;
}

#endif
