/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.c - see request.h. Every member is taken once and counted, so that one that nobody asked
 * for shows. */
#include "protocol/request.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

struct members {
    struct json_object *object;
    int taken;
    const char *bad; /* the first member that is missing or of the wrong type */
};

static void put_object(struct json_object **object)
{
    (void)json_object_put(*object);
}

static bool has(const struct members *members, const char *name)
{
    return json_object_object_get_ex(members->object, name, NULL);
}

static struct json_object *take(struct members *members, const char *name, enum json_type type)
{
    struct json_object *value = NULL;

    if (members->bad)
        return NULL;
    if (!json_object_object_get_ex(members->object, name, &value) ||
        !json_object_is_type(value, type)) {
        members->bad = name;
        return NULL;
    }
    members->taken++;
    return value;
}

static char *take_string(struct members *members, const char *name)
{
    struct json_object *value = take(members, name, json_type_string);

    if (!value)
        return NULL;
    const char *text = json_object_get_string(value);
    if ((size_t)json_object_get_string_len(value) != strlen(text)) { /* a NUL inside */
        members->bad = name;
        return NULL;
    }
    char *copy = strdup(text);
    if (!copy)
        members->bad = name;
    return copy;
}

static uint64_t take_size(struct members *members, const char *name)
{
    struct json_object *value = take(members, name, json_type_int);
    int64_t number = value ? json_object_get_int64(value) : 0;

    if (number < 0)
        members->bad = name;
    return number < 0 ? 0 : (uint64_t)number;
}

static bool take_flag(struct members *members, const char *name)
{
    return json_object_get_boolean(take(members, name, json_type_boolean));
}

static void take_sha256(struct members *members, const char *name, uint8_t out[WH_SHA256_LENGTH])
{
    struct json_object *value = take(members, name, json_type_string);

    if (value && !wh_unhex(json_object_get_string(value), (size_t)json_object_get_string_len(value),
                     out, WH_SHA256_LENGTH))
        members->bad = name;
}

/* Also refuses members that were not taken. */
static wh_status check_members(struct members *members, struct wh_error *err)
{
    if (members->bad)
        return wh_fail(err, WH_MALFORMED, "request: %s is missing or bad", members->bad);
    if (json_object_object_length(members->object) != members->taken)
        return wh_fail(err, WH_MALFORMED, "request: it has a member that is not known");
    return WH_OK;
}

static wh_status parse_object(
    struct wh_bytes line, struct json_object **out_object, struct wh_error *err)
{
    struct json_tokener *tokener = json_tokener_new_ex(4); /* nesting */

    if (!tokener)
        return wh_no_memory(err);
    if (line.length > WH_LINE_MAX) {
        json_tokener_free(tokener);
        return wh_fail(err, WH_OVER_LIMIT, "request: longer than %u bytes", WH_LINE_MAX);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *object = json_tokener_parse_ex(
        tokener, (const char *)line.data, (int)line.length);
    bool whole = json_tokener_get_error(tokener) == json_tokener_success &&
                 json_tokener_get_parse_end(tokener) == line.length;
    json_tokener_free(tokener);
    if (!whole || !json_object_is_type(object, json_type_object)) {
        (void)json_object_put(object);
        return wh_fail(err, WH_MALFORMED, "request: not a JSON object");
    }
    *out_object = object;
    return WH_OK;
}

void wh_select_request_clear(struct wh_select_request *request)
{
    free(request->index);
    free(request->pkgid);
    free(request->nevra);
    free(request->root);
    wh_address_clear(&request->backend);
    *request = (struct wh_select_request){0};
}

static char *take_optional(struct members *members, const char *name)
{
    return has(members, name) ? take_string(members, name) : NULL;
}

static uint32_t take_timeout(struct members *members, const char *name, uint32_t usual)
{
    uint64_t seconds = has(members, name) ? take_size(members, name) : usual;

    if (!members->bad && (seconds == 0 || seconds > WH_BACKEND_TIMEOUT_MAX))
        members->bad = name;
    return (uint32_t)seconds;
}

static wh_status take_backend(
    struct json_object *object, struct wh_select_request *request, struct wh_error *err)
{
    struct members members = {.object = object};
    struct wh_address *backend = &request->backend;

