/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container.c - see packed/container.h. */
#include "packed/container.h"

#include <stdlib.h>
#include <string.h>

#include "packed/kinds.h"
#include "whittle/cleanup.h"
#include "whittle/elf.h"

static bool xz_begins(struct wh_bytes content)
{
    return content.length >= 6 && memcmp(content.data, "\xfd\x37\x7a\x58\x5a\0", 6) == 0;
}

void wh_listing_clear(struct wh_listing *listing)
{
    free(listing->streams);
    *listing = (struct wh_listing){0};
}

static wh_status make_room_for_one(struct wh_listing *listing, struct wh_error *err)
{
    listing->streams = wh_array(1, sizeof *listing->streams, SIZE_MAX, err);
    return listing->streams ? WH_OK : wh_no_memory(err);
}

static wh_status list_gzip(
    struct wh_bytes content, struct wh_listing *listing, struct wh_error *err)
{
    listing->packing = WH_PACKING_GZIP;
    WH_TRY(make_room_for_one(listing, err));
    listing->why = wh_gzip_list(content, listing->streams);
    listing->count = listing->why ? 0 : 1;
    return WH_OK;
}

static wh_status list_xz(struct wh_bytes content, struct wh_listing *listing, struct wh_error *err)
{
    listing->packing = WH_PACKING_XZ;
    WH_TRY(make_room_for_one(listing, err));
    listing->streams[0].packed_length = content.length;
    listing->count = 1;
    return WH_OK;
}

/* An ELF file without the section is no container. */
static wh_status list_debugdata(
    struct wh_bytes content, struct wh_listing *listing, struct wh_error *err)
{
    static const char name[] = ".gnu_debugdata";
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_status status = wh_elf_parse(content, &elf, err);
    uint32_t found = 0;

    if (status == WH_UNSUPPORTED)
        return WH_OK;
    WH_TRY(status);
    for (uint32_t i = 1; i < elf.section_count; i++)
        found += strcmp(wh_elf_section_name(&elf, &elf.sections[i]), name) == 0;
    if (found == 0)
        return WH_OK;
    listing->packing = WH_PACKING_DEBUGDATA;
    struct wh_bytes section = wh_elf_content(&elf, wh_elf_section(&elf, name));
    if (found > 1)
        listing->why = "has more than one section .gnu_debugdata";
    else if (!xz_begins(section))
        listing->why = "has a section .gnu_debugdata that is no .xz file";
    if (listing->why)
        return WH_OK;
    WH_TRY(make_room_for_one(listing, err));
    listing->streams[0].start = (size_t)(section.data - content.data);
    listing->streams[0].packed_length = section.length;
    listing->count = 1;
    return WH_OK;
}

static wh_status list(struct wh_bytes content, struct wh_listing *listing, struct wh_error *err)
{
    if (wh_gzip_begins(content))
        return list_gzip(content, listing, err);
    if (xz_begins(content))
        return list_xz(content, listing, err);
    if (wh_zip_begins(content)) {
        listing->packing = WH_PACKING_ZIP;
        return wh_zip_list(content, listing, err);
    }
    return list_debugdata(content, listing, err);
}

wh_status wh_container_list(
    struct wh_bytes content, struct wh_listing *out_listing, struct wh_error *err)
{
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};

    WH_TRY(list(content, &listing, err));
    *out_listing = listing;
    listing = (struct wh_listing){0};
    return WH_OK;
}

const char *wh_container_doubt(struct wh_bytes content, enum wh_packing packing,
    const struct wh_inner *stream, const struct wh_inflated *found)
{
    bool gzip = packing == WH_PACKING_GZIP;
    uint64_t plain_length = gzip ? (uint32_t)found->plain_length : found->plain_length;

    if (found->packed_length > stream->packed_length)
        return "has a stream that is longer than it says";
    if (found->packed_length < stream->packed_length) {
        size_t end = stream->start + found->packed_length;
        struct wh_bytes rest = {content.data + end, content.length - end};
        if (!gzip)
            return "has a stream that is shorter than it says";
        /* Behind the trailer of the first member. */
        bool another = rest.length > 8 &&
                       wh_gzip_begins((struct wh_bytes){rest.data + 8, rest.length - 8});
        return another ? "has more than one member" : "has bytes behind its stream";
    }
    if (plain_length != stream->plain_length)
        return "has a stream that holds another length than it says";
    if (found->crc != stream->crc)
        return "has a stream that has another checksum than it says";
    return NULL;
}
