/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_shares.c - see explain_shares.h. */
#include "explain_shares.h"

#include <inttypes.h>

#include "explain_packed.h"
#include "packed/container.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void clear_listing(struct wh_listing *listing)
{
    wh_listing_clear(listing);
}

static void clear_member(struct wh_member *member)
{
    wh_member_clear(member);
}

/* ---- streams ------------------------------------------------------------------------------- */

/* Keys, and how people read them. */
static const struct {
    const char *key;
    const char *text;
} shares[] = {
    {"predicted", "predicted wholly"},
    {"departing", "with departures"},
    {"tokens", "by tokens"},
    {"liblzma", "by liblzma"},
    {"kept", "kept, as the older content had them"},
    {"left", "left as they are"},
};

enum { SHARES = sizeof shares / sizeof *shares };

static void add(struct json_object *object, const char *key, uint64_t more)
{
    wh_json_add_number(object, key, wh_json_number(object, key) + more);
}

/* Streams that nobody can make again are left: all those that are not counted otherwise. */
static wh_status count_streams(struct wh_bytes content, const struct wh_apart *apart,
    struct json_object *streams, struct wh_error *err)
{
    wh_cleanup(clear_listing) struct wh_listing listing = {0};
    const struct wh_apart_shares *found = &apart->shares;

    WH_TRY(wh_container_list(content, &listing, err));
    add(streams, "predicted", found->predicted);
    add(streams, "departing", found->departing);
    add(streams, "tokens", found->tokens);
    add(streams, "liblzma", found->liblzma);
    add(streams, "kept", found->kept);
    add(streams, "left", listing.count - found->kept - apart->recipe.new_count);
    return WH_OK;
}

/* ---- opaque contents ----------------------------------------------------------------------- */

static void add_opaque(struct json_object *opaque, const struct wh_package_file *target,
    uint32_t file, enum wh_packing packing, const char *why)
{
    const struct wh_file *facts = &target->header->files[file];
    struct json_object *row = json_object_new_object();
    wh_autofree char *path = NULL;

    if (asprintf(&path, "%s%s", facts->dirname, facts->basename) < 0)
        path = NULL;
    wh_json_add(row, "path", path ? json_object_new_string(path) : NULL);
    wh_json_add_text(row, "packing", wh_packing_name(packing));
    wh_json_add_number(row, "size", facts->size);
    wh_json_add_text(row, "reason", why);
    (void)json_object_array_add(opaque, row);
}

/* Why a content that its container lists is coded as it is all the same: another try tells. */
static wh_status find_reason(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means, struct wh_error *out_reason,
    struct wh_error *err)
{
    wh_cleanup(clear_member) struct wh_member member = {0};
    struct wh_habits habits = {0};
    const struct wh_apart_means apart = {
        .habits = &habits, .without_liblzma = means->without_liblzma, .margin = WH_PLAIN_MARGIN};

    WH_TRY(wh_member_init(entry, origin, target, &member, err));
    wh_status status = wh_member_take_apart(&member, origin, target, &apart, out_reason);
    if (status == WH_OK)
        (void)wh_fail(out_reason, WH_UNSUPPORTED, "it is hardly smaller in its plain form");
    return status == WH_OK || status == WH_UNSUPPORTED || status == WH_OVER_LIMIT ? WH_OK : status;
}

static wh_status look_at_opaque(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means, struct json_object *opaque,
    struct wh_error *err)
{
    wh_cleanup(clear_listing) struct wh_listing listing = {0};
    struct wh_error reason = {0};

    WH_TRY(wh_container_list(wh_package_content(target, entry->file), &listing, err));
    if (listing.packing == WH_PACKING_NONE)
        return WH_OK;
    WH_TRY(find_reason(entry, origin, target, means, &reason, err));
    add_opaque(opaque, target, entry->file, listing.packing, reason.message);
    return WH_OK;
}

wh_status wh_explain_shares(const struct wh_encoded_groups *groups,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_means *means, struct json_object *object, struct wh_error *err)
{
    struct json_object *streams = json_object_new_object();
    struct json_object *opaque = json_object_new_array();

    wh_json_add(object, "streams", streams); /* owns both from here on */
    wh_json_add(object, "opaque", opaque);
    for (int i = 0; i < SHARES; i++)
        wh_json_add_number(streams, shares[i].key, 0);
    for (uint32_t i = 0; i < groups->entry_count; i++) {
        const struct wh_entry *entry = &groups->entries[i];
        struct wh_bytes content = wh_package_content(target, entry->file);
        WH_TRY(groups->aparts[i] ? count_streams(content, groups->aparts[i], streams, err)
                                 : look_at_opaque(entry, origin, target, means, opaque, err));
    }
    return WH_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

void wh_explain_print_shares(FILE *out, struct json_object *object)
{
    struct json_object *streams = json_object_object_get(object, "streams");
    struct json_object *opaque = json_object_object_get(object, "opaque");

    if (!streams)
        return;
    for (int i = 0; i < SHARES; i++)
        if (wh_json_number(streams, shares[i].key) > 0)
            (void)fprintf(out, "  %7" PRIu64 " streams %s\n",
                wh_json_number(streams, shares[i].key), shares[i].text);
    for (size_t i = 0; i < json_object_array_length(opaque); i++) {
        struct json_object *row = json_object_array_get_idx(opaque, i);
        (void)fprintf(out, "  as it is %11" PRIu64 "  ", wh_json_number(row, "size"));
        wh_print_name(out, wh_json_text(row, "path"));
        (void)fprintf(
            out, " (%s): %s\n", wh_json_text(row, "packing"), wh_json_text(row, "reason"));
    }
    if (json_object_object_get(object, "as_they_are_bytes"))
        (void)fprintf(out, "  groups without going through the compression: %" PRIu64 " bytes\n",
            wh_json_number(object, "as_they_are_bytes"));
}
