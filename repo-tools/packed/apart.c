/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apart.c - see packed/apart.h. */
#include "packed/apart.h"

#include <stdlib.h>
#include <string.h>

#include "packed/changed.h"
#include "packed/describe.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_apart_free(struct wh_apart *apart)
{
    if (!apart)
        return;
    wh_recipe_clear(&apart->recipe);
    wh_buffer_clear(&apart->parameters);
    wh_unpacked_clear(&apart->base);
    wh_unpacked_clear(&apart->content);
    free(apart);
}

static void free_apart(struct wh_apart **apart)
{
    wh_apart_free(*apart);
}

void wh_apart_forget(struct wh_apart *apart)
{
    wh_buffer_clear(&apart->base.plain);
    wh_buffer_clear(&apart->content.plain);
}

bool wh_apart_is_debugdata(const struct wh_apart *apart)
{
    return apart->recipe.packing == WH_PACKING_DEBUGDATA && apart->recipe.old_count == 1;
}

/* ---- the recipe ---------------------------------------------------------------------------- */

/* The two contents, as their containers list them. */
struct pair {
    const struct wh_whole *base;
    const struct wh_whole *content;
    struct wh_listing old_listing;
    struct wh_listing listing;
    struct wh_changed changed;
};

static void clear_pair(struct pair *pair)
{
    wh_listing_clear(&pair->old_listing);
    wh_listing_clear(&pair->listing);
    wh_changed_clear(&pair->changed);
}

static wh_status opaque(const char *why, struct wh_error *err)
{
    return wh_fail(err, WH_UNSUPPORTED, "it %s", why);
}

/* An encoder of LZMA costs a client so much that only a patch is worth it. */
static bool is_worth_it(const struct pair *pair, const struct wh_apart_means *means)
{
    enum wh_packing packing = pair->listing.packing;

    if (packing != WH_PACKING_XZ && packing != WH_PACKING_DEBUGDATA)
        return true;
    return !means->without_liblzma && pair->base->bytes.length > 0;
}

static wh_status list(struct pair *pair, const struct wh_apart_means *means, struct wh_error *err)
{
    WH_TRY(wh_container_list(pair->content->bytes, &pair->listing, err));
    if (pair->listing.packing == WH_PACKING_NONE)
        return opaque("is not compressed", err);
    if (pair->listing.why)
        return opaque(pair->listing.why, err);
    if (!is_worth_it(pair, means))
        return opaque("has to be encoded with LZMA", err);
    if (pair->base->bytes.length > 0)
        WH_TRY(wh_container_list(pair->base->bytes, &pair->old_listing, err));
    if (pair->old_listing.packing != pair->listing.packing || pair->old_listing.why)
        wh_listing_clear(&pair->old_listing); /* its bytes are a base all the same */
    WH_TRY(wh_changed_find(pair->base->bytes, &pair->old_listing, pair->content->bytes,
        &pair->listing, &pair->changed, err));
    return pair->changed.made_count > 0 ? WH_OK : opaque("has no stream that changed", err);
}

static void count_shares(const struct wh_description *description, struct wh_apart_shares *shares)
{
    if (description->coder == WH_CODER_XZ)
        shares->liblzma++;
    else if (description->coder == WH_CODER_TOKENS)
        shares->tokens++;
    else if (description->departs)
        shares->departing++;
    else
        shares->predicted++;
    shares->parameters += description->parameters;
}

/* An encoder that is not known departs from every model so often that its symbols, which are
 * patched as they are, take less than the departures. */
enum { TOKENS_FROM = 8 };

static void spell_tokens(struct wh_apart *apart)
{
    struct wh_recipe *recipe = &apart->recipe;

    for (uint32_t i = 0; i < recipe->new_count; i++) {
        recipe->new_streams[i].coder = WH_CODER_TOKENS;
        recipe->new_streams[i].parameters.length = 0;
    }
    apart->shares = (struct wh_apart_shares){.tokens = recipe->new_count};
}

/* Streams that nobody can make again stay among the outer bytes. */
static wh_status describe_streams(const struct pair *pair, const struct wh_apart_means *means,
    struct wh_apart *apart, struct wh_error *err)
{
    struct wh_recipe *recipe = &apart->recipe;
    const struct wh_describer describer = {
        pair->listing.packing, pair->content->bytes, means->habits, means->unproved};
    uint64_t packed = 0;
    size_t end = 0;

    for (uint32_t i = 0; i < pair->changed.made_count; i++) {
        const struct wh_inner *inner = &pair->listing.streams[pair->changed.made[i].number];
        struct wh_description description;
        wh_status status = wh_describe(&describer, inner, &apart->parameters, &description, err);
        if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT || status == WH_MALFORMED)
            continue;
        WH_TRY(status);
        count_shares(&description, &apart->shares);
        recipe->cpu_ms += description.cpu_ms;
        recipe->new_streams[recipe->new_count++] = (struct wh_new_stream){
            .before = inner->start - end,
            .coder = description.coder,
            .parameters.length = description.parameters,
        };
        end = inner->start + inner->packed_length;
        packed += inner->packed_length;
    }
    if (recipe->new_count == 0)
        return err->status; /* of the last one */
    if (apart->shares.liblzma == 0 && apart->shares.parameters > packed / TOKENS_FROM)
        spell_tokens(apart);
    const uint8_t *at = apart->parameters.data; /* which stays where it is from here on */
    for (uint32_t i = 0; i < recipe->new_count; i++) {
        recipe->new_streams[i].parameters.data = at;
        at += recipe->new_streams[i].parameters.length;
    }
    apart->shares.kept = pair->listing.count - pair->changed.made_count;
    return WH_OK;
}

