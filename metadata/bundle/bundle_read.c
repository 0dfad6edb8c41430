/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_read.c - parses a bundle; see whittle/bundle.h and bundle/head.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle/head.h"
#include "bundle/table.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

struct lengths {
    uint32_t prefix_stored, correction_stored, table_stored, table;
    uint64_t groups;
    uint8_t digest[WH_SHA256_LENGTH];
};

static wh_status bad_bundle(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "bundle: %s", what);
}

static void read_digest(struct wh_reader *reader, uint8_t *out, size_t length)
{
    struct wh_bytes bytes = wh_read_bytes(reader, length);

    if (bytes.data)
        memcpy(out, bytes.data, length);
}

static wh_status read_head(struct wh_reader *reader, struct wh_bundle *bundle,
    struct lengths *lengths, struct wh_error *err)
{
    struct wh_bytes magic = wh_read_bytes(reader, sizeof wh_bundle_magic);
    if (!magic.data || memcmp(magic.data, wh_bundle_magic, sizeof wh_bundle_magic) != 0)
        return bad_bundle("it does not begin as one", err);
    uint8_t version = wh_read_u8(reader);
    if (!reader->failed && version != WH_BUNDLE_VERSION)
        return wh_fail(err, WH_UNSUPPORTED, "bundle: format version %u is not known", version);

    bundle->kind = wh_read_u8(reader);
    bundle->correction_mode = wh_read_u8(reader);
    uint8_t zero = wh_read_u8(reader);
    lengths->prefix_stored = wh_read_le32(reader);
    bundle->prefix_length = wh_read_le32(reader);
    lengths->correction_stored = wh_read_le32(reader);
    bundle->correction_length = wh_read_le32(reader);
    lengths->table_stored = wh_read_le32(reader);
    lengths->table = wh_read_le32(reader);
    lengths->groups = wh_read_le64(reader);
    bundle->package_size = wh_read_le64(reader);
    read_digest(reader, bundle->identity.old_header, sizeof bundle->identity.old_header);
    read_digest(reader, bundle->identity.prefix, sizeof bundle->identity.prefix);
    read_digest(reader, bundle->identity.package, sizeof bundle->identity.package);
    read_digest(reader, bundle->identity.package_sha512, sizeof bundle->identity.package_sha512);
    read_digest(reader, lengths->digest, sizeof lengths->digest);
    if (reader->failed || zero != 0)
        return bad_bundle("its head is bad", err);
    return WH_OK;
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] == 0)
        length--;
    return length == 0;
}

/* What each kind has and has not, so that one meaning has one spelling. */
static const char *refuse_kind(const struct wh_bundle *bundle, const struct lengths *lengths)
{
    bool step = wh_bundle_leads(bundle->kind);
    bool corrected = bundle->correction_mode != WH_CORRECTION_NONE;

    if (!step && bundle->kind != WH_BUNDLE_CONFIG && bundle->kind != WH_BUNDLE_DOC)
        return "its kind is not known";
    if (bundle->correction_mode > WH_CORRECTION_FULL)
        return "its correction mode is not known";
    if (step != (bundle->prefix_length > 0) || step != (lengths->prefix_stored > 0))
        return "its prefix is absent, or has no place in a supplement";
    if (corrected != (lengths->correction_stored > 0) || (corrected && !step) ||
        (bundle->correction_length > 0 && !corrected))
        return "its correction is absent, or has no place here";
    if (step == all_zeros(bundle->identity.old_header, sizeof bundle->identity.old_header))
        return "the version that it starts from is absent, or has no place in a supplement";
    return NULL;
}

static wh_status check_digest(
    struct wh_bytes rest, const uint8_t digest[WH_SHA256_LENGTH], struct wh_error *err)
{
    struct wh_digest found;

    WH_TRY(wh_digest_of(WH_SHA256, rest, &found, err));
    if (memcmp(found.bytes, digest, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MISMATCH, "bundle: its bytes are not those that its head names");
    return WH_OK;
}

static wh_status read_sections(
    struct wh_bytes bytes, struct wh_bundle *bundle, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(bytes);
    struct lengths lengths = {0};

    WH_TRY(read_head(&reader, bundle, &lengths, err));
    const char *reason = refuse_kind(bundle, &lengths);
    if (reason)
        return bad_bundle(reason, err);
    if (bytes.length > WH_BUNDLE_MAX || bundle->prefix_length > WH_PREFIX_MAX ||
        bundle->correction_length > WH_SKELETON_MAX || lengths.table > WH_TABLE_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "bundle: a part is over the limit");
    struct wh_bytes rest = {reader.at, (size_t)(reader.end - reader.at)};
    WH_TRY(check_digest(rest, lengths.digest, err));

    bundle->stored_prefix = wh_read_bytes(&reader, lengths.prefix_stored);
    bundle->stored_correction = wh_read_bytes(&reader, lengths.correction_stored);
    struct wh_bytes stored_table = wh_read_bytes(&reader, lengths.table_stored);
    struct wh_bytes groups = wh_read_bytes(&reader, lengths.groups);
    if (!wh_reader_at_end(&reader))
        return bad_bundle("its parts do not add up", err);
    bundle->groups_length = groups.length;

    bundle->table = wh_array(lengths.table, 1, WH_TABLE_MAX, err);
    if (!bundle->table)
        return wh_no_memory(err);
    WH_TRY(wh_frame_read(stored_table, (struct wh_bytes){0}, bundle->table, lengths.table, err));
    return wh_table_read((struct wh_bytes){bundle->table, lengths.table}, groups, bundle, err);
}

wh_status wh_bundle_parse(struct wh_bytes bytes, struct wh_bundle *out_bundle, struct wh_error *err)
{
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};

