/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle.c - bundles and supplements between samples; see sample.h. */
#include <string.h>

#include "need.h"
#include "whittle/cleanup.h"

struct bundle_parts {
    const struct sample_coding *coding;
    struct wh_entry entries[FILES_MAX];
    struct wh_twin twins[FILES_MAX];
    struct wh_group groups[FILES_MAX];
    struct wh_buffer stored[FILES_MAX];
    uint32_t entry_count;
    uint32_t twin_count;
    uint32_t group_count;
};

static bool is_path(const struct wh_file *file, const char *path)
{
    size_t folder = strlen(file->dirname);

    return strncmp(file->dirname, path, folder) == 0 && strcmp(file->basename, path + folder) == 0;
}

static bool is_listed(const struct wh_file *file, const char *const *paths)
{
    for (; paths && *paths; paths++)
        if (is_path(file, *paths))
            return true;
    return false;
}

/* ---- members ------------------------------------------------------------------------------- */

/* How a file is made in its plain form, or NULL for one that is coded as it is. */
static const struct sample_packed *find_packed(
    const struct bundle_parts *parts, const struct wh_file *file)
{
    for (uint32_t i = 0; i < parts->coding->packed_count; i++)
        if (is_path(file, parts->coding->packed[i].path))
            return &parts->coding->packed[i];
    return NULL;
}

/* As they are coded. */
struct coded {
    struct wh_bytes base;
    struct wh_bytes content;
};

static struct coded coded_member(const struct bundle_parts *parts, const struct sample *old,
    const struct sample *new, const struct wh_entry *entry)
{
    const struct sample_packed *packed = find_packed(parts, &new->header->files[entry->file]);
    struct coded coded = {{0}, sample_content(new, entry->file)};

    if (packed)
        return (struct coded){packed->base, packed->content};
    if (entry->base != WH_NO_FILE)
        coded.base = sample_content(old, entry->base);
    return coded;
}

/* Appends a piece of a patch without prediction: what both begin with is copied. */
static void append_piece(struct wh_bytes base, struct wh_bytes content, struct wh_buffer *streams)
{
    size_t same = 0;

    while (same < base.length && same < content.length && base.data[same] == content.data[same])
        same++;
    wh_buffer_varint(&streams[WH_STREAM_CONTROL], WH_PATCH_PLAIN);
    wh_buffer_varint(&streams[WH_STREAM_CONTROL], same > 0);
    if (same > 0) {
        wh_buffer_varint(&streams[WH_STREAM_CONTROL], 0);
        wh_buffer_signed(&streams[WH_STREAM_CONTROL], 0);
        wh_buffer_varint(&streams[WH_STREAM_CONTROL], same - 1);
        wh_buffer_varint(&streams[WH_STREAM_GAP], same);
    }
    wh_buffer_append(&streams[WH_STREAM_EXTRA], content.data + same, content.length - same);
}

/* MiniDebugInfo is the outer bytes first, then its form, then the inner file. */
static void append_patch(
    const struct sample_packed *packed, const struct coded *coded, struct wh_buffer *streams)
{
    bool is_told = packed && packed->recipe->packing == WH_PACKING_DEBUGDATA &&
                   packed->recipe->old_count == 1;

    if (!is_told) {
        append_piece(coded->base, coded->content, streams);
        return;
    }
    size_t old = packed->inner_base;
    size_t fresh = packed->inner_content;
    append_piece((struct wh_bytes){coded->base.data + old, coded->base.length - old},
        (struct wh_bytes){coded->content.data + fresh, coded->content.length - fresh}, streams);
    wh_buffer_varint(&streams[WH_STREAM_CONTROL], 0);
    append_piece((struct wh_bytes){coded->base.data, old},
        (struct wh_bytes){coded->content.data, fresh}, streams);
}

/* ---- groups -------------------------------------------------------------------------------- */

/* All members of a group, as both codecs take them. */
struct group_draft {
    struct wh_buffer bases;
    struct wh_buffer contents;
    struct wh_buffer streams[WH_STREAMS];
    bool has_recipe;
};

