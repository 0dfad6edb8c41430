/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_write.c - writes a bundle; the mirror image of bundle_read.c. */
#include <stdio.h>
#include <string.h>

#include "bundle/head.h"
#include "bundle/table.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Headers and tables are small: the slowest level that needs no more memory. */
#define METADATA_LEVEL 19

struct sections {
    struct wh_buffer prefix;
    struct wh_buffer correction;
    struct wh_buffer table;
    size_t table_length;
    uint64_t groups_length;
};

static void clear_sections(struct sections *sections)
{
    wh_buffer_clear(&sections->prefix);
    wh_buffer_clear(&sections->correction);
    wh_buffer_clear(&sections->table);
}

static wh_status build_sections(
    const struct wh_bundle_draft *draft, struct sections *sections, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer table = {.ceiling = WH_TABLE_MAX};
    struct wh_bytes nothing = {0};

    if (draft->prefix.length > 0)
        WH_TRY(wh_frame_write(
            draft->prefix, draft->old_header, METADATA_LEVEL, &sections->prefix, err));
    if (draft->correction_mode != WH_CORRECTION_NONE)
        WH_TRY(
            wh_frame_write(draft->correction, nothing, METADATA_LEVEL, &sections->correction, err));
    WH_TRY(wh_table_write(draft, &table, err));
    WH_TRY(wh_frame_write(wh_buffer_bytes(&table), nothing, METADATA_LEVEL, &sections->table, err));
    sections->table_length = table.length;
    for (uint32_t i = 0; i < draft->group_count; i++)
        sections->groups_length += draft->groups[i].stored.length;
    return WH_OK;
}

static wh_status digest_sections(const struct wh_bundle_draft *draft,
    const struct sections *sections, struct wh_digest *out_digest, struct wh_error *err)
{
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;

    WH_TRY(wh_hasher_new(WH_SHA256, &hasher, err));
    wh_hasher_update(hasher, sections->prefix.data, sections->prefix.length);
    wh_hasher_update(hasher, sections->correction.data, sections->correction.length);
    wh_hasher_update(hasher, sections->table.data, sections->table.length);
    for (uint32_t i = 0; i < draft->group_count; i++)
        wh_hasher_update(hasher, draft->groups[i].stored.data, draft->groups[i].stored.length);
    return wh_hasher_finish(hasher, out_digest, err);
}

static void write_head(const struct wh_bundle_draft *draft, const struct sections *sections,
    const struct wh_digest *digest, struct wh_buffer *out)
{
    const struct wh_bundle_identity *identity = &draft->identity;

    wh_buffer_append(out, wh_bundle_magic, sizeof wh_bundle_magic);
    wh_buffer_u8(out, WH_BUNDLE_VERSION);
    wh_buffer_u8(out, (uint8_t)draft->kind);
    wh_buffer_u8(out, (uint8_t)draft->correction_mode);
    wh_buffer_u8(out, 0);
    wh_buffer_le32(out, (uint32_t)sections->prefix.length);
    wh_buffer_le32(out, (uint32_t)draft->prefix.length);
    wh_buffer_le32(out, (uint32_t)sections->correction.length);
    wh_buffer_le32(out, (uint32_t)draft->correction.length);
    wh_buffer_le32(out, (uint32_t)sections->table.length);
    wh_buffer_le32(out, (uint32_t)sections->table_length);
    wh_buffer_le64(out, sections->groups_length);
    wh_buffer_le64(out, draft->package_size);
    wh_buffer_append(out, identity->old_header, sizeof identity->old_header);
    wh_buffer_append(out, identity->prefix, sizeof identity->prefix);
    wh_buffer_append(out, identity->package, sizeof identity->package);
    wh_buffer_append(out, identity->package_sha512, sizeof identity->package_sha512);
    wh_buffer_append(out, digest->bytes, digest->length);
}

wh_status wh_bundle_write(
    const struct wh_bundle_draft *draft, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(clear_sections) struct sections sections = {
        .prefix.ceiling = UINT32_MAX,
        .correction.ceiling = UINT32_MAX,
        .table.ceiling = UINT32_MAX,
    };
    struct wh_digest digest;

    if (draft->prefix.length > WH_PREFIX_MAX || draft->correction.length > WH_SKELETON_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "bundle: a part is over the limit");
    WH_TRY(build_sections(draft, &sections, err));
    WH_TRY(digest_sections(draft, &sections, &digest, err));
    write_head(draft, &sections, &digest, out);
    wh_buffer_append(out, sections.prefix.data, sections.prefix.length);
    wh_buffer_append(out, sections.correction.data, sections.correction.length);
    wh_buffer_append(out, sections.table.data, sections.table.length);
    for (uint32_t i = 0; i < draft->group_count; i++)
        wh_buffer_append(out, draft->groups[i].stored.data, draft->groups[i].stored.length);
    return wh_buffer_check(out, err);
}

wh_status wh_bundle_location(
    const char *nvra, const uint8_t sha256[32], char **out_location, struct wh_error *err)
{
    enum { ID_BYTES = 8 };
    char id[2 * ID_BYTES + 1];

    bool bad = nvra[0] == '.' || nvra[0] == '\0' || strlen(nvra) > 230;
    for (const char *at = nvra; *at && !bad; at++)
        bad = *at == '/' || *at == '\\' || (unsigned char)*at <= 0x20 || *at == 0x7f;
    if (bad)
        return wh_fail(err, WH_MALFORMED, "%s: cannot be the name of a bundle", nvra);
    wh_hex(sha256, ID_BYTES, id);
    if (asprintf(out_location, "whittle/%s.%s.wht", nvra, id) < 0)
        return wh_no_memory(err);
    return WH_OK;
}