static void list_old_streams(const struct pair *pair, struct wh_recipe *recipe)
{
    size_t end = 0;

    for (uint32_t i = 0; i < pair->changed.unpacked_count; i++) {
        const struct wh_inner *inner = &pair->old_listing.streams[pair->changed.unpacked[i]];
        recipe->old_streams[i] = (struct wh_old_stream){
            .before = inner->start - end, .coder = recipe->new_streams[0].coder};
        end = inner->start + inner->packed_length;
    }
    recipe->old_count = pair->changed.unpacked_count;
}

static wh_status make_recipe(const struct pair *pair, const struct wh_apart_means *means,
    struct wh_apart *apart, struct wh_error *err)
{
    struct wh_recipe *recipe = &apart->recipe;

    recipe->packing = pair->listing.packing;
    recipe->new_streams = wh_array(
        pair->changed.made_count, sizeof *recipe->new_streams, SIZE_MAX, err);
    recipe->old_streams = wh_array(
        pair->changed.unpacked_count, sizeof *recipe->old_streams, SIZE_MAX, err);
    if (!recipe->new_streams || !recipe->old_streams)
        return wh_no_memory(err);
    WH_TRY(describe_streams(pair, means, apart, err));
    list_old_streams(pair, recipe);
    return WH_OK;
}

/* ---- plain forms --------------------------------------------------------------------------- */

static wh_status unpack(const struct wh_recipe *recipe, const struct wh_whole *whole,
    uint64_t margin, struct wh_unpacked *out_unpacked, struct wh_error *err)
{
    wh_autofree uint8_t *copy = wh_array(whole->bytes.length, 1, SIZE_MAX, err);
    const struct wh_container container = {copy, whole->bytes.length, whole->build_id};

    if (!copy)
        return wh_no_memory(err);
    if (whole->bytes.length > 0)
        memcpy(copy, whole->bytes.data, whole->bytes.length);
    return wh_unpack(recipe, &container, whole->bytes.length + margin, out_unpacked, err);
}

/* The new content is taken apart as if it were the older one. */
static wh_status unpack_content(const struct pair *pair, const struct wh_apart_means *means,
    struct wh_apart *apart, struct wh_error *err)
{
    const struct wh_recipe *recipe = &apart->recipe;
    wh_autofree struct wh_old_stream *streams = wh_array(
        recipe->new_count, sizeof *streams, SIZE_MAX, err);

    if (!streams)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < recipe->new_count; i++)
        streams[i] = (struct wh_old_stream){
            recipe->new_streams[i].before, recipe->new_streams[i].coder};
    const struct wh_recipe mirrored = {
        .packing = recipe->packing, .old_streams = streams, .old_count = recipe->new_count};
    return unpack(&mirrored, pair->content, means->margin, &apart->content, err);
}

static void set_growth(struct wh_apart *apart)
{
    struct wh_recipe *recipe = &apart->recipe;
    const uint64_t *lengths = apart->content.lengths;
    const uint64_t *old = apart->base.lengths;

    for (uint32_t i = 0; i < recipe->new_count; i++)
        recipe->new_streams[i].growth = (int64_t)(lengths[i] -
                                                  (i < recipe->old_count ? old[i] : 0));
    recipe->outer_growth = (int64_t)(lengths[recipe->new_count] - old[recipe->old_count]);
}

void wh_apart_drop_base(struct wh_apart *apart)
{
    struct wh_recipe *recipe = &apart->recipe;

    for (uint32_t i = 0; i < recipe->new_count; i++)
        recipe->new_streams[i].growth = (int64_t)apart->content.lengths[i];
    recipe->outer_growth = (int64_t)apart->content.lengths[recipe->new_count];
    recipe->old_count = 0;
}

static struct wh_bytes keep_id(struct wh_bytes id, uint8_t bytes[WH_BUILD_ID_MAX])
{
    if (id.length > 0)
        memcpy(bytes, id.data, id.length);
    return (struct wh_bytes){bytes, id.length};
}

static wh_status take_apart(const struct pair *pair, const struct wh_apart_means *means,
    struct wh_apart *apart, struct wh_error *err)
{
    WH_TRY(make_recipe(pair, means, apart, err));
    WH_TRY(unpack_content(pair, means, apart, err));
    WH_TRY(unpack(&apart->recipe, pair->base, means->margin, &apart->base, err));
    set_growth(apart);
    apart->ids.base = keep_id(pair->base->build_id, apart->ids.bytes[0]);
    apart->ids.content = keep_id(pair->content->build_id, apart->ids.bytes[1]);
    return WH_OK;
}

wh_status wh_apart_new(const struct wh_whole *base, const struct wh_whole *content,
    const struct wh_apart_means *means, struct wh_apart **out_apart, struct wh_error *err)
{
    wh_cleanup(clear_pair) struct pair pair = {.base = base, .content = content};
    wh_cleanup(free_apart) struct wh_apart *apart = NULL;

    WH_TRY(list(&pair, means, err));
    apart = calloc(1, sizeof *apart);
    if (!apart)
        return wh_no_memory(err);
    apart->parameters.ceiling = WH_TABLE_MAX;
    wh_status status = take_apart(&pair, means, apart, err);
    if (status == WH_MALFORMED) /* no such streams, whatever the container says */
        status = WH_UNSUPPORTED;
    WH_TRY(status);
    *out_apart = wh_take(apart);
    return WH_OK;
}
