/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue_driver.h - the little that catalogue.c asks of a database. Statements are a fixed set
 * (catalogue_queries.c), and values only ever go beside them. */
#ifndef WHITTLE_WHITTLED_CATALOGUE_DRIVER_H
#define WHITTLE_WHITTLED_CATALOGUE_DRIVER_H

#include "whittled/catalogue.h"

/* Text is stored as the bytes that it has: names need not be UTF-8. */
struct wh_value {
    const void *bytes; /* NULL: it is the number */
    size_t length;
    int64_t number;
};

enum wh_query {
    WH_QUERY_BY_HEADER,   /* header */
    WH_QUERY_BY_PKGID,    /* pkgid */
    WH_QUERY_VERSIONS,    /* name, arch */
    WH_QUERY_FOLDER_GONE, /* folder */
    WH_QUERY_ADD,         /* the WH_PACKAGE_COLUMNS */
    WH_QUERY_CUT,         /* key */
    WH_QUERY_CLAIM,       /* key, milliseconds, owner */
    WH_QUERY_SETTLE,      /* key and the WH_CUT_COLUMNS */
    WH_QUERY_RELEASE,     /* key, owner */
    WH_QUERY_FORGET,      /* sha256 */
    WH_QUERIES,
};

/* What rows of packages and of cuts hold, in this order. */
enum wh_package_column {
    WH_PACKAGE_HEADER,
    WH_PACKAGE_PKGID,
    WH_PACKAGE_NAME,
    WH_PACKAGE_EVR,
    WH_PACKAGE_ARCH,
    WH_PACKAGE_FOLDER,
    WH_PACKAGE_LOCATION,
    WH_PACKAGE_SIZE,
    WH_PACKAGE_COLUMNS,
};
enum wh_cut_column {
    WH_CUT_STATE, /* enum wh_cut_state */
    WH_CUT_SHA256,
    WH_CUT_SIZE,
    WH_CUT_CPU,
    WH_CUT_KEPT,
    WH_CUT_PATCHED,
    WH_CUT_FETCHED,
    WH_CUT_COLUMNS,
};
enum wh_cut_state { WH_CUT_CLAIMED, WH_CUT_DONE, WH_CUT_WHOLE };

#define WH_COLUMNS_MAX 8u /* of a row, and values of a statement */

/* Called for each row of an answer; the values live until it returns. */
typedef wh_status wh_row_fn(
    void *context, const struct wh_value *row, uint32_t columns, struct wh_error *err);

struct wh_question {
    enum wh_query query;
    const struct wh_value *values;
    uint32_t value_count;
    wh_row_fn *take; /* or NULL */
    void *context;
    uint64_t changed; /* rows, once it is answered */
};

struct wh_catalogue_driver {
    wh_status (*open)(const char *where, void **out_state, struct wh_error *err);
    void (*close)(void *state);
    wh_status (*ask)(void *state, struct wh_question *question, struct wh_error *err);
    /* A transaction that adds packages: other writers of packages wait, readers do not. */
    wh_status (*begin)(void *state, struct wh_error *err);
    wh_status (*add)(void *state, const char *folder, const struct wh_known_package *packages,
        uint32_t count, struct wh_error *err);
    wh_status (*commit)(void *state, struct wh_error *err);
    void (*undo)(void *state); /* also after a commit that failed */
};

extern const struct wh_catalogue_driver wh_catalogue_sqlite;
#ifdef WHITTLE_POSTGRESQL
extern const struct wh_catalogue_driver wh_catalogue_postgresql;
#endif

/* A statement's text; both dialects number values in the order in which they first come. */
enum wh_dialect { WH_DIALECT_SQLITE, WH_DIALECT_POSTGRESQL };
const char *wh_query_text(enum wh_query query, enum wh_dialect dialect);
/* Makes the tables where they are missing: several statements. */
const char *wh_schema_text(enum wh_dialect dialect);
/* PostgreSQL only: asks whether the tables are there; begins a transaction that is the only one to
 * change packages; the statement that takes rows of WH_PACKAGE_COLUMNS in their binary form. */
const char *wh_is_made_text(void);
const char *wh_begin_text(void);
const char *wh_copy_text(void);
/* Tables of another version have other names. */
#define WH_SCHEMA_VERSION 1

/* A package's row, for WH_QUERY_ADD. */
void wh_package_values(const char *folder, const struct wh_known_package *package,
    struct wh_value out_values[WH_PACKAGE_COLUMNS]);

#endif
