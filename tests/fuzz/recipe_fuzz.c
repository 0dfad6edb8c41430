/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recipe_fuzz.c - a recipe, over an older content and a plain form that are hostile too. The input
 * is a length of two bytes and a recipe, the same of an older content, the bytes of a build-id with
 * their number before them, and the plain form, which is made as long as the recipe says. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { PLAIN_MAX = 1 << 18 };

static struct wh_bytes take(struct wh_bytes *input, size_t length)
{
    struct wh_bytes taken = {input->data, length < input->length ? length : input->length};

    *input = (struct wh_bytes){input->data + taken.length, input->length - taken.length};
    return taken;
}

static struct wh_bytes take_long(struct wh_bytes *input)
{
    size_t length = fuzz_take(input);

    length |= (size_t)fuzz_take(input) << 8;
    return take(input, length);
}

/* In memory of exactly that size. */
static uint8_t *copy_of(struct wh_bytes bytes)
{
    uint8_t *copy = malloc(bytes.length + !bytes.length);

    if (!copy)
        abort();
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return copy;
}

static void clear_recipe(struct wh_recipe *recipe)
{
    wh_recipe_clear(recipe);
}

static void clear_unpacked(struct wh_unpacked *unpacked)
{
    wh_unpacked_clear(unpacked);
}

/* One meaning, one spelling. */
static bool read_recipe(struct wh_bytes bytes, struct wh_recipe *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer written = {.ceiling = WH_TABLE_MAX};
    struct wh_reader reader = wh_reader_over(bytes);
    struct wh_error err = {0};

    if (!fuzz_ok(wh_recipe_read(&reader, out, &err), &err))
        return false;
    promise(!reader.failed);
    promise(out->packing != WH_PACKING_NONE && out->packing <= WH_PACKING_DEBUGDATA);
    promise(out->old_count <= WH_PACKED_STREAMS_MAX);
    promise(out->new_count > 0 && out->new_count <= WH_PACKED_STREAMS_MAX);
    for (uint32_t i = 0; i < out->new_count; i++)
        promise(fuzz_inside(out->new_streams[i].parameters, bytes));
    wh_recipe_write(out, &written);
    promise(fuzz_same(wh_buffer_bytes(&written),
        (struct wh_bytes){bytes.data, (size_t)(reader.at - bytes.data)}));
    return true;
}

static wh_status unpack(const struct wh_recipe *recipe, struct wh_bytes old,
    struct wh_bytes build_id, struct wh_unpacked *out, struct wh_error *err)
{
    wh_autofree uint8_t *copy = copy_of(old);
    const struct wh_container container = {copy, old.length, build_id};
    uint64_t sum = 0;

    WH_TRY(wh_unpack(recipe, &container, PLAIN_MAX, out, err));
    for (uint32_t i = 0; i <= recipe->old_count; i++) {
        promise(out->lengths[i] <= PLAIN_MAX);
        sum += out->lengths[i];
    }
    promise(sum == out->plain.length && sum <= PLAIN_MAX);
    return WH_OK;
}

/* How long the content gets that all of this makes; false where a stream cannot be made. */
static bool measure(const struct wh_recipe *recipe, struct wh_bytes plain, const uint64_t *lengths,
    size_t *out_length)
{
    size_t length = (size_t)lengths[recipe->new_count];

    for (uint32_t i = 0; i < recipe->new_count; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = 2 * PLAIN_MAX};
        const struct wh_new_stream *stream = &recipe->new_streams[i];
        const struct wh_coder *coder = wh_coder_find(stream->coder);
        struct wh_bytes held = take(&plain, (size_t)lengths[i]);
        struct wh_error err = {0};
        if (!coder || !fuzz_ok(coder->pack(held, stream->parameters, &packed, &err), &err))
            return false;
        length += packed.length;
    }
    *out_length = length;
    return true;
}

/* What was put together comes apart into what it was made of. Symbols may have had another
 * spelling. */
