/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_bad_patch.c - vectors of patches that are refused: streams of one member, 16 bytes over a
 * base of 32, in the second group of a step whose first one is right. */
#include <string.h>

#include "make.h"
#include "make_patch.h"
#include "whittle/cleanup.h"

enum { CEILING = 1 << 16, MEMBER = 16, FOR_EACH = 32 };

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define NONE BYTES("")
#define SIXTEEN "sixteen new byte"

/* What the good one says: method, one copy: no new bytes before it, eight bytes into the old
 * content, sixteen bytes; no difference for sixteen bytes. */
#define CONTROL "\0\1\0\20\17"
#define GAP "\20"

static void put(const char *name, const struct golden_pair *pair, const struct wh_buffer *first,
    const struct wh_buffer *second)
{
    const struct wh_buffer groups[] = {*first, *second};

    golden_put_patched(name, pair, groups, 2);
}

/* Each is right but for what its name says. */
static void put_contents(const struct golden_pair *pair, const struct wh_buffer *first)
{
    static const struct {
        const char *name;
        struct wh_bytes streams[WH_STREAMS];
    } rows[] = {
        {"bad-patch-method-unknown.wht", {BYTES("\2\0"), NONE, NONE, BYTES(SIXTEEN)}},
        {"bad-patch-method-padded.wht", {BYTES("\200\0\0"), NONE, NONE, BYTES(SIXTEEN)}},
        {"bad-patch-elf-over-text.wht", {BYTES("\1\0\0"), NONE, NONE, BYTES(SIXTEEN)}},
        {"bad-patch-control-missing.wht", {NONE, NONE, NONE, BYTES(SIXTEEN)}},
        {"bad-patch-control-cut-short.wht", {BYTES("\0\2\0\20\7\0\0"), BYTES(GAP), NONE, NONE}},
        {"bad-patch-more-copies-than-bytes.wht",
            {BYTES("\0\377\377\377\377\17\0\20\17"), BYTES(GAP), NONE, NONE}},
        {"bad-patch-copy-before-old.wht", {BYTES("\0\1\0\1\17"), BYTES(GAP), NONE, NONE}},
        {"bad-patch-copy-behind-old.wht",
            {BYTES("\0\1\0\100\0"), BYTES("\1"), NONE, BYTES("fifteen other b")}},
        {"bad-patch-copy-past-old.wht", {BYTES("\0\1\0\42\17"), BYTES(GAP), NONE, NONE}},
        {"bad-patch-copy-past-new.wht", {BYTES("\0\1\0\20\20"), BYTES("\21"), NONE, NONE}},
        {"bad-patch-copy-without-room.wht",
            {BYTES("\0\2\0\20\17\0\0\0"), BYTES("\21"), NONE, NONE}},
        {"bad-patch-gap-past-new.wht", {BYTES("\0\1\21\20\0"), BYTES("\1"), NONE, BYTES(SIXTEEN)}},
        {"bad-patch-corrections-missing.wht", {BYTES(CONTROL), NONE, NONE, NONE}},
        {"bad-patch-corrections-cut-short.wht", {BYTES(CONTROL), BYTES("\4\0"), BYTES("x"), NONE}},
        {"bad-patch-corrections-past-copies.wht",
            {BYTES(CONTROL), BYTES("\4\14"), BYTES("thirteen byte"), NONE}},
        {"bad-patch-correction-distance-past-copies.wht",
            {BYTES(CONTROL), BYTES("\21"), NONE, NONE}},
        {"bad-patch-values-missing.wht", {BYTES(CONTROL), BYTES("\4\3\10"), BYTES("xyz"), NONE}},
        {"bad-patch-extra-missing.wht", {BYTES("\0\1\2\20\15"), BYTES("\16"), NONE, BYTES("x")}},
        {"bad-patch-extra-missing-at-end.wht", {BYTES("\0\0"), NONE, NONE, BYTES("too short")}},
        {"bad-patch-control-left-over.wht", {BYTES(CONTROL "\0"), BYTES(GAP), NONE, NONE}},
        {"bad-patch-corrections-left-over.wht", {BYTES(CONTROL), BYTES(GAP "\0"), NONE, NONE}},
        {"bad-patch-values-left-over.wht", {BYTES(CONTROL), BYTES(GAP), BYTES("x"), NONE}},
        {"bad-patch-extra-left-over.wht", {BYTES(CONTROL), BYTES(GAP), NONE, BYTES("x")}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};
        golden_streams_write(rows[i].streams, &group);
        put(rows[i].name, pair, first, &group);
    }
}

/* The right streams' numbers begin with those of the control stream: its length, its stored
 * length. The empty ones' are the fifth to the eighth. */
static void put_numbers(const struct golden_pair *pair, const struct wh_buffer *first)
{
    static const struct wh_bytes streams[WH_STREAMS] = {BYTES(CONTROL), BYTES(GAP), NONE, NONE};
    static const struct {
        const char *name;
        size_t at;
        int change;
    } rows[] = {
        {"bad-patch-stream-length.wht", 0, 1},
        {"bad-patch-stream-stored-length.wht", 1, 1},
        {"bad-patch-streams-cut-short.wht", 3, 1},
        {"bad-patch-stream-without-frame.wht", 4, 1},
        {"bad-patch-empty-stream-with-frame.wht", 5, 1},
    };
    wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};

    golden_streams_write(streams, &group);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t saved = group.data[rows[i].at];
        group.data[rows[i].at] = (uint8_t)(saved + rows[i].change);
        put(rows[i].name, pair, first, &group);
        group.data[rows[i].at] = saved;
    }
    wh_buffer_u8(&group, 0);
    put("bad-patch-bytes-follow.wht", pair, first, &group);
}

/* One byte more than a group of one member of that size may have. */
static void put_over_ceiling(const struct golden_pair *pair, const struct wh_buffer *first)
{
    static const uint8_t zeros[MEMBER + FOR_EACH + 1];
    const struct wh_bytes streams[WH_STREAMS] = {BYTES("\0\0"), NONE, NONE, {zeros, sizeof zeros}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};

    golden_streams_write(streams, &group);
    put("bad-patch-stream-over-ceiling.wht", pair, first, &group);
}

void golden_put_bad_patches(const struct golden_pair *pair, const struct wh_buffer *first)
{
    put_contents(pair, first);
    put_numbers(pair, first);
    put_over_ceiling(pair, first);
}
