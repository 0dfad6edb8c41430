/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request_fuzz.c - one request line, read as both kinds. */
#include <json-c/json.h>
#include <string.h>

#include "fuzz.h"
#include "protocol/request.h"
#include "whittle/cleanup.h"

static void put_object(struct json_object **object)
{
    (void)json_object_put(*object);
}

static void add(struct json_object *object, const char *name, struct json_object *value)
{
    promise(json_object_object_add(object, name, value) == 0);
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
    promise(text);
    add(object, name, json_object_new_string(text));
}

static void add_size(struct json_object *object, const char *name, uint64_t size)
{
    promise(size <= INT64_MAX);
    add(object, name, json_object_new_int64((int64_t)size));
}

static struct wh_bytes line_of(struct json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);

    return (struct wh_bytes){(const uint8_t *)text, strlen(text)};
}

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void add_optional(struct json_object *object, const char *name, const char *text)
{
    if (text)
        add_text(object, name, text);
}

static void add_sha256(struct json_object *object, const char *name, const uint8_t sha256[32])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(sha256, WH_SHA256_LENGTH, hex);
    add_text(object, name, hex);
}

static struct json_object *backend_object(const struct wh_select_request *request)
{
    const struct wh_address *backend = &request->backend;
    struct json_object *object = json_object_new_object();

    promise(!backend->url || wh_is_backend(backend->url));
    promise(backend->timeout > 0 && backend->timeout <= WH_BACKEND_TIMEOUT_MAX);
    promise(backend->connect_timeout > 0 && backend->connect_timeout <= WH_BACKEND_TIMEOUT_MAX);
    add(object, "signed", json_object_new_boolean(request->is_signed));
    add_optional(object, "url", backend->url);
    add_optional(object, "proxy", backend->proxy);
    add_optional(object, "proxy_user", backend->proxy_user);
    add_optional(object, "proxy_password", backend->proxy_password);
    add_optional(object, "ca_file", backend->ca_file);
    add(object, "verify", json_object_new_boolean(!backend->skip_verify));
    add_size(object, "connect_timeout", backend->connect_timeout);
    add_size(object, "timeout", backend->timeout);
    return object;
}

/* Written down with nothing but what the struct holds, a request reads the same. */
static void check_select(const struct wh_select_request *request)
{
    wh_cleanup(put_object) struct json_object *object = json_object_new_object();
    wh_cleanup(wh_select_request_clear) struct wh_select_request again = {0};

    add(object, "id", json_object_new_int64(request->id));
    add(object, "index", request->index ? json_object_new_string(request->index) : NULL);
    if (request->may_ask)
        add(object, "backend", backend_object(request));
    add_text(object, "pkgid", request->pkgid);
    add_text(object, "nevra", request->nevra);
    add_text(object, "root", request->root);
    add_size(object, "size", request->size);
    add_size(object, "rate", request->rate);
    struct wh_bytes line = line_of(object);
    if (line.length > WH_LINE_MAX) /* escapes may take more than the original did */
        return;
    promise(wh_select_request_parse(line, &again, NULL) == WH_OK);
    promise(again.id == request->id && !again.index == !request->index);
    promise(!request->index || same(again.index, request->index));
    promise(again.may_ask == request->may_ask && again.is_signed == request->is_signed);
    promise(wh_address_equal(&again.backend, &request->backend));
    promise(same(again.pkgid, request->pkgid) && same(again.nevra, request->nevra));
    promise(same(again.root, request->root));
    promise(again.size == request->size && again.rate == request->rate);
    fuzz_accept();
}

static struct json_object *bundle_array(const struct wh_assemble_request *request)
{
    struct json_object *array = json_object_new_array();

    promise(request->bundle_count > 0 && request->bundle_count <= WH_PLAN_BUNDLES_MAX);
    for (uint32_t i = 0; i < request->bundle_count; i++) {
        const struct wh_bundle_file *bundle = &request->bundles[i];
        struct json_object *item = json_object_new_object();
        add_text(item, "path", bundle->path);
        add_size(item, "size", bundle->size);
        add_sha256(item, "sha256", bundle->sha256);
        if (bundle->has_prefix)
            add_sha256(item, "prefix", bundle->prefix);
        if (bundle->has_installed)
            add_sha256(item, "installed", bundle->installed);
        promise(json_object_array_add(array, item) == 0);
    }
    return array;
}

static void check_assemble(const struct wh_assemble_request *request)
{
    wh_cleanup(put_object) struct json_object *object = json_object_new_object();
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request again = {0};
    struct json_object *checksum = json_object_new_object();

    promise(request->destination[0] == '/');
    add(object, "id", json_object_new_int64(request->id));
    add_text(object, "nevra", request->nevra);
    add_text(object, "root", request->root);
    add_text(object, "destination", request->destination);
    add_size(object, "budget", request->budget);
    add(object, "bundles", bundle_array(request));
    add_text(checksum, "type", request->checksum_type);
    add_text(checksum, "value", request->checksum_value);
    add(object, "checksum", checksum);
    struct wh_bytes line = line_of(object);
    if (line.length > WH_LINE_MAX)
        return;
    promise(wh_assemble_request_parse(line, &again, NULL) == WH_OK);
    promise(again.id == request->id && again.budget == request->budget);
    promise(same(again.nevra, request->nevra) && same(again.root, request->root));
    promise(same(again.destination, request->destination));
    promise(same(again.checksum_type, request->checksum_type));
    promise(same(again.checksum_value, request->checksum_value));
    promise(again.bundle_count == request->bundle_count);
    for (uint32_t i = 0; i < again.bundle_count; i++) {
        promise(same(again.bundles[i].path, request->bundles[i].path));
        const struct wh_bundle_file *one = &again.bundles[i];
        const struct wh_bundle_file *other = &request->bundles[i];
        promise(one->size == other->size);
        promise(memcmp(one->sha256, other->sha256, WH_SHA256_LENGTH) == 0);
        promise(one->has_prefix == other->has_prefix && one->has_installed == other->has_installed);
        promise(memcmp(one->prefix, other->prefix, WH_SHA256_LENGTH) == 0);
        promise(memcmp(one->installed, other->installed, WH_SHA256_LENGTH) == 0);
    }
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(wh_select_request_clear) struct wh_select_request select = {0};
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request assemble = {0};
    struct wh_bytes line = {data, size};
    struct wh_error err = {0};

    bool is_select = fuzz_ok(wh_select_request_parse(line, &select, &err), &err);
    bool is_assemble = fuzz_ok(wh_assemble_request_parse(line, &assemble, &err), &err);
    promise(!is_select || !is_assemble);
    if (is_select)
        check_select(&select);
    if (is_assemble)
        check_assemble(&assemble);
    return 0;
}
