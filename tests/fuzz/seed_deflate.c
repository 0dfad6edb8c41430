/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_deflate.c - deflate streams of several encoders, their parameters and their tokens. */
#include "seeds.h"

#include <stdio.h>

#include "made_deflate.h"
#include "packed/coders.h"
#include "whittle/cleanup.h"
#include "whittle/deflate.h"

enum { CEILING = 1 << 16 };

static void seed_parameters(
    const char *name, const struct wh_deflate_parts *parts, const struct wh_deflate_model *model)
{
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    struct wh_error err;

    seed_must(wh_deflate_trace_new(parts, model, SIZE_MAX, &trace, &err), &err);
    seed_chosen("deflate", name, CHOICES(1), wh_buffer_bytes(&trace.parameters));
}

static void seed_stream(const char *name, struct wh_bytes packed)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = CEILING};
    struct wh_error err;
    size_t length;
    char variant[80];

    seed_must(wh_deflate_parse(packed, CEILING, &parts, &err), &err);
    seed_must(wh_tokens_unpack(packed, &tokens, &length, &err), &err);
    (void)snprintf(variant, sizeof variant, "%s-stream", name);
    seed_chosen("deflate", variant, CHOICES(0, 6, 8), packed);
    (void)snprintf(variant, sizeof variant, "%s-parameters", name);
    seed_parameters(variant, &parts, &(struct wh_deflate_model){9, 10});
    (void)snprintf(variant, sizeof variant, "%s-tokens", name);
    seed_chosen("deflate", variant, CHOICES(2), wh_buffer_bytes(&tokens));
}

void seed_deflate(void)
{
    static const char *const names[MADE_DEFLATES] = {"stored", "fixed", "huffman", "sync",
        "partial", "zopfli", "libdeflate", "seven-zip", "pigz"};

    for (size_t i = 0; i < MADE_DEFLATES; i++)
        seed_stream(names[i], made_deflates[i].packed);
    seed_chosen("deflate", "usual", CHOICES(1), CHOICES(6, 8));
    seed_chosen("deflate", "empty", CHOICES(0, 9, 10), CHOICES(3, 0));
}
