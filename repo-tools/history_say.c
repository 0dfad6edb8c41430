/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_say.c - see history_say.h. */
#include "history_say.h"

#include <inttypes.h>
#include <time.h>

static void add_note(
    struct json_object *array, const char *key, const char *package, const char *reason)
{
    struct json_object *note = json_object_new_object();

    wh_json_add_text(note, key, package);
    wh_json_add_text(note, "reason", reason);
    (void)json_object_array_add(array, note);
}

static struct json_object *damaged_array(const struct wh_kept_damage *damaged, uint32_t count)
{
    struct json_object *array = json_object_new_array();

    for (uint32_t i = 0; i < count; i++)
        add_note(array, "record", damaged[i].location, damaged[i].error.message);
    return array;
}

static void print_notes(FILE *out, struct json_object *array, const char *key, const char *what)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *note = json_object_array_get_idx(array, i);
        (void)fputs(what, out);
        wh_print_name(out, wh_json_text(note, key));
        (void)fputs(": ", out);
        wh_print_name(out, wh_json_text(note, "reason"));
        (void)fputc('\n', out);
    }
}

static struct json_object *get(struct json_object *object, const char *key)
{
    return json_object_object_get(object, key);
}

/* ---- add ----------------------------------------------------------------------------------- */

struct json_object *wh_history_added_object(const struct wh_history_result *result)
{
    struct json_object *object = json_object_new_object();
    struct json_object *left_out = json_object_new_array();

    wh_json_add_number(object, "added", result->added);
    wh_json_add_number(object, "present", result->present);
    wh_json_add_number(object, "beyond", result->beyond);
    wh_json_add_number(object, "removed", result->removed);
    wh_json_add_number(object, "contents_removed", result->contents_removed);
    wh_json_add_number(object, "damaged", result->damaged);
    wh_json_add_number(object, "packages", result->packages);
    wh_json_add_number(object, "package_bytes", result->package_bytes);
    wh_json_add_number(object, "stored_bytes", result->stored_bytes);
    for (uint32_t i = 0; i < result->left_out_count; i++)
        add_note(left_out, "package", result->left_out[i].package, result->left_out[i].reason);
    wh_json_add(object, "left_out", left_out);
    return object;
}

void wh_history_added_print(FILE *out, struct json_object *object)
{
    print_notes(out, get(object, "left_out"), "package", "left out: ");
    (void)fprintf(out, "%" PRIu64 " packages added, %" PRIu64 " kept before, %" PRIu64 " removed\n",
        wh_json_number(object, "added"), wh_json_number(object, "present"),
        wh_json_number(object, "removed"));
    if (wh_json_number(object, "beyond") > 0)
        (void)fprintf(out, "%" PRIu64 " of the repository are older than what is kept\n",
            wh_json_number(object, "beyond"));
    (void)fprintf(out,
        "the history has %" PRIu64 " packages of %" PRIu64 " bytes in %" PRIu64 " bytes\n",
        wh_json_number(object, "packages"), wh_json_number(object, "package_bytes"),
        wh_json_number(object, "stored_bytes"));
    if (wh_json_number(object, "damaged") > 0)
        (void)fprintf(out,
            "%" PRIu64 " records are damaged, so no content was removed; see history verify\n",
            wh_json_number(object, "damaged"));
}

/* ---- list ---------------------------------------------------------------------------------- */

struct json_object *wh_history_list_object(const struct wh_kept_packages *packages)
{
    struct json_object *object = json_object_new_object();
    struct json_object *rows = json_object_new_array();
    char id[2 * WH_SHA256_LENGTH + 1];

    for (uint32_t i = 0; i < packages->count; i++) {
        const struct wh_kept_package *package = &packages->packages[i];
        struct json_object *row = json_object_new_object();
        wh_hex(package->header_id, WH_SHA256_LENGTH, id);
        wh_json_add_text(row, "name", package->name);
        wh_json_add_text(row, "evr", package->evr);
        wh_json_add_text(row, "arch", package->arch);
        wh_json_add_text(row, "header", id);
        wh_json_add_text(row, "pkgid", package->pkgid);
        wh_json_add_number(row, "size", package->size);
        wh_json_add_number(row, "seen", package->seen);
        (void)json_object_array_add(rows, row);
    }
    wh_json_add(object, "packages", rows);
    wh_json_add(object, "damaged", damaged_array(packages->damaged, packages->damaged_count));
    return object;
}

void wh_history_list_print(FILE *out, struct json_object *object)
{
    struct json_object *rows = get(object, "packages");

    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        time_t seen = (time_t)wh_json_number(row, "seen");
        struct tm day = {0};
        char date[32] = "";
        if (gmtime_r(&seen, &day))
            (void)strftime(date, sizeof date, "%Y-%m-%d", &day);
        wh_print_name(out, wh_json_text(row, "name"));
        (void)fputc('-', out);
        wh_print_name(out, wh_json_text(row, "evr"));
        (void)fputc('.', out);
        wh_print_name(out, wh_json_text(row, "arch"));
        (void)fprintf(out, "  %.16s  %" PRIu64 " bytes, last seen %s\n",
            wh_json_text(row, "header"), wh_json_number(row, "size"), date);
    }
    print_notes(out, get(object, "damaged"), "record", "damaged: ");
}

/* ---- verify -------------------------------------------------------------------------------- */

struct json_object *wh_history_verdicts_object(const struct wh_history_verdicts *verdicts)
{
    struct json_object *object = json_object_new_object();

    wh_json_add_number(object, "packages", verdicts->packages);
    wh_json_add_number(object, "good", verdicts->good);
    wh_json_add(object, "bad", damaged_array(verdicts->bad, verdicts->bad_count));
    return object;
}

void wh_history_verdicts_print(FILE *out, struct json_object *object)
{
    (void)fprintf(out, "%" PRIu64 " packages: %" PRIu64 " good, %zu bad\n",
        wh_json_number(object, "packages"), wh_json_number(object, "good"),
        json_object_array_length(get(object, "bad")));
}
