/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.c - see memory.h. Each part of the work tells what it takes; here they are put together as
 * group_encode.c, bundle_build.c and gate.c do it. */
#include "memory.h"

#include "diff/diff.h"
#include "encode.h"
#include "group_encode.h"
#include "match/match.h"

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- one content --------------------------------------------------------------------------- */

static uint64_t memory_of_whole(uint64_t content, enum wh_effort effort, uint64_t stored_max)
{
    uint64_t stored = least(content, stored_max);

    return content + wh_encode_memory(0, content, effort) + 2 * stored;
}

uint64_t wh_memory_of_content(
    uint64_t base, uint64_t content, enum wh_effort effort, uint64_t stored_max)
{
    if (base == 0)
        return memory_of_whole(content, effort, stored_max);

    uint64_t stored = least(content, stored_max);
    uint64_t residue = wh_residue_most(content, effort);
    uint64_t with_prefix = effort == WH_EFFORT_LEAST ? 0 : wh_encode_memory(base, content, effort);
    uint64_t encoding = greatest(
        wh_encode_memory(0, greatest(residue, content), effort), with_prefix);
    uint64_t comparing = residue + encoding + 3 * stored;
    uint64_t work = greatest(wh_diff_memory(base, content, effort), comparing);
    uint64_t proving = base + residue + 4 * wh_copies_memory(content, effort) + base / 8;

    return base + content + greatest(work, proving); /* first pages, then as the gate has them */
}

struct wh_fit wh_memory_fit(
    uint64_t base, uint64_t content, uint64_t room, const struct wh_means *means)
{
    struct wh_fit fit = {means->effort, base > 0};

    while (wh_memory_of_content(fit.with_base ? base : 0, content, fit.effort, means->stored_max) >
           room) {
        if (fit.effort > WH_EFFORT_LEAST)
            fit.effort--;
        else if (fit.with_base)
            fit = (struct wh_fit){means->effort, false};
        else
            break;
    }
    return fit;
}

static uint64_t memory_of_residues(uint64_t length, enum wh_effort effort)
{
    return wh_encode_memory(0, length, effort) + 3 * length; /* end to end, and encoded */
}

enum wh_effort wh_memory_for_residues(uint64_t length, uint64_t room, enum wh_effort effort)
{
    while (effort > WH_EFFORT_LEAST && memory_of_residues(length, effort) > room)
        effort--;
    return effort;
}

/* ---- a bundle ------------------------------------------------------------------------------ */

/* What the contents of a bundle come to. */
struct sums {
    uint64_t contents;
    uint64_t based[WH_CLASSES]; /* contents that have a base, and are not a group by themselves */
    uint64_t small;             /* of small files, bases included */
};

static uint64_t base_of(const struct wh_entry *entry, const struct wh_header *old_header)
{
    return entry->base == WH_NO_FILE ? 0 : old_header->files[entry->base].size;
}

static struct sums sum_up(const struct wh_entry *entries, uint32_t count,
    const struct wh_header *old_header, const struct wh_header *new_header)
{
    struct sums sums = {0};

    for (uint32_t i = 0; i < count; i++) {
        const struct wh_file *file = &new_header->files[entries[i].file];
        uint64_t base = base_of(&entries[i], old_header);
        sums.contents += file->size;
        if (file->size <= WH_SMALL_FILE && base <= WH_SMALL_FILE)
            sums.small += file->size + base;
        if (entries[i].base != WH_NO_FILE && file->size < WH_PATCH_GROUP)
            sums.based[wh_file_class(file)] += file->size;
    }
    return sums;
}

/* Residues, and frames of contested members, that wait until their group is full. */
static uint64_t memory_of_waiting(const struct sums *sums, const struct wh_means *means)
{
    uint64_t waiting = 0;

    for (int class = 0; class < WH_CLASSES; class ++) {
        uint64_t length = least(sums->based[class], WH_PATCH_GROUP);
        if (length > 0)
            waiting += wh_residue_most(length, means->effort) + least(length, means->stored_max);
    }
    return waiting;
}

static uint64_t bytes_of_files(const struct wh_header *header)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; header && i < header->file_count; i++)
        bytes += header->files[i].has_content ? header->files[i].size : 0;
    return bytes;
}

/* What is there all the time: headers, skeletons and tables, the groups that are made, and the
 * bundle that they are written into. */
static uint64_t memory_of_rest(
    const struct sums *sums, uint64_t files, uint64_t payloads, const struct wh_means *means)
{
    enum { ALWAYS = 4 << 20, FOR_A_FILE = 1 << 10 };

    return ALWAYS + files * FOR_A_FILE + least(payloads, WH_FORGET_AFTER) +
           2 * least(sums->contents, means->stored_max) + memory_of_waiting(sums, means);
}

/* A set of small files: end to end, a frame for each, groups of which two are there at a time. */
static uint64_t memory_of_set(uint64_t small, enum wh_effort effort)
{
    uint64_t set = least(small, WH_TEXT_GROUP);

    return wh_encode_memory(0, set, effort) + 4 * set;
}

/* Before the contents and after them: inflating payloads, sketches of old files (likeness.h),
 * groups of residues, sets of small files, the new header as a patch of the old one. */
static uint64_t memory_of_others(const struct sums *sums, uint64_t files, uint64_t payloads,
    uint64_t room, enum wh_effort effort)
{
    enum { INFLATING = 80 << 20, HEADERS = 96 << 20, HEADER_OF_A_FILE = 10 << 10 };
    enum { SKETCHES = 84 << 20, SKETCH_OF_A_FILE = 2560 };
    uint64_t group = 0;

    for (int class = 0; class < WH_CLASSES; class ++)
        group = greatest(group, least(sums->based[class], WH_PATCH_GROUP));
    uint64_t residues = group > 0 ? wh_residue_most(group, effort) : 0;
    uint64_t grouping = memory_of_residues(
        residues, wh_memory_for_residues(residues, room, effort));
    uint64_t writing = least(HEADERS, files * HEADER_OF_A_FILE);
    uint64_t most = greatest(grouping, memory_of_set(sums->small, effort));
    uint64_t before = greatest(
        least(INFLATING, payloads), least(SKETCHES, files * SKETCH_OF_A_FILE));

    return greatest(greatest(before, most), writing);
}

struct wh_memory wh_memory_of_bundle(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_header *old_header, const struct wh_header *new_header,
    const struct wh_means *means)
{
    const struct sums sums = sum_up(entries, entry_count, old_header, new_header);
    uint64_t files = (uint64_t)new_header->file_count + (old_header ? old_header->file_count : 0);
    uint64_t payloads = bytes_of_files(old_header) + bytes_of_files(new_header);
    uint64_t rest = memory_of_rest(&sums, files, payloads, means);
    uint64_t room = means->memory > rest ? means->memory - rest : 0;
    uint64_t most = memory_of_others(&sums, files, payloads, room, means->effort);

    for (uint32_t i = 0; i < entry_count; i++) {
        uint64_t base = base_of(&entries[i], old_header);
        uint64_t content = new_header->files[entries[i].file].size;
        struct wh_fit fit = wh_memory_fit(base, content, room, means);
        most = greatest(most,
            wh_memory_of_content(fit.with_base ? base : 0, content, fit.effort, means->stored_max));
    }
    return (struct wh_memory){room, rest + most};
}
