/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue_queries.c - all statements that are ever sent to a catalogue's database. */
#include <string.h>

#include "whittled/catalogue_driver.h"

#define WORD_(word) #word
#define WORD(word) WORD_(word)
#define PACKAGES "whittled_packages_" WORD(WH_SCHEMA_VERSION)
#define CUTS "whittled_cuts_" WORD(WH_SCHEMA_VERSION)

#define PACKAGE_COLUMNS "header, pkgid, name, evr, arch, folder, location, size"
#define CUT_COLUMNS "state, sha256, size, cpu_ms, kept, patched, fetched"

/* Milliseconds by the database's own clock: machines that share one need not agree on the time. */
#define NOW_SQLITE "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
#define NOW_POSTGRESQL "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"

/* One statement takes a claim that nobody has, or whose lease is over: no two get it. */
#define CLAIM(now)                                                                                 \
    "INSERT INTO " CUTS " (key, state, lease, owner) VALUES ($1, 0, " now " + $2, $3)"             \
    " ON CONFLICT (key) DO UPDATE SET lease = excluded.lease, owner = excluded.owner"              \
    " WHERE " CUTS ".state = 0 AND " CUTS ".lease <= " now

static const char *const queries[WH_QUERIES] = {
    [WH_QUERY_BY_HEADER] = "SELECT " PACKAGE_COLUMNS " FROM " PACKAGES " WHERE header = $1 LIMIT 1",
    [WH_QUERY_BY_PKGID] = "SELECT " PACKAGE_COLUMNS " FROM " PACKAGES " WHERE pkgid = $1 LIMIT 1",
    [WH_QUERY_VERSIONS] = "SELECT " PACKAGE_COLUMNS " FROM " PACKAGES
                          " WHERE name = $1 AND arch = $2",
    [WH_QUERY_FOLDER_GONE] = "DELETE FROM " PACKAGES " WHERE folder = $1",
    [WH_QUERY_ADD] = "INSERT INTO " PACKAGES " (" PACKAGE_COLUMNS ")"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [WH_QUERY_CUT] = "SELECT " CUT_COLUMNS " FROM " CUTS " WHERE key = $1",
    /* What one has settled stays: who comes later may have made other bytes of the same. */
    [WH_QUERY_SETTLE] = "INSERT INTO " CUTS " (key, " CUT_COLUMNS ", lease)"
                        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)"
                        " ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
                        " sha256 = excluded.sha256, size = excluded.size,"
                        " cpu_ms = excluded.cpu_ms, kept = excluded.kept,"
                        " patched = excluded.patched, fetched = excluded.fetched"
                        " WHERE " CUTS ".state <> 1",
    [WH_QUERY_RELEASE] = "DELETE FROM " CUTS " WHERE key = $1 AND owner = $2 AND state = 0",
    [WH_QUERY_FORGET] = "DELETE FROM " CUTS " WHERE sha256 = $1 AND state = 1",
};

const char *wh_query_text(enum wh_query query, enum wh_dialect dialect)
{
    if (query == WH_QUERY_CLAIM)
        return dialect == WH_DIALECT_SQLITE ? CLAIM(NOW_SQLITE) : CLAIM(NOW_POSTGRESQL);
    return queries[query];
}

#define SCHEMA(bytes, number)                                                                      \
    "CREATE TABLE IF NOT EXISTS " PACKAGES " (header " bytes " NOT NULL, pkgid " bytes             \
    " NOT NULL, name " bytes " NOT NULL, evr " bytes " NOT NULL, arch " bytes                      \
    " NOT NULL, folder " bytes " NOT NULL, location " bytes " NOT NULL, size " number              \
    " NOT NULL);"                                                                                  \
    "CREATE INDEX IF NOT EXISTS " PACKAGES "_header ON " PACKAGES " (header);"                     \
    "CREATE INDEX IF NOT EXISTS " PACKAGES "_pkgid ON " PACKAGES " (pkgid);"                       \
    "CREATE INDEX IF NOT EXISTS " PACKAGES "_name ON " PACKAGES " (name, arch);"                   \
    "CREATE INDEX IF NOT EXISTS " PACKAGES "_folder ON " PACKAGES " (folder);"                     \
    "CREATE TABLE IF NOT EXISTS " CUTS " (key " bytes " PRIMARY KEY NOT NULL, state " number       \
    " NOT NULL, lease " number " NOT NULL, owner " bytes ", sha256 " bytes ", size " number        \
    ", cpu_ms " number ", kept " number ", patched " number ", fetched " number ");"               \
    "CREATE INDEX IF NOT EXISTS " CUTS "_sha256 ON " CUTS " (sha256);"

const char *wh_schema_text(enum wh_dialect dialect)
{
    return dialect == WH_DIALECT_SQLITE ? SCHEMA("BLOB", "INTEGER") : SCHEMA("bytea", "bigint");
}

const char *wh_is_made_text(void)
{
    return "SELECT to_regclass('" CUTS "') IS NOT NULL";
}

const char *wh_begin_text(void)
{
    return "BEGIN; LOCK TABLE " PACKAGES " IN SHARE ROW EXCLUSIVE MODE";
}

const char *wh_copy_text(void)
{
    return "COPY " PACKAGES " (" PACKAGE_COLUMNS ") FROM STDIN (FORMAT binary)";
}

static struct wh_value text(const char *string)
{
    return (struct wh_value){.bytes = string, .length = strlen(string)};
}

void wh_package_values(const char *folder, const struct wh_known_package *package,
    struct wh_value out_values[WH_PACKAGE_COLUMNS])
{
    out_values[WH_PACKAGE_HEADER] = (struct wh_value){
        .bytes = package->header_id, .length = sizeof package->header_id};
    out_values[WH_PACKAGE_PKGID] = text(package->pkgid);
    out_values[WH_PACKAGE_NAME] = text(package->name);
    out_values[WH_PACKAGE_EVR] = text(package->evr);
    out_values[WH_PACKAGE_ARCH] = text(package->arch);
    out_values[WH_PACKAGE_FOLDER] = text(folder);
    out_values[WH_PACKAGE_LOCATION] = text(package->location);
    out_values[WH_PACKAGE_SIZE] = (struct wh_value){.number = (int64_t)package->size};
}
