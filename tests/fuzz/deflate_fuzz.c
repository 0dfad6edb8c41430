/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_fuzz.c - streams of RFC 1951. The first byte says what the rest is: a stream, parameters
 * for a fixed content, or tokens. For a stream two more bytes choose a model. */
#include "fuzz.h"

#include "made_deflate.h"
#include "packed/coders.h"
#include "whittle/cleanup.h"
#include "whittle/deflate.h"

enum { ROOM = 1 << 16, TEXT = MADE_DEFLATE_TEXT };

static const struct wh_bytes no_parameters;

/* The stream comes back from its symbols. */
static void check_tokens(struct wh_bytes stream)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = 8 * ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 8 * ROOM};
    size_t length;

    promise(wh_tokens_unpack(stream, &tokens, &length, NULL) == WH_OK);
    promise(length == stream.length);
    promise(wh_tokens_pack(wh_buffer_bytes(&tokens), no_parameters, &made, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&made), stream));
}

/* It comes back from what it holds, whatever the model. */
static void check_model(
    const struct wh_deflate_parts *parts, const struct wh_deflate_model *model, size_t symbols_max)
{
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 8 * ROOM};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_deflate_trace_new(parts, model, symbols_max, &trace, &err), &err))
        return;
    struct wh_bytes plain = wh_buffer_bytes(&parts->plain);
    wh_status status = wh_deflate_pack(plain, wh_buffer_bytes(&trace.parameters), &made, &err);
    if (symbols_max == SIZE_MAX) {
        promise(status == WH_OK);
        promise(fuzz_same(wh_buffer_bytes(&made), parts->packed));
    }
}

static void check_parts(const struct wh_deflate_parts *parts)
{
    size_t tokens = 0;
    size_t length = 0;

    for (size_t i = 0; i < parts->block_count; i++) {
        tokens += parts->blocks[i].token_count;
        length += parts->blocks[i].plain_length;
        promise(parts->blocks[i].is_final == (i + 1 == parts->block_count));
    }
    promise(tokens == parts->token_count);
    promise(length == parts->plain.length);
}

static void check_stream(struct wh_bytes input)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = ROOM};
    struct wh_deflate_model model = {fuzz_take(&input), fuzz_take(&input)};
    struct wh_error err = {0};
    size_t length;

    wh_status status = wh_deflate_parse(input, ROOM, &parts, &err);
    promise(wh_deflate_unpack(input, &plain, &length, NULL) == status);
    if (!fuzz_ok(status, &err))
        return;
    promise(length == parts.packed.length && length <= input.length);
    promise(fuzz_same(wh_buffer_bytes(&plain), wh_buffer_bytes(&parts.plain)));
    check_parts(&parts);
    check_tokens(parts.packed);
    check_model(&parts, &model, SIZE_MAX);
    check_model(&parts, &model, 3);
    model.blocks = wh_deflate_blocks_guess(&parts);
    check_model(&parts, &model, SIZE_MAX);
    fuzz_accept();
}

/* What is made from hostile parameters is a stream that holds the content. */
static void check_parameters(struct wh_bytes parameters)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = TEXT};
    uint8_t text[TEXT];
    struct wh_error err = {0};
    size_t length;

    made_prose(text, sizeof text);
    if (!fuzz_ok(
            wh_deflate_pack((struct wh_bytes){text, sizeof text}, parameters, &made, &err), &err))
        return;
    promise(wh_deflate_unpack(wh_buffer_bytes(&made), &plain, &length, NULL) == WH_OK);
    promise(length == made.length);
    promise(fuzz_same(wh_buffer_bytes(&plain), (struct wh_bytes){text, sizeof text}));
    check_tokens(wh_buffer_bytes(&made));
    fuzz_accept();
}

static void check_spelled(struct wh_bytes tokens)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_tokens_pack(tokens, no_parameters, &made, &err), &err))
        return;
    check_tokens(wh_buffer_bytes(&made));
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};

    switch (fuzz_take(&input) % 3) {
    case 0:
        check_stream(input);
        break;
    case 1:
        check_parameters(input);
        break;
    default:
        check_spelled(input);
        break;
    }
    return 0;
}
