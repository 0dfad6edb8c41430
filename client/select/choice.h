/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice.h - whether the bytes that a bundle saves are worth the CPU time of re-encoding contents,
 * which some bundles need. */
#ifndef WHITTLE_CHOICE_H
#define WHITTLE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes a second that a link is taken to have before a download was measured: 20 Mbit/s, slower
 * than what most hosts have, so that a wrong guess costs CPU seconds rather than a user's volume.
 */
#define WH_ASSUMED_RATE 2500000u

enum wh_reencode {
    WH_REENCODE_AUTO,   /* where it takes less time than the bytes it saves */
    WH_REENCODE_NEVER,  /* costs no CPU time */
    WH_REENCODE_ALWAYS, /* the fewest bytes */
};

/* What the choice goes by. */
struct wh_terms {
    enum wh_reencode mode;
    uint32_t processors; /* that share the work; > 0 */
    uint64_t rate;       /* of the link, bytes a second; 0: not known */
    uint64_t whole_size; /* bytes of the whole package */
};

/* One bundle that leads to the package. */
struct wh_offer {
    uint64_t size;   /* bytes */
    uint32_t cpu_ms; /* CPU-milliseconds of re-encoding; 0: none */
};

enum wh_choice {
    WH_CHOICE_NONE,     /* there is no offer */
    WH_CHOICE_TAKEN,    /* an offer */
    WH_CHOICE_SWITCHED, /* all need re-encoding, and the mode is never */
    WH_CHOICE_UNPROVED, /* all need re-encoding, and it does not give what was published here */
    WH_CHOICE_TOO_SLOW, /* the best needs re-encoding, and the whole package is here sooner */
};

/* The offer that brings the package soonest, or with the fewest bytes, as the mode says; of equal
 * ones the first that re-encodes least. proved: is re-encoding known to give what was published?
 * out_number is written for WH_CHOICE_TAKEN only. */
enum wh_choice wh_choose(const struct wh_terms *terms, bool proved, const struct wh_offer *offers,
    uint32_t count, uint32_t *out_number);

#endif