static void check_apart(const struct wh_recipe *recipe, struct wh_bytes content,
    struct wh_bytes build_id, struct wh_bytes plain, const uint64_t *lengths)
{
    wh_autofree struct wh_old_stream *streams = calloc(recipe->new_count, sizeof *streams);
    wh_autofree uint8_t *copy = copy_of(content);
    const struct wh_container container = {copy, content.length, build_id};
    wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};

    if (!streams)
        abort();
    bool has_xz = false;
    for (uint32_t i = 0; i < recipe->new_count; i++) {
        streams[i] = (struct wh_old_stream){
            recipe->new_streams[i].before, recipe->new_streams[i].coder};
        has_xz |= streams[i].coder == WH_CODER_XZ;
        if (streams[i].coder == WH_CODER_TOKENS)
            return;
    }
    const struct wh_recipe mirrored = {
        .packing = recipe->packing, .old_streams = streams, .old_count = recipe->new_count};
    struct wh_error err = {0};
    wh_status status = wh_unpack(&mirrored, &container, PLAIN_MAX, &unpacked, &err);
    if (!fuzz_ok(status, &err)) { /* the decoder of .xz has less memory than headers may ask for */
        promise(status == WH_OVER_LIMIT && has_xz);
        return;
    }
    promise(memcmp(unpacked.lengths, lengths, (recipe->new_count + 1) * sizeof *lengths) == 0);
    promise(fuzz_same(wh_buffer_bytes(&unpacked.plain), plain));
}

static void check_together(const struct wh_recipe *recipe, struct wh_bytes plain,
    const uint64_t *lengths, struct wh_bytes build_id)
{
    struct wh_error err = {0};
    uint64_t outer = lengths[recipe->new_count];
    size_t length;

    for (uint32_t i = 0; i < recipe->new_count; i++) {
        if (recipe->new_streams[i].before > outer)
            return;
        outer -= recipe->new_streams[i].before;
    }
    if (!measure(recipe, plain, lengths, &length))
        return;
    for (size_t made = length > 0 ? length - 1 : 1; made <= length + 1; made++) {
        wh_autofree uint8_t *bytes = malloc(made + !made);
        const struct wh_container fresh = {bytes, made, build_id};
        if (!bytes)
            abort();
        memset(bytes, 0xa5, made);
        wh_status status = wh_pack(recipe, plain, lengths, &fresh, &err);
        promise(fuzz_ok(status, &err) == (made == length));
        promise(status == WH_OK || status == WH_MALFORMED);
        if (status == WH_OK)
            check_apart(recipe, (struct wh_bytes){bytes, made}, build_id, plain, lengths);
    }
    fuzz_accept();
}

/* Into a content of any length. */
static void try_together(const struct wh_recipe *recipe, struct wh_bytes plain,
    const uint64_t *lengths, size_t length, struct wh_bytes build_id)
{
    wh_autofree uint8_t *bytes = malloc(length);
    const struct wh_container fresh = {bytes, length, build_id};
    struct wh_error err = {0};

    if (!bytes)
        abort();
    (void)fuzz_ok(wh_pack(recipe, plain, lengths, &fresh, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    struct wh_bytes spelled = take_long(&input);
    struct wh_bytes old = take_long(&input);
    struct wh_bytes build_id = take(&input, fuzz_take(&input) % (WH_BUILD_ID_MAX + 1));
    wh_cleanup(clear_recipe) struct wh_recipe recipe = {0};
    wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};
    struct wh_error err = {0};
    uint64_t total;

    if (!read_recipe(spelled, &recipe) ||
        !fuzz_ok(unpack(&recipe, old, build_id, &unpacked, &err), &err))
        return 0;
    wh_autofree uint64_t *lengths = calloc(recipe.new_count + 1, sizeof *lengths);
    if (!lengths)
        abort();
    if (!fuzz_ok(wh_recipe_lengths(&recipe, &unpacked, PLAIN_MAX, lengths, &total, &err), &err))
        return 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i <= recipe.new_count; i++)
        sum += lengths[i];
    promise(sum == total && total <= PLAIN_MAX);
    wh_autofree uint8_t *plain = calloc((size_t)total + !total, 1);
    if (!plain)
        abort();
    struct wh_bytes given = take(&input, (size_t)total);
    if (given.length > 0)
        memcpy(plain, given.data, given.length);
    struct wh_bytes form = {plain, (size_t)total};
    try_together(&recipe, form, lengths, old.length + 1, build_id);
    check_together(&recipe, form, lengths, build_id);
    return 0;
}
