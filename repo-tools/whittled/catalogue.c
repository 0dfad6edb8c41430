/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue.c - see catalogue.h; the databases are behind catalogue_driver.h. */
#include "whittled/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "versions.h"
#include "whittle/cleanup.h"
#include "whittled/catalogue_driver.h"

struct wh_catalogue {
    const struct wh_catalogue_driver *driver;
    void *state;
    char owner[128]; /* of claims: this process, whichever handle asks */
};

void wh_known_package_clear(struct wh_known_package *package)
{
    free(package->name);
    free(package->evr);
    free(package->arch);
    free(package->folder);
    free(package->location);
    *package = (struct wh_known_package){0};
}

void wh_known_packages_clear(struct wh_known_packages *packages)
{
    for (uint32_t i = 0; i < packages->count; i++)
        wh_known_package_clear(&packages->packages[i]);
    free(packages->packages);
    *packages = (struct wh_known_packages){0};
}

/* NULL: whittled was built without it. */
static const struct wh_catalogue_driver *driver_of(const char *where)
{
    if (strncmp(where, "postgresql://", 13) != 0 && strncmp(where, "postgres://", 11) != 0)
        return &wh_catalogue_sqlite;
#ifdef WHITTLE_POSTGRESQL
    return &wh_catalogue_postgresql;
#else
    return NULL;
#endif
}

wh_status wh_catalogue_open(
    const char *where, struct wh_catalogue **out_catalogue, struct wh_error *err)
{
    const struct wh_catalogue_driver *driver = driver_of(where);
    char host[96] = "";

    if (!driver)
        return wh_fail(err, WH_UNSUPPORTED, "PostgreSQL: whittled was built without it");
    wh_autofree struct wh_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (!catalogue)
        return wh_no_memory(err);
    catalogue->driver = driver;
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(catalogue->owner, sizeof catalogue->owner, "%s:%ld", host, (long)getpid());
    WH_TRY(driver->open(where, &catalogue->state, err));
    *out_catalogue = wh_take(catalogue);
    return WH_OK;
}

void wh_catalogue_close(struct wh_catalogue *catalogue)
{
    if (!catalogue)
        return;
    catalogue->driver->close(catalogue->state);
    free(catalogue);
}

static struct wh_value of_bytes(const void *bytes, size_t length)
{
    return (struct wh_value){.bytes = bytes, .length = length};
}

static struct wh_value of_text(const char *text)
{
    return of_bytes(text, strlen(text));
}

static struct wh_value of_number(uint64_t number)
{
    return (struct wh_value){.number = (int64_t)number};
}

static wh_status ask(
    struct wh_catalogue *catalogue, struct wh_question *question, struct wh_error *err)
{
    return catalogue->driver->ask(catalogue->state, question, err);
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static wh_status replace(struct wh_catalogue *catalogue, const char *folder,
    const struct wh_known_package *packages, uint32_t count, struct wh_error *err)
{
    const struct wh_value values[] = {of_text(folder)};
    struct wh_question question = {
        .query = WH_QUERY_FOLDER_GONE, .values = values, .value_count = 1};

    WH_TRY(ask(catalogue, &question, err));
    WH_TRY(catalogue->driver->add(catalogue->state, folder, packages, count, err));
    return catalogue->driver->commit(catalogue->state, err);
}

wh_status wh_catalogue_publish(struct wh_catalogue *catalogue, const char *folder,
    const struct wh_known_package *packages, uint32_t count, struct wh_error *err)
{
    WH_TRY(catalogue->driver->begin(catalogue->state, err));
    wh_status status = replace(catalogue, folder, packages, count, err);
    if (status != WH_OK)
        catalogue->driver->undo(catalogue->state);
    return status;
}

static bool take_text(const struct wh_value *value, char **out_text)
{
    *out_text = strndup(value->bytes ? value->bytes : "", value->length);
    return *out_text != NULL;
}

static wh_status read_package(
    const struct wh_value *row, struct wh_known_package *out_package, struct wh_error *err)
{
    wh_cleanup(wh_known_package_clear) struct wh_known_package package = {0};
    const struct wh_value *header = &row[WH_PACKAGE_HEADER];
    const struct wh_value *pkgid = &row[WH_PACKAGE_PKGID];

    if (!header->bytes || header->length != sizeof package.header_id || !pkgid->bytes ||
        pkgid->length >= sizeof package.pkgid || row[WH_PACKAGE_SIZE].number < 0)
        return wh_fail(err, WH_MALFORMED, "a package of the catalogue is damaged");
    memcpy(package.header_id, header->bytes, header->length);
    memcpy(package.pkgid, pkgid->bytes, pkgid->length);
    package.size = (uint64_t)row[WH_PACKAGE_SIZE].number;
    if (!take_text(&row[WH_PACKAGE_NAME], &package.name) ||
        !take_text(&row[WH_PACKAGE_EVR], &package.evr) ||
        !take_text(&row[WH_PACKAGE_ARCH], &package.arch) ||
        !take_text(&row[WH_PACKAGE_FOLDER], &package.folder) ||
        !take_text(&row[WH_PACKAGE_LOCATION], &package.location))
        return wh_no_memory(err);
    *out_package = package;
    package = (struct wh_known_package){0};
    return WH_OK;
}

static wh_status take_package(
    void *context, const struct wh_value *row, uint32_t columns, struct wh_error *err)
{
    struct wh_known_packages *packages = context;

    if (columns != WH_PACKAGE_COLUMNS)
        return wh_fail(err, WH_MALFORMED, "the catalogue has other columns");
    struct wh_known_package *grown = wh_grown(
        packages->packages, packages->count, sizeof *packages->packages);
    if (!grown)
        return wh_no_memory(err);
    packages->packages = grown;
    WH_TRY(read_package(row, &packages->packages[packages->count], err));
    packages->count++;
    return WH_OK;
}

static wh_status find_one(struct wh_catalogue *catalogue, enum wh_query query,
    struct wh_value value, struct wh_known_package *out_package, struct wh_error *err)
{
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages found = {0};
    struct wh_question question = {
        .query = query, .values = &value, .value_count = 1, take_package, &found, 0};

