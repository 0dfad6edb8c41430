/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk.h - the walk over the references of an old file that lie in copies, in the order of the new
 * content. Each gets its predicted value, is then corrected, and the true value teaches where its
 * target went. Encoder and decoder run the same walk: the decoder corrects from its streams, the
 * encoder looks at the true content. */
#ifndef WHITTLE_WALK_H
#define WHITTLE_WALK_H

#include "patch/btf_shifts.h"
#include "patch/corrections.h"
#include "patch/map.h"
#include "whittle/elf.h"
#include "whittle/tables.h"
#include "whittle/word.h"

/* Where a target really went, once a correction has told. */
struct wh_learned {
    uint32_t place; /* target - image's low + 1; 0 = nothing */
    int32_t shift;
};

struct wh_walk {
    const struct wh_elf *old;
    const uint8_t *old_bytes;
    uint8_t *out;
    const uint8_t *truth;               /* the new content, when encoding; NULL when decoding */
    size_t length;                      /* of the new content */
    struct wh_corrections *corrections; /* when decoding */

    struct wh_map offsets;
    struct wh_map addresses;
    struct wh_segments fresh; /* the new file's */
    uint64_t old_got;         /* i386: address of the GOT, 0 for none */
    uint64_t new_got;
    uint64_t *section_starts; /* relocatable files: new offset of each old section */
    size_t headers_end;       /* new offset from which on fresh is known */
    bool ready;

    struct wh_learned *learned;
    unsigned learned_shift; /* 32 - log2 of its entries */

    struct wh_table_form tables; /* of the old file */
    uint32_t *frames;            /* fields of .eh_frame: see wh_find_frames() */
    size_t frame_count;
    size_t *versions; /* fields of version lists: offsets in the old file; see walk_versions.c */
    size_t version_count;
    uint32_t stub_rows; /* section whose rows the stubs are numbered by, 0 for none */
    struct wh_btf *btf; /* NULL where there is none */
    struct wh_go *go;   /* see walk_go.c; NULL where there is none */
};

/* The part of a region that a copy brings along. */
struct wh_stretch {
    const struct wh_region *region;
    size_t from; /* in the old content */
    size_t to;
    size_t shift;       /* new offset - old offset, modulo the size of size_t */
    uint64_t old_shift; /* old address - old offset */
    uint64_t new_shift; /* new address - new offset */
};

/* One function for each kind of region; all know that [from, to) is inside. */
void wh_walk_headers(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_sections(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_code(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_stubs(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_pointers(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_frames(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_frame_index(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_relocations(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_symbols(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_dynamic(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_hash(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_versions(struct wh_walk *walk, const struct wh_stretch *stretch);
void wh_walk_constants(struct wh_walk *walk, const struct wh_stretch *stretch);

void wh_walk_btf(struct wh_walk *walk, const struct wh_stretch *stretch);

/* Fields of .eh_frame, in the order in which they stand in a record. */
enum wh_frame_field { WH_FRAME_CIE, WH_FRAME_START, WH_FRAME_LENGTH, WH_FRAME_LSDA };

/* Finds the fields of .eh_frame; once, before the walk. Each is its offset in the section, shifted
 * left by two, and its kind; a start is followed by the length of its range. */
WH_MUST_CHECK wh_status wh_find_frames(
    const struct wh_elf *old, uint32_t **out_frames, size_t *out_count, struct wh_error *err);

/* Finds the offsets of strings in version lists; the same. */
WH_MUST_CHECK wh_status wh_find_versions(
    const struct wh_elf *old, size_t **out_fields, size_t *out_count, struct wh_error *err);

static inline bool wh_in_image(const struct wh_walk *walk, uint64_t address)
{
    return address - walk->old->low < walk->old->high - walk->old->low;
}

static inline struct wh_learned *wh_lesson(const struct wh_walk *walk, uint32_t place)
{
    return &walk->learned[place * 0x9e3779b1u >> walk->learned_shift];
}

/* Where an address of the old image most likely is now. */
static inline uint64_t wh_guess(const struct wh_walk *walk, uint64_t target)
{
    uint32_t place = (uint32_t)(target - walk->old->low) + 1;
    const struct wh_learned *lesson = wh_lesson(walk, place);

    if (lesson->place == place)
        return target + (uint64_t)(int64_t)lesson->shift;
    return wh_map_find(&walk->addresses, target);
}

static inline void wh_learn(struct wh_walk *walk, uint64_t target, uint64_t now)
{
    uint32_t place = (uint32_t)(target - walk->old->low) + 1;
    int64_t shift = (int64_t)(now - target);

    if (shift == (int32_t)shift && place != 0)
        *wh_lesson(walk, place) = (struct wh_learned){place, (int32_t)shift};
}

/* Lets the corrections reach up to offset `end` of the new content. */
static inline void wh_settle(struct wh_walk *walk, size_t end)
{
    if (walk->corrections && walk->corrections->next < end)
        wh_corrections_apply(walk->corrections, walk->out, end);
}

/* Writes a predicted word at an offset of the new content and gives the true one. */
static inline uint32_t wh_put32(struct wh_walk *walk, size_t at, uint32_t value)
{
    wh_store32(walk->out + at, value);
    if (walk->truth)
        return wh_load32(walk->truth + at);
    if (walk->corrections->next >= at + 4)
        return value;
    wh_corrections_apply(walk->corrections, walk->out, at + 4);
    return wh_load32(walk->out + at);
}

static inline uint64_t wh_put64(struct wh_walk *walk, size_t at, uint64_t value)
{
    wh_store64(walk->out + at, value);
    if (walk->truth)
        return wh_load64(walk->truth + at);
    if (walk->corrections->next >= at + 8)
        return value;
    wh_corrections_apply(walk->corrections, walk->out, at + 8);
    return wh_load64(walk->out + at);
}

static inline uint64_t wh_put(struct wh_walk *walk, size_t at, unsigned width, uint64_t value)
{
    return width == 8 ? wh_put64(walk, at, value) : wh_put32(walk, at, (uint32_t)value);
}

/* A word that holds an address of the old image: predicted, corrected, learned. */
static inline uint64_t wh_put_address(
    struct wh_walk *walk, size_t at, unsigned width, uint64_t target)
{
    uint64_t guess = wh_guess(walk, target);
    uint64_t now = wh_put(walk, at, width, guess);

    if (width == 4)
        guess = (uint32_t)guess;
    if (now != guess)
        wh_learn(walk, target, now);
    return now;
}

/* The new offset of what is at an old offset of the file. */
static inline uint64_t wh_moved(const struct wh_walk *walk, uint64_t offset)
{
    return wh_map_search(&walk->offsets, offset);
}

/* How a distance from the start of an old range changes: for indices and string offsets. */
static inline uint64_t wh_moved_within(
    const struct wh_walk *walk, uint64_t start, uint64_t distance)
{
    return wh_moved(walk, start + distance) - wh_moved(walk, start);
}

/* An offset in an old string table, in the new one. */
static inline uint64_t wh_moved_string(const struct wh_walk *walk, uint32_t table, uint64_t string)
{
    if (table >= walk->old->section_count || string >= walk->old->sections[table].length)
        return string;
    return wh_moved_within(walk, walk->old->sections[table].offset, string);
}

/* The first record of `stride` bytes, counted from the region's start, that begins in a stretch. */
static inline size_t wh_first_record(const struct wh_stretch *stretch, size_t start, size_t stride)
{
    size_t base = stretch->region->offset + start;

    if (stretch->from <= base)
        return base;
    return base + (stretch->from - base + stride - 1) / stride * stride;
}

#endif