    WH_TRY(read_sections(bytes, &bundle, err));
    *out_bundle = bundle;
    bundle = (struct wh_bundle){0};
    return WH_OK;
}

void wh_bundle_clear(struct wh_bundle *bundle)
{
    free(bundle->entries);
    free(bundle->twins);
    free(bundle->groups);
    for (uint32_t i = 0; i < bundle->recipe_count; i++)
        wh_recipe_clear(&bundle->recipes[i]);
    free(bundle->recipes);
    free(bundle->table);
    *bundle = (struct wh_bundle){0};
}

uint32_t wh_bundle_cpu_ms(const struct wh_bundle *bundle)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < bundle->recipe_count; i++)
        sum += bundle->recipes[i].cpu_ms;
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* Why entry cannot be, or NULL; resolves its base. made has one byte a file of the new header. */
static const char *resolve_entry(struct wh_entry *entry, const struct wh_header *old_header,
    const struct wh_file_map *old_map, const struct wh_header *new_header, uint8_t *made)
{
    if (entry->file >= new_header->file_count || !new_header->files[entry->file].has_content)
        return "an entry's file has no content";
    if (made[entry->file]++)
        return "a file is made twice";
    if (entry->base == WH_NO_FILE)
        return entry->recipe && entry->recipe->old_count > 0 ? "a recipe has no base" : NULL;
    if (!old_map)
        return "a supplement has a base";

    const struct wh_file *file = &new_header->files[entry->file];
    uint32_t same = wh_file_map_path(old_map, file->dirname, file->basename);
    if (entry->base == same)
        return "a base of the same path is spelled as a number";
    if (entry->base == WH_SAME_PATH)
        entry->base = same;
    if (entry->base >= old_header->file_count)
        return "a base is not in the older version";
    const struct wh_file *base = &old_header->files[entry->base];
    if (!S_ISREG(base->mode) || (base->flags & WH_FILE_GHOST) || base->size == 0)
        return "a base has no content";
    return NULL;
}

static const char *refuse_twin(
    const struct wh_twin *twin, const struct wh_header *new_header, uint8_t *made)
{
    if (twin->file >= new_header->file_count || twin->original >= new_header->file_count ||
        !new_header->files[twin->file].has_content)
        return "a twin's file has no content";
    if (made[twin->file] != 0 || made[twin->original] != 1)
        return "a twin has no original";
    if (new_header->files[twin->file].size != new_header->files[twin->original].size)
        return "a twin has another size than its original";
    return NULL;
}

wh_status wh_bundle_resolve(struct wh_bundle *bundle, const struct wh_header *old_header,
    const struct wh_file_map *old_map, const struct wh_header *new_header, struct wh_error *err)
{
    wh_autofree uint8_t *made = wh_array(new_header->file_count, 1, WH_FILES_MAX, err);
    const char *reason = NULL;

    if (!made)
        return wh_no_memory(err);
    if (bundle->twin_count > 0 && !old_map)
        reason = "a supplement has a twin";
    for (uint32_t i = 0; i < bundle->entry_count && !reason; i++)
        reason = resolve_entry(&bundle->entries[i], old_header, old_map, new_header, made);
    for (uint32_t i = 0; i < bundle->twin_count && !reason; i++)
        reason = refuse_twin(&bundle->twins[i], new_header, made);
    for (uint32_t i = 0; i < bundle->twin_count && !reason; i++) /* no twin of a twin */
        reason = made[bundle->twins[i].file]++ ? "a file is made twice" : NULL;
    return reason ? bad_bundle(reason, err) : WH_OK;
}

wh_status wh_bundle_prefix(const struct wh_bundle *bundle, struct wh_bytes old_header,
    uint8_t **out_bytes, struct wh_error *err)
{
    uint8_t id[WH_SHA256_LENGTH];
    wh_autofree uint8_t *bytes = wh_array(bundle->prefix_length, 1, WH_PREFIX_MAX, err);

    if (!bytes)
        return wh_no_memory(err);
    if (bundle->kind == WH_BUNDLE_STEP) {
        WH_TRY(wh_header_id(old_header, id, err));
        if (memcmp(id, bundle->identity.old_header, sizeof id) != 0)
            return wh_fail(err, WH_MISMATCH, "bundle: it starts from another version");
    } else if (old_header.length > 0) {
        return wh_fail(err, WH_MISMATCH, "bundle: it does not start from a version");
    }
    WH_TRY(wh_frame_read(bundle->stored_prefix, old_header, bytes, bundle->prefix_length, err));
    *out_bytes = wh_take(bytes);
    return WH_OK;
}

wh_status wh_bundle_correction(
    const struct wh_bundle *bundle, uint8_t **out_bytes, struct wh_error *err)
{
    if (bundle->correction_mode == WH_CORRECTION_NONE) {
        *out_bytes = NULL;
        return WH_OK;
    }
    wh_autofree uint8_t *bytes = wh_array(bundle->correction_length, 1, WH_SKELETON_MAX, err);
    if (!bytes)
        return wh_no_memory(err);
    WH_TRY(wh_frame_read(
        bundle->stored_correction, (struct wh_bytes){0}, bytes, bundle->correction_length, err));
    *out_bytes = wh_take(bytes);
    return WH_OK;
}