    WH_TRY(ask(catalogue, &question, err));
    if (found.count == 0)
        return wh_fail(err, WH_MISSING, "not in the catalogue");
    *out_package = found.packages[0];
    found.packages[0] = (struct wh_known_package){0};
    return WH_OK;
}

wh_status wh_catalogue_by_header(struct wh_catalogue *catalogue,
    const uint8_t header_id[WH_SHA256_LENGTH], struct wh_known_package *out_package,
    struct wh_error *err)
{
    return find_one(
        catalogue, WH_QUERY_BY_HEADER, of_bytes(header_id, WH_SHA256_LENGTH), out_package, err);
}

wh_status wh_catalogue_by_pkgid(struct wh_catalogue *catalogue, const char *pkgid,
    struct wh_known_package *out_package, struct wh_error *err)
{
    return find_one(catalogue, WH_QUERY_BY_PKGID, of_text(pkgid), out_package, err);
}

/* Of versions that rpm finds equal, and of places of one package, always the same comes first. */
static int order(const void *left, const void *right)
{
    const struct wh_known_package *a = left;
    const struct wh_known_package *b = right;
    int found = wh_evr_compare(a->evr, b->evr);

    if (found == 0)
        found = memcmp(a->header_id, b->header_id, sizeof a->header_id);
    if (found == 0)
        found = strcmp(a->folder, b->folder);
    return found ? found : strcmp(a->location, b->location);
}

static void drop_repeated(struct wh_known_packages *packages)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < packages->count; i++) {
        struct wh_known_package *package = &packages->packages[i];
        if (kept > 0 && memcmp(packages->packages[kept - 1].header_id, package->header_id,
                            sizeof package->header_id) == 0)
            wh_known_package_clear(package);
        else
            packages->packages[kept++] = *package;
    }
    packages->count = kept;
}

wh_status wh_catalogue_versions(struct wh_catalogue *catalogue, const char *name, const char *arch,
    struct wh_known_packages *out_packages, struct wh_error *err)
{
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages found = {0};
    const struct wh_value values[] = {of_text(name), of_text(arch)};
    struct wh_question question = {
        .query = WH_QUERY_VERSIONS, .values = values, .value_count = 2, take_package, &found, 0};

    WH_TRY(ask(catalogue, &question, err));
    if (found.count > 0)
        qsort(found.packages, found.count, sizeof *found.packages, order);
    drop_repeated(&found);
    *out_packages = found;
    found = (struct wh_known_packages){0};
    return WH_OK;
}

/* ---- cuts -------------------------------------------------------------------------------------
 */

struct known_cut {
    bool is_known;
    enum wh_cut_state state;
    struct wh_cut_record record;
};

static bool number_of(const struct wh_value *value, uint64_t ceiling, uint64_t *out_number)
{
    if (value->bytes || value->number < 0 || (uint64_t)value->number > ceiling)
        return false;
    *out_number = (uint64_t)value->number;
    return true;
}

