/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corrections.c - see patch/corrections.h. A reader that failed gives zeros: the distance is then
 * taken for the end, and the caller sees the failure when it is through. */
#include "patch/corrections.h"

/* Reads the next run; `ahead` bytes from the start of the copy have been passed. */
static void read_run(struct wh_corrections *corrections)
{
    uint64_t left = corrections->left - corrections->ahead;
    uint64_t distance = wh_read_varint(corrections->gap, left);

    corrections->run = 0;
    if (corrections->gap->failed || distance == left) {
        corrections->ahead = corrections->left;
        return;
    }
    corrections->ahead += distance;
    corrections->run = wh_read_varint(corrections->gap, left - distance - 1) + 1;
    if (corrections->gap->failed)
        corrections->ahead = corrections->left;
}

void wh_corrections_begin(struct wh_corrections *corrections, uint64_t copied)
{
    corrections->left = copied;
    corrections->ahead = 0;
    corrections->run = 0;
    corrections->next = corrections->start = corrections->end = 0;
    if (copied > 0)
        read_run(corrections);
}

static void find_next(struct wh_corrections *corrections)
{
    size_t length = corrections->end - corrections->start;

    corrections->next = corrections->ahead < length
                            ? corrections->start + (size_t)corrections->ahead
                            : corrections->end;
}

void wh_corrections_open(struct wh_corrections *corrections, const struct wh_copy *copy)
{
    corrections->start = copy->new_offset;
    corrections->end = copy->new_offset + copy->length;
    find_next(corrections);
}

void wh_corrections_apply(struct wh_corrections *corrections, uint8_t *out, size_t end)
{
    while (corrections->next < end) {
        uint64_t room = end - corrections->next;
        size_t length = (size_t)(corrections->run < room ? corrections->run : room);
        struct wh_bytes values = wh_read_bytes(corrections->value, length);
        uint8_t *at = out + corrections->next;
        if (!values.data) {
            corrections->ahead = corrections->left; /* the streams end here */
            corrections->next = corrections->end;
            return;
        }
        for (size_t i = 0; i < length; i++)
            at[i] = (uint8_t)(at[i] + values.data[i]);
        corrections->ahead += length;
        corrections->run -= length;
        if (corrections->run == 0 && corrections->ahead < corrections->left)
            read_run(corrections);
        find_next(corrections);
    }
}

void wh_corrections_close(struct wh_corrections *corrections, uint8_t *out)
{
    wh_corrections_apply(corrections, out, corrections->end);
    corrections->left -= corrections->end - corrections->start;
    corrections->ahead -= corrections->end - corrections->start;
}
