/* SPDX-License-Identifier: GPL-2.0-or-later */
/* round_trip.c - see round_trip.h. */
#include "round_trip.h"

#include <stdlib.h>

#include "check.h"
#include "diff/diff.h"
#include "whittle/cleanup.h"

/* So that a read past the end shows. */
static struct wh_bytes exact_copy(struct wh_bytes bytes)
{
    uint8_t *copy = malloc(bytes.length ? bytes.length : 1);

    assert_non_null(copy);
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return (struct wh_bytes){copy, bytes.length};
}

static void clear_copy(struct wh_bytes *copy)
{
    wh_free_pointer(&copy->data);
}

struct pieces {
    struct wh_bytes streams[WH_STREAMS];
};

static void clear_pieces(struct pieces *pieces)
{
    for (int i = 0; i < WH_STREAMS; i++)
        clear_copy(&pieces->streams[i]);
}

static void decodes(const struct wh_residue *residue, struct wh_bytes old, struct wh_bytes fresh)
{
    wh_cleanup(clear_pieces) struct pieces pieces = {0};
    wh_autofree uint8_t *out = malloc(fresh.length ? fresh.length : 1);
    struct wh_reader readers[WH_STREAMS];

    assert_non_null(out);
    memset(out, 0xa5, fresh.length);
    for (int i = 0; i < WH_STREAMS; i++) {
        pieces.streams[i] = exact_copy(wh_buffer_bytes(&residue->streams[i]));
        readers[i] = wh_reader_over(pieces.streams[i]);
    }
    OK(wh_patch_decode(readers, old, out, fresh.length, &err));
    for (int i = 0; i < WH_STREAMS; i++)
        assert_true(wh_reader_at_end(&readers[i]));
    assert_true(fresh.length == 0 || memcmp(out, fresh.data, fresh.length) == 0);
}

struct round_trip round_trip(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort)
{
    wh_cleanup(clear_copy) struct wh_bytes old_copy = exact_copy(old);
    wh_cleanup(clear_copy) struct wh_bytes fresh_copy = exact_copy(fresh);
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    struct round_trip trip = {0};

    wh_residue_init(&residue);
    OK(wh_diff(old_copy, fresh_copy, effort, &trip.method, &residue, &err));
    decodes(&residue, old_copy, fresh_copy);
    for (int i = 0; i < WH_STREAMS; i++)
        trip.lengths[i] = residue.streams[i].length;
    return trip;
}

bool round_trip_along(enum wh_patch_method method, struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_copy *copies, size_t copy_count)
{
    wh_cleanup(clear_copy) struct wh_bytes old_copy = exact_copy(old);
    wh_cleanup(clear_copy) struct wh_bytes fresh_copy = exact_copy(fresh);
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    struct wh_error err;

    wh_residue_init(&residue);
    wh_status status = wh_residue_make(
        method, old_copy, fresh_copy, copies, copy_count, WH_EFFORT_BEST, &residue, &err);
    if (status == WH_UNSUPPORTED)
        return false;
    assert_int_equal(status, WH_OK);
    decodes(&residue, old_copy, fresh_copy);
    return true;
}
