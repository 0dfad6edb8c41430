/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skeleton_read.c - takes the skeleton out of a real payload, for the publisher to compare with
 * what the rules say. Members are found by index (stripped) or by name. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "package/cpio.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status bad_payload(const struct wh_header *header, const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "%s: payload: %s", header->name, what);
}

/* Eight hex digits; false when they are none. */
static bool hex_field(const uint8_t *text, uint32_t *out_value)
{
    uint8_t bytes[4];

    if (!wh_unhex((const char *)text, 8, bytes, sizeof bytes))
        return false;
    *out_value = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                 bytes[3];
    return true;
}

/* The file that a member's name stands for; a leading "." or "./" or "/" is the builder's taste. */
static uint32_t file_by_name(
    const struct wh_header *header, const struct wh_file_map *map, const char *name)
{
    char dirname[WH_PATH_MAX + 2];
    const char *path = name[0] == '.' && name[1] == '/' ? name + 1 : name;
    const char *slash = strrchr(path, '/');
    size_t folder_length = slash ? (size_t)(slash - path) + 1 : 0;

    if (folder_length > WH_PATH_MAX)
        return WH_NO_FILE;
    memcpy(dirname, path, folder_length);
    dirname[folder_length] = '\0';
    uint32_t found = wh_file_map_path(map, dirname, path + folder_length);
    if (found != WH_NO_FILE || path[0] == '/' || header->is_source)
        return found;
    dirname[0] = '/'; /* a name without any root */
    memcpy(dirname + 1, path, folder_length);
    dirname[folder_length + 1] = '\0';
    return wh_file_map_path(map, dirname, path + folder_length);
}

struct cursor {
    struct wh_reader reader;
    const uint8_t *start;
    struct skeleton_draft draft;
};

/* Copies length bytes of the payload into the skeleton; NULL at its end. */
static const uint8_t *take(struct cursor *cursor, uint64_t length)
{
    struct wh_bytes bytes = wh_read_bytes(&cursor->reader, length);

    wh_buffer_append(&cursor->draft.bytes, bytes.data, bytes.length);
    return bytes.data;
}

static void take_padding(struct cursor *cursor)
{
    uint64_t offset = (uint64_t)(cursor->reader.at - cursor->start);

    (void)take(cursor, -offset & 3);
}

struct member {
    uint32_t file; /* WH_NO_FILE for the trailer */
    uint64_t size;
};

static wh_status read_stripped(const struct wh_header *header, struct cursor *cursor,
    struct member *out_member, struct wh_error *err)
{
    const uint8_t *text = take(cursor, 8);
    uint32_t number;

    if (!text || !hex_field(text, &number) || number >= header->file_count)
        return bad_payload(header, "a stripped member names no file", err);
    const struct wh_file *file = &header->files[number];
    bool has_bytes = S_ISLNK(file->mode) || file->has_content;
    *out_member = (struct member){number, has_bytes ? file->size : 0};
    return WH_OK;
}

static wh_status read_newc(const struct wh_header *header, const struct wh_file_map *map,
    struct cursor *cursor, struct member *out_member, struct wh_error *err)
{
    enum { FILESIZE = 6, NAMESIZE = 11, FIELDS = 13 };
    const uint8_t *text = take(cursor, 8 * FIELDS);
    uint32_t size;
    uint32_t name_size;

    if (!text || !hex_field(text + 8 * FILESIZE, &size) ||
        !hex_field(text + 8 * NAMESIZE, &name_size))
        return bad_payload(header, "a member is cut short", err);
    const uint8_t *name = name_size <= WH_PATH_MAX + 3 ? take(cursor, name_size) : NULL;
    if (!name || name_size == 0 || memchr(name, '\0', name_size) != name + name_size - 1)
        return bad_payload(header, "a member's name is bad", err);
    if (strcmp((const char *)name, CPIO_TRAILER) == 0) {
        *out_member = (struct member){WH_NO_FILE, 0};
        return WH_OK;
    }
    uint32_t file = file_by_name(header, map, (const char *)name);
    if (file == WH_NO_FILE)
        return bad_payload(header, "a member is not in the file list", err);
    *out_member = (struct member){file, size};
    return WH_OK;
}

/* Content of a regular file is passed over and noted; a link's target belongs to the skeleton. */
static wh_status take_content(const struct wh_header *header, struct cursor *cursor,
    const struct member *member, uint8_t *seen, struct wh_error *err)
{
    const struct wh_file *file = &header->files[member->file];

    if (!S_ISREG(file->mode)) {
        if (member->size > WH_PATH_MAX || !take(cursor, member->size))
            return bad_payload(header, "a link's target is bad", err);
        return WH_OK;
    }
    if (member->size == 0)
        return WH_OK;
    if (!file->has_content)
        return bad_payload(header, "a member has a content that is not its own", err);
    if (member->size != file->size || seen[member->file]++)
        return bad_payload(header, "a member has another size than its file", err);
    wh_draft_content(&cursor->draft, member->file, member->size);
    if (!wh_read_bytes(&cursor->reader, member->size).data)
        return bad_payload(header, "it is cut short", err);
    return WH_OK;
}

static wh_status read_members(const struct wh_header *header, const struct wh_file_map *map,
    struct cursor *cursor, uint8_t *seen, struct wh_error *err)
{
    struct member member = {WH_NO_FILE, 0};

    do {
        const uint8_t *magic = take(cursor, sizeof cpio_newc_magic);
        bool newc = magic && memcmp(magic, cpio_newc_magic, sizeof cpio_newc_magic) == 0;
        bool stripped = magic &&
                        memcmp(magic, cpio_stripped_magic, sizeof cpio_stripped_magic) == 0;
        if (!newc && !stripped)
            return bad_payload(header, "it is not cpio", err);
        if (newc)
            WH_TRY(read_newc(header, map, cursor, &member, err));
        else
            WH_TRY(read_stripped(header, cursor, &member, err));
        take_padding(cursor);
        if (member.file != WH_NO_FILE)
            WH_TRY(take_content(header, cursor, &member, seen, err));
        take_padding(cursor);
    } while (member.file != WH_NO_FILE);
    /* Whatever follows the trailer belongs to the payload's digest, so to the skeleton. */
    (void)take(cursor, (uint64_t)(cursor->reader.end - cursor->reader.at));
    if (cursor->reader.failed)
        return bad_payload(header, "it is cut short", err);
    return WH_OK;
}

static void clear_cursor(struct cursor *cursor)
{
    wh_draft_clear(&cursor->draft);
}

wh_status wh_skeleton_read(const struct wh_header *header, struct wh_bytes payload,
    struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    wh_cleanup(clear_cursor) struct cursor cursor = {.reader = wh_reader_over(payload)};
    wh_autofree uint8_t *seen = wh_array(header->file_count, 1, WH_FILES_MAX, err);

    if (!seen)
        return wh_no_memory(err);
    cursor.start = cursor.reader.at;
    WH_TRY(wh_file_map_new(header, &map, err));
    WH_TRY(wh_draft_begin(&cursor.draft, header, err));
    WH_TRY(read_members(header, map, &cursor, seen, err));
    return wh_draft_finish(&cursor.draft, out_skeleton, err);
}