static bool read_record(const struct wh_value *row, struct wh_cut_record *out_record)
{
    uint64_t cpu, kept, patched, fetched;

    if (!row[WH_CUT_SHA256].bytes || row[WH_CUT_SHA256].length != sizeof out_record->sha256 ||
        !number_of(&row[WH_CUT_SIZE], INT64_MAX, &out_record->size) ||
        !number_of(&row[WH_CUT_CPU], UINT32_MAX, &cpu) ||
        !number_of(&row[WH_CUT_KEPT], UINT32_MAX, &kept) ||
        !number_of(&row[WH_CUT_PATCHED], UINT32_MAX, &patched) ||
        !number_of(&row[WH_CUT_FETCHED], UINT32_MAX, &fetched))
        return false;
    memcpy(out_record->sha256, row[WH_CUT_SHA256].bytes, sizeof out_record->sha256);
    out_record->cpu_ms = (uint32_t)cpu;
    out_record->counts = (struct wh_instruction_counts){
        .kept = (uint32_t)kept, .patched = (uint32_t)patched, .fetched = (uint32_t)fetched};
    return true;
}

static wh_status take_cut(
    void *context, const struct wh_value *row, uint32_t columns, struct wh_error *err)
{
    struct known_cut *cut = context;
    uint64_t state;

    if (columns != WH_CUT_COLUMNS || !number_of(&row[WH_CUT_STATE], WH_CUT_WHOLE, &state) ||
        (state == WH_CUT_DONE && !read_record(row, &cut->record)))
        return wh_fail(err, WH_MALFORMED, "a bundle of the catalogue is damaged");
    cut->is_known = true;
    cut->state = (enum wh_cut_state)state;
    return WH_OK;
}

static wh_status find_cut(struct wh_catalogue *catalogue, const uint8_t key[WH_SHA256_LENGTH],
    struct known_cut *out_cut, struct wh_error *err)
{
    const struct wh_value values[] = {of_bytes(key, WH_SHA256_LENGTH)};
    struct wh_question question = {
        .query = WH_QUERY_CUT, .values = values, .value_count = 1, take_cut, out_cut, 0};

    *out_cut = (struct known_cut){0};
    return ask(catalogue, &question, err);
}

static bool is_settled(const struct known_cut *cut)
{
    return cut->is_known && cut->state != WH_CUT_CLAIMED;
}

wh_status wh_catalogue_claim(struct wh_catalogue *catalogue, const uint8_t key[WH_SHA256_LENGTH],
    uint32_t lease, enum wh_claim *out_claim, struct wh_cut_record *out_record,
    struct wh_error *err)
{
    const struct wh_value values[] = {of_bytes(key, WH_SHA256_LENGTH),
        of_number((uint64_t)lease * 1000), of_text(catalogue->owner)};
    struct wh_question question = {.query = WH_QUERY_CLAIM, .values = values, .value_count = 3};
    struct known_cut cut;

    WH_TRY(find_cut(catalogue, key, &cut, err));
    if (!is_settled(&cut)) {
        WH_TRY(ask(catalogue, &question, err));
        if (question.changed > 0) {
            *out_claim = WH_CLAIM_OURS;
            return WH_OK;
        }
        WH_TRY(find_cut(catalogue, key, &cut, err)); /* it may have been settled meanwhile */
    }
    if (!is_settled(&cut)) {
        *out_claim = WH_CLAIM_THEIRS;
    } else if (cut.state == WH_CUT_WHOLE) {
        *out_claim = WH_CLAIM_NONE;
    } else {
        *out_claim = WH_CLAIM_DONE;
        *out_record = cut.record;
    }
    return WH_OK;
}

wh_status wh_catalogue_settle(struct wh_catalogue *catalogue, const uint8_t key[WH_SHA256_LENGTH],
    const struct wh_cut_record *record, struct wh_error *err)
{
    static const struct wh_cut_record none = {0};
    const struct wh_cut_record *found = record ? record : &none;
    const struct wh_value values[] = {of_bytes(key, WH_SHA256_LENGTH),
        of_number(record ? WH_CUT_DONE : WH_CUT_WHOLE), of_bytes(found->sha256, WH_SHA256_LENGTH),
        of_number(found->size), of_number(found->cpu_ms), of_number(found->counts.kept),
        of_number(found->counts.patched), of_number(found->counts.fetched)};
    struct wh_question question = {
        .query = WH_QUERY_SETTLE, .values = values, .value_count = 1 + WH_CUT_COLUMNS};

    return ask(catalogue, &question, err);
}

wh_status wh_catalogue_release(
    struct wh_catalogue *catalogue, const uint8_t key[WH_SHA256_LENGTH], struct wh_error *err)
{
    const struct wh_value values[] = {of_bytes(key, WH_SHA256_LENGTH), of_text(catalogue->owner)};
    struct wh_question question = {.query = WH_QUERY_RELEASE, .values = values, .value_count = 2};

    return ask(catalogue, &question, err);
}

wh_status wh_catalogue_forget(
    struct wh_catalogue *catalogue, const uint8_t sha256[WH_SHA256_LENGTH], struct wh_error *err)
{
    const struct wh_value values[] = {of_bytes(sha256, WH_SHA256_LENGTH)};
    struct wh_question question = {.query = WH_QUERY_FORGET, .values = values, .value_count = 1};

    return ask(catalogue, &question, err);
}
