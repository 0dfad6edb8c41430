/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain.h - a member of a group in the form in which it is coded: as it is, or, with a recipe,
 * taken apart and put together again. */
#ifndef WHITTLE_ASSEMBLE_PLAIN_H
#define WHITTLE_ASSEMBLE_PLAIN_H

#include "assemble/assembly.h"

/* How many plain bytes a group may still take, of those that its table announces. */
struct wh_plain_room {
    uint64_t bases;
    uint64_t contents;
};

/* As a package's header tells it; 0 bytes where it does not, or where it is not needed. */
struct wh_build_id {
    uint8_t bytes[WH_BUILD_ID_MAX];
    uint32_t length;
};

struct wh_plain {
    const struct wh_entry *entry;
    struct wh_bytes base; /* as it is coded; slices of the bytes given or of old */
    size_t length;        /* of the content, as it is coded */
    struct wh_unpacked old;
    uint64_t *lengths; /* of the content's streams and its outer bytes */
    struct wh_build_id old_id;
    struct wh_build_id new_id;
};

/* base: proved, of that entry; overwritten where there is a recipe. What the member takes is taken
 * from room. Free with wh_plain_clear(). */
WH_MUST_CHECK wh_status wh_plain_open(const struct wh_assembly *assembly,
    const struct wh_entry *entry, uint8_t *base, size_t base_length, struct wh_plain_room *room,
    struct wh_plain *out_plain, struct wh_error *err);
void wh_plain_clear(struct wh_plain *plain);

/* Makes the content, as it is coded, from the next piece of each stream of a codec that goes member
 * by member. out: plain->length bytes. */
WH_MUST_CHECK wh_status wh_plain_decode(const struct wh_plain *plain,
    struct wh_reader streams[WH_STREAMS], uint8_t *out, struct wh_error *err);

/* The content itself. coded: plain->length bytes; out: as many as the new header says. */
WH_MUST_CHECK wh_status wh_plain_pack(const struct wh_plain *plain, const uint8_t *coded,
    uint8_t *out, size_t length, struct wh_error *err);

#endif