    request->may_ask = true;
    request->is_signed = take_flag(&members, "signed");
    backend->url = take_optional(&members, "url");
    if (backend->url && !wh_is_backend(backend->url))
        members.bad = "url";
    backend->proxy = take_optional(&members, "proxy");
    backend->proxy_user = take_optional(&members, "proxy_user");
    backend->proxy_password = take_optional(&members, "proxy_password");
    backend->ca_file = take_optional(&members, "ca_file");
    backend->skip_verify = has(&members, "verify") && !take_flag(&members, "verify");
    backend->connect_timeout = take_timeout(
        &members, "connect_timeout", WH_BACKEND_CONNECT_TIMEOUT);
    backend->timeout = take_timeout(&members, "timeout", WH_BACKEND_TIMEOUT);
    return check_members(&members, err);
}

wh_status wh_select_request_parse(
    struct wh_bytes line, struct wh_select_request *out_request, struct wh_error *err)
{
    wh_cleanup(put_object) struct json_object *object = NULL;
    wh_cleanup(wh_select_request_clear) struct wh_select_request request = {0};

    WH_TRY(parse_object(line, &object, err));
    struct members members = {.object = object};
    struct json_object *id = take(&members, "id", json_type_int);
    request.id = id ? json_object_get_int64(id) : 0;
    struct json_object *index = NULL;
    bool has_none = json_object_object_get_ex(object, "index", &index) && !index;
    request.index = has_none ? NULL : take_string(&members, "index");
    members.taken += has_none;
    request.pkgid = take_string(&members, "pkgid");
    request.nevra = take_string(&members, "nevra");
    request.root = take_string(&members, "root");
    request.size = take_size(&members, "size");
    request.rate = take_size(&members, "rate");
    struct json_object *backend = has(&members, "backend")
                                      ? take(&members, "backend", json_type_object)
                                      : NULL;
    if (backend)
        WH_TRY(take_backend(backend, &request, err));
    WH_TRY(check_members(&members, err));
    *out_request = request;
    request = (struct wh_select_request){0};
    return WH_OK;
}

void wh_assemble_request_clear(struct wh_assemble_request *request)
{
    for (uint32_t i = 0; i < WH_PLAN_BUNDLES_MAX; i++)
        free(request->bundles[i].path);
    free(request->nevra);
    free(request->root);
    free(request->destination);
    free(request->checksum_type);
    free(request->checksum_value);
    *request = (struct wh_assemble_request){0};
}

static wh_status take_bundle(
    struct json_object *object, struct wh_bundle_file *bundle, struct wh_error *err)
{
    struct members members = {.object = object};

    if (!json_object_is_type(object, json_type_object))
        return wh_fail(err, WH_MALFORMED, "request: a bundle is no object");
    bundle->path = take_string(&members, "path");
    bundle->size = take_size(&members, "size");
    take_sha256(&members, "sha256", bundle->sha256);
    bundle->has_prefix = has(&members, "prefix");
    if (bundle->has_prefix)
        take_sha256(&members, "prefix", bundle->prefix);
    bundle->has_installed = has(&members, "installed");
    if (bundle->has_installed)
        take_sha256(&members, "installed", bundle->installed);
    return check_members(&members, err);
}

static wh_status take_bundles(
    struct members *members, struct wh_assemble_request *request, struct wh_error *err)
{
    struct json_object *array = take(members, "bundles", json_type_array);
    size_t count = array ? json_object_array_length(array) : 0;

    if (array && (count == 0 || count > WH_PLAN_BUNDLES_MAX))
        return wh_fail(err, WH_MALFORMED, "request: %zu bundles", count);
    for (; request->bundle_count < count; request->bundle_count++)
        WH_TRY(take_bundle(json_object_array_get_idx(array, request->bundle_count),
            &request->bundles[request->bundle_count], err));
    return WH_OK;
}

static wh_status take_checksum(
    struct members *members, struct wh_assemble_request *request, struct wh_error *err)
{
    struct members inner = {.object = take(members, "checksum", json_type_object)};

    if (!inner.object)
        return WH_OK; /* said by check_members() */
    request->checksum_type = take_string(&inner, "type");
    request->checksum_value = take_string(&inner, "value");
    return check_members(&inner, err);
}

wh_status wh_assemble_request_parse(
    struct wh_bytes line, struct wh_assemble_request *out_request, struct wh_error *err)
{
    wh_cleanup(put_object) struct json_object *object = NULL;
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request request = {0};

    WH_TRY(parse_object(line, &object, err));
    struct members members = {.object = object};
    struct json_object *id = take(&members, "id", json_type_int);
    request.id = id ? json_object_get_int64(id) : 0;
    request.nevra = take_string(&members, "nevra");
    request.root = take_string(&members, "root");
    request.destination = take_string(&members, "destination");
    request.budget = take_size(&members, "budget");
    WH_TRY(take_bundles(&members, &request, err));
    WH_TRY(take_checksum(&members, &request, err));
    WH_TRY(check_members(&members, err));
    if (request.destination[0] != '/')
        return wh_fail(err, WH_MALFORMED, "request: destination is no absolute path");
    *out_request = request;
    request = (struct wh_assemble_request){0};
    return WH_OK;
}
