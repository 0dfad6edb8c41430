/* SPDX-License-Identifier: GPL-2.0-or-later */
/* residue.c - see diff/residue.h. */
#include "diff/residue.h"

#include <inttypes.h>

#include "match/match.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_residue_init(struct wh_residue *residue)
{
    for (int i = 0; i < WH_STREAMS; i++)
        residue->streams[i] = (struct wh_buffer){.ceiling = 2 * WH_CONTENT_MAX};
}

void wh_residue_clear(struct wh_residue *residue)
{
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_clear(&residue->streams[i]);
}

void wh_residue_append(struct wh_residue *residue, const struct wh_residue *file)
{
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_append(&residue->streams[i], file->streams[i].data, file->streams[i].length);
}

size_t wh_residue_length(const struct wh_residue *residue)
{
    size_t length = 0;

    for (int i = 0; i < WH_STREAMS; i++)
        length += residue->streams[i].length;
    return length;
}

/* A run of differences that is not written yet; it may go on in the next copy. */
struct run {
    uint64_t distance; /* copied bytes between the run before and this one */
    uint64_t length;   /* 0: none begun */
    uint64_t equal;    /* equal bytes since */
};

static void write_run(struct wh_residue *residue, const struct run *run)
{
    wh_buffer_varint(&residue->streams[WH_STREAM_GAP], run->distance);
    wh_buffer_varint(&residue->streams[WH_STREAM_GAP], run->length - 1);
}

/* Runs one equal byte apart are one run: a zero costs less than a distance. */
static void add_copy(struct wh_residue *residue, const uint8_t *predicted, const uint8_t *fresh,
    size_t length, struct run *run)
{
    struct wh_buffer *values = &residue->streams[WH_STREAM_VALUE];

    for (size_t i = 0; i < length; i++) {
        if (predicted[i] == fresh[i]) {
            run->equal++;
            continue;
        }
        if (run->length > 0 && run->equal == 1) {
            wh_buffer_u8(values, 0);
            run->length++;
        } else if (run->equal > 0 || run->length == 0) {
            if (run->length > 0)
                write_run(residue, run);
            *run = (struct run){.distance = run->equal};
        }
        wh_buffer_u8(values, (uint8_t)(fresh[i] - predicted[i]));
        run->length++;
        run->equal = 0;
    }
}

/* The last distance leads to the end of the copied bytes. */
static void end_runs(struct wh_residue *residue, const struct run *run, uint64_t copied)
{
    if (copied > 0 && (run->equal > 0 || run->length == 0))
        wh_buffer_varint(&residue->streams[WH_STREAM_GAP], run->equal);
}

static wh_status add_extra(struct wh_residue *residue, const uint8_t *bytes, size_t length,
    uint64_t most, struct wh_error *err)
{
    if (wh_residue_length(residue) + length > most)
        return wh_fail(err, WH_OVER_LIMIT, "a residue of more than %" PRIu64 " bytes", most);
    wh_buffer_append(&residue->streams[WH_STREAM_EXTRA], bytes, length);
    return WH_OK;
}

static void finish_runs(struct wh_residue *residue, const struct run *run, uint64_t copied)
{
    if (run->length > 0)
        write_run(residue, run);
    end_runs(residue, run, copied);
}

void wh_residue_correct(
    struct wh_residue *residue, const uint8_t *predicted, const uint8_t *truth, size_t length)
{
    struct run run = {0};

    add_copy(residue, predicted, truth, length, &run);
    finish_runs(residue, &run, length);
}

static wh_status write_streams(struct wh_bytes fresh, const uint8_t *predicted,
    const struct wh_copy *copies, size_t copy_count, uint64_t most, struct wh_residue *residue,
    struct wh_error *err)
{
    struct run run = {0};
    size_t end = 0;
    uint64_t copied = 0;

    for (size_t i = 0; i < copy_count; i++) {
        const struct wh_copy *copy = &copies[i];
        WH_TRY(add_extra(residue, fresh.data + end, copy->new_offset - end, most, err));
        add_copy(residue, predicted + copy->new_offset, fresh.data + copy->new_offset, copy->length,
            &run);
        end = copy->new_offset + copy->length;
        copied += copy->length;
    }
    finish_runs(residue, &run, copied);
    WH_TRY(add_extra(residue, fresh.data + end, fresh.length - end, most, err));
    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(wh_buffer_check(&residue->streams[i], err));
    return WH_OK;
}

/* A run of differences takes as many bytes as it covers, its place no more than there are equal
 * bytes before it, and a copy three numbers below 2^32. The least effort is not for contents that
 * have much that is new. */
uint64_t wh_residue_most(uint64_t new_length, enum wh_effort effort)
{
    enum { FOR_A_COPY = 15, NEW_PART = 8, ALWAYS = 1 << 16 };

    if (effort == WH_EFFORT_LEAST)
        return new_length / NEW_PART + ALWAYS;
    return new_length + wh_copies_max(new_length, effort) * FOR_A_COPY + ALWAYS;
}

wh_status wh_residue_make(enum wh_patch_method method, struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_copy *copies, size_t copy_count, enum wh_effort effort,
    struct wh_residue *out_residue, struct wh_error *err)
{
    uint64_t most = wh_residue_most(fresh.length, effort);
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    wh_autofree uint8_t *predicted = NULL;

    wh_residue_init(&residue);
    predicted = wh_array(fresh.length, 1, WH_CONTENT_MAX, err);
    if (!predicted)
        return wh_no_memory(err);
    WH_TRY(wh_patch_predict(method, old, fresh, copies, copy_count,
        &residue.streams[WH_STREAM_CONTROL], predicted, err));
    WH_TRY(write_streams(fresh, predicted, copies, copy_count, most, &residue, err));
    *out_residue = residue;
    wh_residue_init(&residue);
    return WH_OK;
}
