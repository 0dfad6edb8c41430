/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member.h - one content on its way into a group: its base, its residue, and which codec suits it
 * when it stands alone. */
#ifndef WHITTLE_REPO_MEMBER_H
#define WHITTLE_REPO_MEMBER_H

#include "diff/residue.h"
#include "differences.h"
#include "effort.h"
#include "package_file.h"
#include "packed/apart.h"

/* Files up to here without structure of their own may gain from company: old contents of all are
 * the reference of all. */
#define WH_SMALL_FILE (512u << 10)

enum wh_member_way {
    WH_WAY_TEXT,     /* small: may share a frame with others */
    WH_WAY_PATCH,    /* its residue goes into a group of residues */
    WH_WAY_PREFIXED, /* a frame of its own, with its base as prefix */
    WH_WAY_WHOLE,    /* a frame of its own */
};

/* Bytes that a content would take by itself, each way; of a long content roughly, a third too
 * much at most. Small files are compared in sets, which have numbers from 1 on: bytes that the
 * whole set would take. */
struct wh_costs {
    uint64_t patch;
    uint64_t prefixed;
    uint64_t whole;
    uint32_t set; /* 0 for none */
    uint64_t set_frame;
    uint64_t set_patch;
};

/* Not tried, or given up because no bundle may be so long. */
#define WH_NO_COST UINT64_MAX
#define WH_COSTS_NONE                                                                              \
    {                                                                                              \
        WH_NO_COST, WH_NO_COST, WH_NO_COST, 0, WH_NO_COST, WH_NO_COST                              \
    }

struct wh_member {
    struct wh_entry entry;
    enum wh_file_class class;
    /* As they are coded: slices of the packages' payloads, or of the plain forms. */
    struct wh_bytes base; /* empty for none */
    struct wh_bytes content;
    struct wh_apart *apart; /* of a content that is made in its plain form; else NULL */
    enum wh_effort effort;
    uint32_t threads; /* for its residue; 0 or 1: the caller's alone */
    uint64_t stored_max;
    enum wh_member_way way;
    /* Its frame is smaller than its residue, or may be, but not by so much that company could not
     * change that: the group decides. */
    bool contested;
    bool rough;                /* its costs are; the frame is made when it is settled for */
    struct wh_residue residue; /* for WH_WAY_PATCH */
    struct wh_buffer frame;    /* for WH_WAY_PREFIXED and WH_WAY_WHOLE */
    struct wh_costs costs;
};

/* Finds base and content. origin may be NULL where the entry has no base. WH_UNSUPPORTED,
 * WH_OVER_LIMIT: not for a bundle. Free with wh_member_clear(). */
WH_MUST_CHECK wh_status wh_member_init(const struct wh_entry *entry,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    struct wh_member *out_member, struct wh_error *err);
/* The same for contents that are in no package. */
void wh_member_init_alone(
    struct wh_bytes base, struct wh_bytes content, struct wh_member *out_member);
/* Frees what it holds of its own; what was decided and what it cost stays. */
void wh_member_clear(struct wh_member *member);

/* Takes base and content apart if they are compressed themselves; packages as for
 * wh_member_init(). WH_UNSUPPORTED: they are not, or opaque; the member is as it was. */
WH_MUST_CHECK wh_status wh_member_take_apart(struct wh_member *member,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_apart_means *means, struct wh_error *err);
/* Plain forms that only the residue was made from are not needed when it is there: lengths stay. */
void wh_member_forget(struct wh_member *member);

/* Decides the way and does the work for it. WH_OVER_LIMIT: each way takes more than stored_max. */
WH_MUST_CHECK wh_status wh_member_choose(struct wh_member *member, struct wh_error *err);

/* Makes the frames that may be the smallest, with the base as prefix and without, and gives the
 * member the way of the smaller one; neither where no bundle may be so long. */
WH_MUST_CHECK wh_status wh_member_try_frames(struct wh_member *member, struct wh_error *err);
/* Bytes of the frame that the member would get; WH_NO_COST where its way is none. */
uint64_t wh_member_frame_cost(const struct wh_member *member);

/* Makes the frame of a member whose way is one, where it is not made yet. WH_OVER_LIMIT: it takes
 * more than stored_max. */
WH_MUST_CHECK wh_status wh_member_make_frame(struct wh_member *member, struct wh_error *err);

/* Settles a contested member: for its residue, or for its frame, which has to be made. */
void wh_member_settle(struct wh_member *member, bool for_residue);

/* Makes the residue of a member that was small, for a comparison with its text group. */
WH_MUST_CHECK wh_status wh_member_diff(struct wh_member *member, struct wh_error *err);

#endif
