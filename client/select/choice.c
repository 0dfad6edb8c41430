/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice.c - see choice.h. */
#include "select/choice.h"

/* Above these nothing depends on how much; below them no product overflows. */
#define SIZE_MAX_WEIGHED (1ull << 40)
#define RATE_MAX_WEIGHED (1ull << 30)
#define PROCESSORS_MAX_WEIGHED (1ull << 10)

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The time that an offer takes, download and re-encoding, in a unit that needs no division:
 * milliseconds times the rate times the processors. Exact, so that equal times are. */
static uint64_t time_of(const struct wh_terms *terms, const struct wh_offer *offer)
{
    uint64_t rate = smaller(terms->rate ? terms->rate : WH_ASSUMED_RATE, RATE_MAX_WEIGHED);
    uint64_t processors = smaller(terms->processors, PROCESSORS_MAX_WEIGHED);
    uint64_t cpu_ms = terms->mode == WH_REENCODE_ALWAYS ? 0 : offer->cpu_ms;

    return smaller(offer->size, SIZE_MAX_WEIGHED) * 1000 * processors + cpu_ms * rate;
}

static bool is_better(
    const struct wh_terms *terms, const struct wh_offer *a, const struct wh_offer *b)
{
    uint64_t time_a = time_of(terms, a);
    uint64_t time_b = time_of(terms, b);

    return time_a < time_b || (time_a == time_b && a->cpu_ms < b->cpu_ms);
}

enum wh_choice wh_choose(const struct wh_terms *terms, bool proved, const struct wh_offer *offers,
    uint32_t count, uint32_t *out_number)
{
    const struct wh_offer whole = {terms->whole_size, 0};
    const struct wh_offer *best = NULL;
    bool may_reencode = proved && terms->mode != WH_REENCODE_NEVER;

    for (uint32_t i = 0; i < count; i++)
        if ((offers[i].cpu_ms == 0 || may_reencode) &&
            (!best || is_better(terms, &offers[i], best)))
            best = &offers[i];
    if (!best && count > 0)
        return proved ? WH_CHOICE_SWITCHED : WH_CHOICE_UNPROVED;
    if (!best)
        return WH_CHOICE_NONE;
    if (terms->mode == WH_REENCODE_AUTO && best->cpu_ms > 0 && is_better(terms, &whole, best))
        return WH_CHOICE_TOO_SLOW;
    *out_number = (uint32_t)(best - offers);
    return WH_CHOICE_TAKEN;
}
