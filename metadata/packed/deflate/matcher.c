/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher.c - see packed/deflate/matcher.h. */
#include "packed/deflate/matcher.h"

#include <stdlib.h>

#include "packed/deflate/chains.h"
#include "whittle/cleanup.h"

/* Further away three bytes cost more as a match than as literals. */
enum { FAR = 4096 };

struct wh_matcher {
    const struct wh_matcher_settings *settings;
    struct wh_chains chains; /* of greedy and lazy rows */
    size_t at;
    bool is_predicted; /* for this place */
    struct wh_token predicted;
    bool is_here_known; /* lazy: the encoder looked ahead to this place */
    struct wh_match here;
    bool is_ahead_known; /* lazy: the same for the next byte */
    struct wh_match ahead;
};

static void free_matcher(struct wh_matcher **matcher)
{
    wh_matcher_free(*matcher);
}

wh_status wh_matcher_new(const struct wh_matcher_settings *settings, struct wh_bytes plain,
    struct wh_matcher **out_matcher, struct wh_error *err)
{
    wh_cleanup(free_matcher) struct wh_matcher *matcher = calloc(1, sizeof *matcher);

    if (!matcher)
        return wh_no_memory(err);
    matcher->settings = settings;
    matcher->chains.plain = plain;
    if (settings->hash_bits > 0)
        WH_TRY(wh_chains_init(&matcher->chains, plain, settings->hash_bits, err));
    if (settings->is_buffered)
        WH_TRY(wh_chains_buffer(&matcher->chains, err));
    *out_matcher = wh_take(matcher);
    return WH_OK;
}

void wh_matcher_free(struct wh_matcher *matcher)
{
    if (matcher)
        wh_chains_clear(&matcher->chains);
    free(matcher);
}

size_t wh_matcher_at(const struct wh_matcher *matcher)
{
    return matcher->at;
}

static struct wh_token match_token(struct wh_match match)
{
    return (struct wh_token){(uint16_t)match.length, (uint16_t)match.distance};
}

static struct wh_token literal_token(const struct wh_matcher *matcher)
{
    return (struct wh_token){1, matcher->chains.plain.data[matcher->at]};
}

static struct wh_token predict_run(const struct wh_matcher *matcher)
{
    const uint8_t *here = matcher->chains.plain.data + matcher->at;
    size_t left = matcher->chains.plain.length - matcher->at;
    uint16_t length = 0;

    if (matcher->at > 0)
        while (length < left && length < WH_DEFLATE_MATCH_MAX && here[length] == here[-1])
            length++;
    if (length < WH_DEFLATE_MATCH_MIN)
        return literal_token(matcher);
    return (struct wh_token){length, 1};
}

static struct wh_token predict_greedy(struct wh_matcher *matcher)
{
    const struct wh_matcher_settings *row = matcher->settings;
    const struct wh_search search = {row->chain, row->nice};
    struct wh_match match = wh_chains_search(
        &matcher->chains, matcher->at, WH_DEFLATE_MATCH_MIN - 1, &search);

    return match.length < WH_DEFLATE_MATCH_MIN ? literal_token(matcher) : match_token(match);
}

/* Searches for more than a match of floor bytes at the place before. */
static struct wh_match search_lazily(struct wh_matcher *matcher, size_t at, uint32_t floor)
{
    const struct wh_matcher_settings *row = matcher->settings;
    const struct wh_search search = {floor >= row->good ? row->chain / 4u : row->chain, row->nice};
    struct wh_match match = wh_chains_search(&matcher->chains, at, floor, &search);

    if (match.length < row->shortest ||
        (match.length == WH_DEFLATE_MATCH_MIN && match.distance > FAR))
        match.length = 0;
    return match;
}

static struct wh_token predict_lazy(struct wh_matcher *matcher)
{
    const uint32_t none = WH_DEFLATE_MATCH_MIN - 1;

    if (!matcher->is_here_known)
        matcher->here = search_lazily(matcher, matcher->at, none);
    matcher->is_here_known = true;
    matcher->is_ahead_known = false;
    if (matcher->here.length < WH_DEFLATE_MATCH_MIN)
        return literal_token(matcher);
    wh_chains_stand(&matcher->chains, matcher->at + 1);
    if (matcher->here.length >= matcher->settings->lazy)
        return match_token(matcher->here);
    matcher->ahead = search_lazily(matcher, matcher->at + 1, matcher->here.length);
    matcher->is_ahead_known = matcher->ahead.length > matcher->here.length;
    return matcher->is_ahead_known ? literal_token(matcher) : match_token(matcher->here);
}

static struct wh_token predict(struct wh_matcher *matcher)
{
    switch (matcher->settings->style) {
    case WH_MATCHER_RUNS:
        return predict_run(matcher);
    case WH_MATCHER_GREEDY:
        return predict_greedy(matcher);
    case WH_MATCHER_LAZY:
        return predict_lazy(matcher);
    case WH_MATCHER_LITERALS:
        break;
    }
    return literal_token(matcher);
}

struct wh_token wh_matcher_predict(struct wh_matcher *matcher)
{
    if (!matcher->is_predicted) {
        wh_chains_stand(&matcher->chains, matcher->at);
        matcher->predicted = predict(matcher);
    }
    matcher->is_predicted = true;
    return matcher->predicted;
}

/* Chains what a token has covered, as far as the encoder would. */
static void chain_token(struct wh_matcher *matcher, struct wh_token token)
{
    const struct wh_matcher_settings *row = matcher->settings;

    if (row->style == WH_MATCHER_LAZY || token.length <= row->lazy)
        wh_chains_add(&matcher->chains, matcher->at);
    else
        wh_chains_skip(&matcher->chains, matcher->at);
}

void wh_matcher_take(struct wh_matcher *matcher, struct wh_token token)
{
    /* An encoder that departs has searched here all the same, and its next search is a fresh one,
     * unless the departure is no more than a match that was put off. */
    (void)wh_matcher_predict(matcher);
    matcher->is_here_known = token.length == 1 && matcher->is_ahead_known;
    matcher->here = matcher->ahead;
    matcher->is_ahead_known = false;
    matcher->is_predicted = false;
    matcher->at += token.length;
    if (matcher->settings->hash_bits > 0)
        chain_token(matcher, token);
}
