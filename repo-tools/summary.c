/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary.c - see summary.h. */
#include "summary.h"

#include <inttypes.h>
#include <json-c/json.h>

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

void wh_summary_publish(FILE *out, const struct wh_publish_result *result)
{
    (void)fprintf(out,
        "%" PRIu32 " packages, %" PRIu32 " with bundles: %" PRIu32 " bundles, %" PRIu32
        " supplements (%" PRIu32 " as before)\n",
        result->packages, result->with_bundles, result->steps, result->supplements, result->reused);
    if (result->with_bundles > 0) {
        (void)fprintf(out,
            "an upgrade of all from the version before: %" PRIu64 " bytes instead of %" PRIu64
            " (%.2f %%)\n",
            result->best_bytes, result->package_bytes,
            percent(result->best_bytes, result->package_bytes));
        (void)fprintf(out,
            "on the mirror: bundles %" PRIu64 ", supplements %" PRIu64 ", index %" PRIu64
            " bytes\n",
            result->step_bytes, result->supplement_bytes, result->shelf.index_size);
    }
    if (result->with_prefix > 0)
        (void)fprintf(out,
            "for the backend: %" PRIu32 " packages listed with their prefix, index %" PRIu64
            " bytes\n",
            result->with_prefix, result->shelf.index_size);
    for (enum wh_skip skip = WH_SKIP_NOT + 1; skip < WH_SKIPS; skip++)
        if (result->skipped[skip] > 0)
            (void)fprintf(out, "without bundles: %" PRIu32 ", %s\n", result->skipped[skip],
                wh_skip_text(skip));
    if (result->shelf.removed > 0)
        (void)fprintf(out, "removed %" PRIu32 " bundles that are not listed any more\n",
            result->shelf.removed);
    if (!result->shelf.changed)
        (void)fputs("nothing changed in the metadata\n", out);
}

void wh_summary_verify(FILE *out, const struct wh_verify_result *result)
{
    for (uint32_t i = 0; i < result->verdict_count; i++)
        if (result->verdicts[i].kind == WH_VERDICT_NOT_CHECKED)
            (void)fprintf(out, "%s: %s\n", result->verdicts[i].package, result->verdicts[i].text);
    (void)fprintf(out,
        "%" PRIu32 " packages, %" PRIu32 " bundles and supplements: %" PRIu32 " good, %" PRIu32
        " bad, %" PRIu32 " not checked\n",
        result->packages, result->bundles, result->checked, result->bad, result->not_checked);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void add(struct json_object *object, const char *key, uint64_t value)
{
    (void)json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static void add_note(struct json_object *array, const char *package, const char *text)
{
    struct json_object *note = json_object_new_object();

    (void)json_object_object_add(note, "package", json_object_new_string(package));
    (void)json_object_object_add(note, "reason", json_object_new_string(text));
    (void)json_object_array_add(array, note);
}

static void print(FILE *out, struct json_object *object)
{
    (void)fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    (void)json_object_put(object);
}

static const char *const skip_keys[WH_SKIPS] = {
    [WH_SKIP_NOT] = "none",
    [WH_SKIP_SOURCE] = "source",
    [WH_SKIP_NO_OLDER] = "no_older",
    [WH_SKIP_NO_DIGEST] = "no_payload_digest",
    [WH_SKIP_WEAK] = "weak_digests",
    [WH_SKIP_SIGNATURE] = "signature",
    [WH_SKIP_UNSUPPORTED] = "unsupported",
    [WH_SKIP_NO_GAIN] = "no_gain",
};

void wh_summary_publish_json(FILE *out, const struct wh_publish_result *result)
{
    struct json_object *object = json_object_new_object();
    struct json_object *skipped = json_object_new_object();
    struct json_object *failures = json_object_new_array();

    add(object, "packages", result->packages);
    add(object, "with_bundles", result->with_bundles);
    add(object, "with_prefix", result->with_prefix);
    add(object, "bundles", result->steps);
    add(object, "supplements", result->supplements);
    add(object, "reused", result->reused);
    add(object, "package_bytes", result->package_bytes);
    add(object, "newest_bundle_bytes", result->best_bytes);
    add(object, "bundle_bytes", result->step_bytes);
    add(object, "supplement_bytes", result->supplement_bytes);
    add(object, "index_bytes", result->shelf.index_size);
    add(object, "removed", result->shelf.removed);
    (void)json_object_object_add(object, "changed", json_object_new_boolean(result->shelf.changed));
    for (enum wh_skip skip = WH_SKIP_NOT + 1; skip < WH_SKIPS; skip++)
        add(skipped, skip_keys[skip], result->skipped[skip]);
    (void)json_object_object_add(object, "skipped", skipped);
    for (uint32_t i = 0; i < result->failure_count; i++)
        add_note(failures, result->failures[i].package, result->failures[i].error.message);
    (void)json_object_object_add(object, "failures", failures);
    print(out, object);
}

void wh_summary_verify_json(FILE *out, const struct wh_verify_result *result)
{
    struct json_object *object = json_object_new_object();
    struct json_object *bad = json_object_new_array();
    struct json_object *not_checked = json_object_new_array();

    add(object, "packages", result->packages);
    add(object, "bundles", result->bundles);
    add(object, "good", result->checked);
    for (uint32_t i = 0; i < result->verdict_count; i++)
        add_note(result->verdicts[i].kind == WH_VERDICT_BAD ? bad : not_checked,
            result->verdicts[i].package, result->verdicts[i].text);
    (void)json_object_object_add(object, "bad", bad);
    (void)json_object_object_add(object, "not_checked", not_checked);
    print(out, object);
}