static void clear_group_draft(struct group_draft *draft)
{
    wh_buffer_clear(&draft->bases);
    wh_buffer_clear(&draft->contents);
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_clear(&draft->streams[i]);
}

static void encode(
    const struct group_draft *draft, bool patches, uint32_t count, struct wh_buffer *out_stored)
{
    struct wh_bytes streams[WH_STREAMS];
    struct wh_error err;

    *out_stored = (struct wh_buffer){.ceiling = CEILING};
    for (int i = 0; i < WH_STREAMS; i++)
        streams[i] = wh_buffer_bytes(&draft->streams[i]);
    must(patches ? wh_streams_write(streams, draft->contents.length, count, 19, out_stored, &err)
                 : wh_frame_write(wh_buffer_bytes(&draft->contents), wh_buffer_bytes(&draft->bases),
                       19, out_stored, &err),
        &err);
}

static void close_group(
    struct bundle_parts *parts, const struct sample *old, const struct sample *new, uint32_t first)
{
    const struct sample_coding *coding = parts->coding;
    wh_cleanup(clear_group_draft) struct group_draft draft = {
        .bases.ceiling = CEILING, .contents.ceiling = CEILING};
    struct wh_buffer *stored = &parts->stored[parts->group_count];
    struct wh_group *group = &parts->groups[parts->group_count++];
    uint32_t count = parts->entry_count - first;

    for (int i = 0; i < WH_STREAMS; i++)
        draft.streams[i].ceiling = CEILING;
    for (uint32_t i = first; i < parts->entry_count; i++) {
        const struct wh_entry *entry = &parts->entries[i];
        struct coded coded = coded_member(parts, old, new, entry);
        append_patch(find_packed(parts, &new->header->files[entry->file]), &coded, draft.streams);
        wh_buffer_append(&draft.bases, coded.base.data, coded.base.length);
        wh_buffer_append(&draft.contents, coded.content.data, coded.content.length);
        draft.has_recipe |= entry->recipe != NULL;
    }
    encode(&draft, coding->patches, count, stored);
    *group = (struct wh_group){
        .codec = coding->patches ? WH_CODEC_PATCH : WH_CODEC_ZSTD,
        .first_entry = first,
        .entry_count = count,
        .stored = wh_buffer_bytes(stored),
    };
    if (draft.has_recipe) {
        group->plain_bases = draft.bases.length + (uint64_t)coding->bases_off;
        group->plain_contents = draft.contents.length + (uint64_t)coding->contents_off;
    }
}

static void add_entry(
    struct bundle_parts *parts, const struct sample *new, uint32_t file, uint32_t base)
{
    const struct sample_packed *packed = find_packed(parts, &new->header->files[file]);

    parts->entries[parts->entry_count++] = (struct wh_entry){
        .file = file, .base = base, .recipe = packed ? packed->recipe : NULL};
}

static uint32_t entry_with_content(
    const struct bundle_parts *parts, const struct sample *new, uint32_t file)
{
    for (uint32_t i = 0; i < parts->entry_count; i++)
        if (strcmp(new->header->files[parts->entries[i].file].digest,
                new->header->files[file].digest) == 0)
            return parts->entries[i].file;
    return WH_NO_FILE;
}

static void add_changes(struct bundle_parts *parts, const struct sample *old,
    const struct wh_file_map *old_map, const struct sample *new, bool in_group)
{
    for (uint32_t i = 0; i < new->header->file_count; i++) {
        const struct wh_file *file = &new->header->files[i];
        if (!file->has_content || is_listed(file, parts->coding->together) != in_group ||
            wh_file_map_digest(old_map, file->digest, file->size) != WH_NO_FILE)
            continue;
        uint32_t original = entry_with_content(parts, new, i);
        if (original != WH_NO_FILE) {
            parts->twins[parts->twin_count++] = (struct wh_twin){i, original};
            continue;
        }
        uint32_t base = wh_file_map_path(old_map, file->dirname, file->basename);
        if (base != WH_NO_FILE && old->header->files[base].size == 0)
            base = WH_NO_FILE;
        add_entry(parts, new, i, base);
        if (!in_group)
            close_group(parts, old, new, parts->entry_count - 1);
    }
    if (in_group && parts->entry_count > 0)
        close_group(parts, old, new, 0);
}

