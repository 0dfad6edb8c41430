/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skeleton.c - generates the skeleton by the rules that rpm's builder and reader share. */
#include "whittle/skeleton.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "package/cpio.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

wh_status wh_draft_begin(
    struct skeleton_draft *draft, const struct wh_header *header, struct wh_error *err)
{
    *draft = (struct skeleton_draft){.bytes.ceiling = WH_SKELETON_MAX};
    draft->pieces = wh_array(
        header->file_count, sizeof *draft->pieces, WH_FILES_MAX * sizeof *draft->pieces, err);
    return draft->pieces ? WH_OK : WH_NO_MEMORY;
}

void wh_draft_content(struct skeleton_draft *draft, uint32_t file, uint64_t size)
{
    uint64_t length = draft->bytes.length - draft->taken;

    draft->pieces[draft->piece_count++] = (struct wh_piece){length, file};
    draft->taken += length;
    draft->content_length += size;
}

wh_status wh_draft_finish(
    struct skeleton_draft *draft, struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    WH_TRY(wh_buffer_check(&draft->bytes, err));
    *out_skeleton = (struct wh_skeleton){
        .bytes = draft->bytes.data,
        .length = draft->bytes.length,
        .pieces = draft->pieces,
        .piece_count = draft->piece_count,
        .payload_length = draft->bytes.length + draft->content_length,
    };
    *draft = (struct skeleton_draft){0};
    return WH_OK;
}

void wh_draft_clear(struct skeleton_draft *draft)
{
    wh_buffer_clear(&draft->bytes);
    free(draft->pieces);
}

void wh_skeleton_clear(struct wh_skeleton *skeleton)
{
    free(skeleton->bytes);
    free(skeleton->pieces);
    *skeleton = (struct wh_skeleton){0};
}

struct newc {
    uint32_t inode, mode, link_count, mtime, size, rdev_major, rdev_minor;
};

/* Zeros up to a multiple of four of the payload, whose length so far is skeleton and contents. */
static void pad(struct skeleton_draft *draft)
{
    uint64_t length = draft->bytes.length + draft->content_length;

    wh_buffer_fill(&draft->bytes, 0, (size_t)(-length & 3));
}

static void put_newc(struct skeleton_draft *draft, const struct newc *fields, const char *prefix,
    const char *dirname, const char *basename)
{
    char text[CPIO_NEWC_LENGTH + 1];
    size_t name_length = strlen(prefix) + strlen(dirname) + strlen(basename) + 1;

    /* Fields in order: ino mode uid gid nlink mtime filesize dev(2) rdev(2) namesize check. */
    (void)snprintf(text, sizeof text, "%.6s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
        cpio_newc_magic, fields->inode, fields->mode, 0u, 0u, fields->link_count, fields->mtime,
        fields->size, 0u, 0u, fields->rdev_major, fields->rdev_minor, (unsigned)name_length, 0u);
    wh_buffer_append(&draft->bytes, text, CPIO_NEWC_LENGTH);
    wh_buffer_append(&draft->bytes, prefix, strlen(prefix));
    wh_buffer_append(&draft->bytes, dirname, strlen(dirname));
    wh_buffer_append(&draft->bytes, basename, strlen(basename) + 1);
    pad(draft);
}

static void put_stripped(struct skeleton_draft *draft, uint32_t number)
{
    char text[CPIO_STRIPPED_LENGTH + 1];

    (void)snprintf(text, sizeof text, "%.6s%08x", cpio_stripped_magic, number);
    wh_buffer_append(&draft->bytes, text, CPIO_STRIPPED_LENGTH);
    pad(draft);
}

static void put_trailer(struct skeleton_draft *draft)
{
    struct newc fields = {.link_count = 1};

    put_newc(draft, &fields, "", "", CPIO_TRAILER);
}

/* Only the last member of a hardlink set has the content, and shows its size. */
static void put_file(
    struct skeleton_draft *draft, const struct wh_header *header, uint32_t number, bool last_link)
{
    const struct wh_file *file = &header->files[number];
    bool link = S_ISLNK(file->mode);
    uint64_t size = link || (S_ISREG(file->mode) && last_link) ? file->size : 0;

    if (header->stripped) {
        put_stripped(draft, number);
    } else {
        struct newc fields = {
            .inode = file->inode,
            .mode = file->mode,
            .link_count = file->link_count,
            .mtime = file->mtime,
            .size = (uint32_t)size,
            .rdev_major = (uint32_t)(file->rdev >> 8) & 0xff,
            .rdev_minor = (uint32_t)file->rdev & 0xff,
        };
        const char *prefix = file->dirname[0] == '/' ? "." : "";
        put_newc(draft, &fields, prefix, file->dirname, file->basename);
    }
    if (link)
        wh_buffer_append(&draft->bytes, file->linkto, strlen(file->linkto));
    else if (file->has_content)
        wh_draft_content(draft, number, file->size);
    pad(draft);
}

/* The set that is met at its lowest index: members in index order, which is their ring's. */
static void put_link_set(
    struct skeleton_draft *draft, const struct wh_header *header, uint32_t first, uint8_t *written)
{
    uint32_t member = first;

    for (uint32_t i = 1; i <= header->files[first].link_count; i++) {
        put_file(draft, header, member, i == header->files[first].link_count);
        written[member] = 1;
        member = header->files[member].link_next;
    }
}

static wh_status check_rules_hold(const struct wh_header *header, struct wh_error *err)
{
    const char *reason = NULL;

    if (strcmp(header->payload_format, "cpio") != 0)
        reason = "its payload is not cpio";
    else if (header->has_alignment)
        reason = "its payload is aligned";
    else if (!header->has_rpmversion)
        reason = "rpm did not build it";
    for (uint32_t i = 0; i < header->file_count && !reason && !header->stripped; i++)
        if (header->files[i].size > UINT32_MAX)
            reason = "a file is too large for its payload format";
    if (reason)
        return wh_fail(
            err, WH_UNSUPPORTED, "%s: no rules for the payload: %s", header->name, reason);
    return WH_OK;
}

wh_status wh_skeleton_generate(
    const struct wh_header *header, struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    wh_cleanup(wh_draft_clear) struct skeleton_draft draft = {0};

    wh_autofree uint8_t *written = wh_array(header->file_count, 1, WH_FILES_MAX, err);

    if (!written)
        return wh_no_memory(err);
    WH_TRY(check_rules_hold(header, err));
    WH_TRY(wh_draft_begin(&draft, header, err));
    for (uint32_t i = 0; i < header->file_count; i++)
        if (!(header->files[i].flags & WH_FILE_GHOST) && header->files[i].link_count == 1)
            put_file(&draft, header, i, true);
    for (uint32_t i = 0; i < header->file_count; i++)
        if (header->files[i].link_count > 1 && !written[i])
            put_link_set(&draft, header, i, written);
    put_trailer(&draft);
    return wh_draft_finish(&draft, out_skeleton, err);
}
