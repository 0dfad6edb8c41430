/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apart.h - a content that is compressed itself, and its base, in their plain forms; and the recipe
 * that leads back to the content. */
#ifndef WHITTLE_REPO_PACKED_APART_H
#define WHITTLE_REPO_PACKED_APART_H

#include "packed/habits.h"
#include "whittle/header.h"
#include "whittle/packed.h"

/* How many streams of a content came out how, and what they took. For people. */
struct wh_apart_shares {
    uint32_t kept;      /* streams that the older content had: copied as they are */
    uint32_t predicted; /* made again from the parameters of an encoder alone */
    uint32_t departing; /* the same, with departures stored */
    uint32_t tokens;    /* made again from their symbols */
    uint32_t liblzma;
    uint64_t parameters; /* bytes of them in the recipe */
};

/* The build-ids that were given, which the plain forms of MiniDebugInfo are less by. */
struct wh_apart_ids {
    uint8_t bytes[2][WH_BUILD_ID_MAX];
    struct wh_bytes base;
    struct wh_bytes content;
};

struct wh_apart {
    struct wh_recipe recipe;
    struct wh_buffer parameters; /* that the recipe's streams point to */
    struct wh_unpacked base;
    struct wh_unpacked content;
    struct wh_apart_ids ids;
    struct wh_apart_shares shares;
};

/* One of the pair: whole, with the build-id that its package's header tells of it, if any. */
struct wh_whole {
    struct wh_bytes bytes; /* empty for no base */
    struct wh_bytes build_id;
};

struct wh_apart_means {
    struct wh_habits *habits;
    bool without_liblzma; /* nothing that costs a client an encoder of LZMA */
    bool unproved;        /* somebody else proves that streams come out */
    uint64_t margin;      /* the most bytes that a plain form has more than its whole */
};

/* Takes both apart and finds how the content's streams were made, which is proved stream by stream.
 * err is needed. WH_UNSUPPORTED: the content is not compressed, or is opaque; err says why. Free
 * with wh_apart_free(). */
WH_MUST_CHECK wh_status wh_apart_new(const struct wh_whole *base, const struct wh_whole *content,
    const struct wh_apart_means *means, struct wh_apart **out_apart, struct wh_error *err);
void wh_apart_free(struct wh_apart *apart);

/* The plain forms are not needed any more; the recipe is. */
void wh_apart_forget(struct wh_apart *apart);
/* The content will be made without its base. */
void wh_apart_drop_base(struct wh_apart *apart);

/* Can the inner part be told from the outer one (whittle/debugdata.h)? */
bool wh_apart_is_debugdata(const struct wh_apart *apart);

#endif