static void identify(struct wh_bundle_draft *draft, const struct sample *new)
{
    struct wh_digest digest;
    struct wh_error err;

    must(wh_digest_of(WH_SHA256, wh_buffer_bytes(&new->prefix), &digest, &err), &err);
    memcpy(draft->identity.prefix, digest.bytes, sizeof draft->identity.prefix);
    memset(draft->identity.package, 0x11, sizeof draft->identity.package);
    memset(draft->identity.package_sha512, 0x22, sizeof draft->identity.package_sha512);
    draft->package_size = new->prefix.length + new->payload.length / 2;
    draft->new_header = new->header;
}

static void blank(const struct sample *new, const struct bundle_parts *parts, uint8_t *prefix)
{
    wh_autofree size_t *offsets = NULL;
    const struct wh_file *files = new->header->files;
    struct wh_error err;
    size_t start = (size_t)(new->parsed.header.bytes.data - new->parsed.bytes.data);

    must(wh_header_digest_offsets(new->parsed.header.bytes, new->header, &offsets, &err), &err);
    wh_prefix_blank(prefix, &new->parsed);
    for (uint32_t i = 0; i < parts->entry_count + parts->twin_count; i++) {
        uint32_t file = i < parts->entry_count ? parts->entries[i].file
                                               : parts->twins[i - parts->entry_count].file;
        for (uint32_t link = 0; link < files[file].link_count; link++) {
            memset(prefix + start + offsets[file], '0', strlen(files[file].digest));
            if (files[file].link_count > 1)
                file = files[file].link_next;
        }
    }
}

static void finish(
    struct wh_bundle_draft *draft, struct bundle_parts *parts, struct wh_buffer *out_bundle)
{
    struct wh_error err;

    draft->entries = parts->entries;
    draft->entry_count = parts->entry_count;
    draft->twins = parts->twins;
    draft->twin_count = parts->twin_count;
    draft->groups = parts->groups;
    draft->group_count = parts->group_count;
    *out_bundle = (struct wh_buffer){.ceiling = CEILING};
    must(wh_bundle_write(draft, out_bundle, &err), &err);
    for (uint32_t i = 0; i < parts->group_count; i++)
        wh_buffer_clear(&parts->stored[i]);
}

static void make_step(enum wh_bundle_kind kind, const struct sample *old, const struct sample *new,
    const struct sample_coding *coding, struct wh_buffer *out_bundle)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *old_map = NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer correction = {.ceiling = CEILING};
    wh_autofree uint8_t *prefix = need(malloc(new->prefix.length));
    struct wh_bundle_draft draft = {.kind = kind};
    struct bundle_parts parts = {.coding = coding};
    struct wh_error err;

    must(wh_file_map_new(old->header, &old_map, &err), &err);
    add_changes(&parts, old, old_map, new, true);
    add_changes(&parts, old, old_map, new, false);
    memcpy(prefix, new->prefix.data, new->prefix.length);
    blank(new, &parts, prefix);
    identify(&draft, new);
    memcpy(draft.identity.old_header, old->header->id, sizeof draft.identity.old_header);
    must(
        wh_skeleton_compare(new->header, &new->skeleton, &draft.correction_mode, &correction, &err),
        &err);
    draft.prefix = (struct wh_bytes){prefix, new->prefix.length};
    draft.old_header = old->parsed.header.bytes;
    draft.correction = wh_buffer_bytes(&correction);
    draft.old_map = old_map;
    finish(&draft, &parts, out_bundle);
}

