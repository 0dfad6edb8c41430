/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.c - see answer.h. */
#include "protocol/answer.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "protocol/printable.h"
#include "whittle/cleanup.h"

static pthread_mutex_t output_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool output_failed;

static struct json_object *begin(int64_t id, const char *answer)
{
    struct json_object *object = json_object_new_object();

    (void)json_object_object_add(object, "id", json_object_new_int64(id));
    (void)json_object_object_add(object, "answer", json_object_new_string(answer));
    return object;
}

static void add_number(struct json_object *object, const char *name, uint64_t value)
{
    (void)json_object_object_add(object, name, json_object_new_int64((int64_t)value));
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
    (void)json_object_object_add(object, name, json_object_new_string(text));
}

/* One line, whole, at once: the plugin shows progress from it. */
static void finish(struct json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);

    (void)pthread_mutex_lock(&output_mutex);
    if (!text || puts(text) < 0 || fflush(stdout) != 0)
        atomic_store(&output_failed, true);
    (void)pthread_mutex_unlock(&output_mutex);
    (void)json_object_put(object);
}

static void add_reason(struct json_object *object, const char *reason)
{
    wh_autofree char *printable = wh_printable(reason);

    add_text(object, "reason", printable ? printable : "out of memory");
}

static void add_sha256(struct json_object *object, const char *name, const uint8_t sha256[32])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(sha256, WH_SHA256_LENGTH, hex);
    add_text(object, name, hex);
}

static struct json_object *bundle_item(
    const struct wh_selection *selection, uint32_t number, const uint8_t *prefix)
{
    static const char *const kinds[] = {
        [WH_BUNDLE_STEP] = "step",
        [WH_BUNDLE_CONFIG] = "config",
        [WH_BUNDLE_DOC] = "doc",
        [WH_BUNDLE_LIST] = "list",
    };
    const struct wh_index_bundle *bundle = &selection->bundles[number];
    struct json_object *item = json_object_new_object();

    add_text(item, "kind", kinds[bundle->kind]);
    if (selection->url)
        add_text(item, "url", selection->url);
    else
        add_text(item, "location", selection->locations[number]);
    add_number(item, "size", bundle->size);
    add_sha256(item, "sha256", bundle->sha256);
    if (prefix)
        add_sha256(item, "prefix", prefix);
    if (bundle->kind == WH_BUNDLE_LIST)
        add_sha256(item, "installed", selection->installed);
    return item;
}

static void add_printable(struct json_object *object, const char *name, const char *text)
{
    wh_autofree char *printable = wh_printable(text);

    if (printable)
        add_text(object, name, printable);
}

static void append_printable(struct json_object *array, const char *text)
{
    wh_autofree char *printable = wh_printable(text);

    if (printable)
        (void)json_object_array_add(array, json_object_new_string(printable));
}

static void add_paths(struct json_object *object, const struct wh_operations *operations,
    enum wh_operation_kind kind, const char *name)
{
    struct json_object *paths = json_object_new_array();

    for (uint32_t i = 0; i < operations->count; i++)
        if (operations->operations[i].kind == kind)
            append_printable(paths, operations->operations[i].path);
    (void)json_object_object_add(object, name, paths);
}

static void add_operations(struct json_object *object, const struct wh_operations *operations)
{
    static const char *const suggestions[] = {[WH_SUGGEST_RESTART] = "restart",
        [WH_SUGGEST_RELOGIN] = "relogin",
        [WH_SUGGEST_REBOOT] = "reboot"};
    struct json_object *item = json_object_new_object();
    struct json_object *advisories = json_object_new_array();

    if (operations->suggestion != WH_SUGGEST_NOTHING)
        add_text(item, "suggest", suggestions[operations->suggestion]);
    for (uint32_t i = 0; i < operations->advisory_count; i++)
        append_printable(advisories, operations->advisories[i]);
    (void)json_object_object_add(item, "advisories", advisories);
    add_paths(item, operations, WH_OPERATION_REMOVE, "remove");
    add_paths(item, operations, WH_OPERATION_KEEP, "keep");
    add_paths(item, operations, WH_OPERATION_REPLACE, "replace");
    (void)json_object_object_add(object, "operations", item);
}

static void add_notes(struct json_object *object, const struct wh_notes *notes)
{
    const struct wh_operations *operations = notes->operations;

    if (notes->trouble)
        add_printable(object, "trouble", notes->trouble);
    if (operations && (operations->count > 0 || operations->suggestion != WH_SUGGEST_NOTHING))
        add_operations(object, operations);
}

void wh_answer_select(
    int64_t id, const struct wh_selection *selection, const struct wh_notes *notes)
{
    struct json_object *object = begin(id, "select");
    struct json_object *bundles = json_object_new_array();

    for (uint32_t i = 0; i < selection->bundle_count; i++)
        (void)json_object_array_add(bundles, bundle_item(selection, i, notes->prefix));
    (void)json_object_object_add(object, "bundles", bundles);
    add_text(object, "from", selection->from);
    add_notes(object, notes);
    finish(object);
}

void wh_answer_none(int64_t id, const char *reason, const struct wh_notes *notes)
{
    struct json_object *object = begin(id, "none");

    add_reason(object, reason);
    add_notes(object, notes);
    finish(object);
}

void wh_answer_refusal(int64_t id, wh_status status, const char *reason)
{
    struct json_object *object = begin(id, "refusal");

    add_reason(object, reason);
    if (status == WH_REENCODING)
        add_text(object, "cause", "reencoding");
    finish(object);
}

void wh_answer_progress(int64_t id, uint64_t done, uint64_t total)
{
    struct json_object *object = begin(id, "progress");

    add_number(object, "done", done);
    add_number(object, "total", total);
    finish(object);
}

void wh_answer_assembled(int64_t id, const struct wh_assembled *assembled)
{
    struct json_object *object = begin(id, "assembled");

    add_number(object, "bytes", assembled->bytes);
    add_number(object, "kept", assembled->kept);
    add_number(object, "patched", assembled->patched);
    add_number(object, "fetched", assembled->fetched);
    (void)json_object_object_add(
        object, "attributes", json_object_new_boolean(assembled->attributes));
    finish(object);
}

bool wh_answers_written(void)
{
    return !atomic_load(&output_failed);
}