void sample_step_coded(const struct sample *old, const struct sample *new,
    const struct sample_coding *coding, struct wh_buffer *out_bundle)
{
    make_step(WH_BUNDLE_STEP, old, new, coding, out_bundle);
}

void sample_step_from_list(const struct wh_listed_file *files, uint32_t count,
    const struct sample *old, const struct sample *new, struct wh_buffer *out_bundle)
{
    static const struct sample_coding usual = {0};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    wh_autofree uint64_t *offsets = need(calloc(count + 1, sizeof *offsets));
    struct sample listed = *old;
    struct wh_error err;

    must(wh_header_of_list(files, count, &header, &err), &err);
    for (uint32_t i = 0; i < count; i++) {
        struct wh_bytes content = sample_content(old, sample_file(old, files[i].path));
        offsets[i] = (uint64_t)(content.data - old->payload.data);
    }
    listed.header = header;
    listed.offsets = offsets;
    listed.parsed.header.bytes = (struct wh_bytes){0};
    make_step(WH_BUNDLE_LIST, &listed, new, &usual, out_bundle);
}

void sample_step(const struct sample *old, const struct sample *new, const char *const *together,
    struct wh_buffer *out_bundle)
{
    const struct sample_coding coding = {.together = together};

    sample_step_coded(old, new, &coding, out_bundle);
}

void sample_supplement_coded(const struct sample *new, enum wh_bundle_kind kind, uint32_t flag,
    const struct sample_coding *coding, struct wh_buffer *out_bundle)
{
    struct wh_bundle_draft draft = {.kind = kind};
    struct bundle_parts parts = {.coding = coding};

    for (uint32_t i = 0; i < new->header->file_count; i++) {
        if (!new->header->files[i].has_content || !(new->header->files[i].flags &flag))
            continue;
        add_entry(&parts, new, i, WH_NO_FILE);
        close_group(&parts, NULL, new, parts.entry_count - 1);
    }
    identify(&draft, new);
    finish(&draft, &parts, out_bundle);
}

void sample_supplement(
    const struct sample *new, enum wh_bundle_kind kind, uint32_t flag, struct wh_buffer *out_bundle)
{
    static const struct sample_coding usual = {0};

    sample_supplement_coded(new, kind, flag, &usual, out_bundle);
}

void sample_assembled(const struct sample *new, struct wh_buffer *out_package)
{
    struct wh_package_digests digests;
    struct wh_error err;

    memset(digests.sha256, 0x11, sizeof digests.sha256);
    memset(digests.sha512, 0x22, sizeof digests.sha512);
    *out_package = (struct wh_buffer){.ceiling = CEILING};
    must(wh_prefix_rewrite(&new->parsed, &digests, out_package, &err), &err);
    wh_buffer_append(out_package, new->payload.data, new->payload.length);
}

wh_status sample_sink_write(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    struct wh_buffer *file = context;

    if (offset > file->ceiling || length > file->ceiling - offset)
        return wh_fail(err, WH_SYSTEM, "the sink is full");
    if (offset + length > file->length)
        wh_buffer_fill(file, 0xee, (size_t)offset + length - file->length);
    if (length > 0)
        memcpy(file->data + offset, data, length);
    return WH_OK;
}

wh_status sample_sink_read(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    const struct wh_buffer *file = context;

    if (offset > file->length || length > file->length - offset)
        return wh_fail(err, WH_MISMATCH, "it is shorter than written");
    if (length > 0)
        memcpy(out, file->data + offset, length);
    return WH_OK;
}

void sample_mend(uint8_t *bundle, size_t length)
{
    enum { DIGEST_AT = 212 };
    struct wh_digest digest;
    struct wh_error err;

    if (length < WH_BUNDLE_HEAD_LENGTH)
        return;
    must(wh_digest_of(WH_SHA256,
             (struct wh_bytes){bundle + WH_BUNDLE_HEAD_LENGTH, length - WH_BUNDLE_HEAD_LENGTH},
             &digest, &err),
        &err);
    memcpy(bundle + DIGEST_AT, digest.bytes, digest.length);
}
