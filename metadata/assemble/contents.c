/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contents.c - makes the contents: kept ones are copied, patched and fetched ones come group by
 * group (group.c). Every byte is hashed before anybody relies on it. */
#include <stdlib.h>
#include <string.h>

#include "assemble/assembly.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

wh_status wh_run_changed(struct assembly_run *run, uint32_t old_file, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->old_header->files[old_file];

    assembly->report->differs[old_file] = 1;
    return wh_fail(err, WH_MISSING, "%s: %s%s is not as packaged any more",
        assembly->new_header->name, file->dirname, file->basename);
}

wh_status wh_run_read(struct assembly_run *run, uint32_t old_file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    wh_status status = run->source->read(run->source->context, old_file, offset, out, length, err);

    if (status == WH_MISSING)
        run->assembly->report->differs[old_file] = 1;
    return status;
}

/* The digest as the header spells it, against the one computed. */
bool wh_is_digest(const char *spelled, const struct wh_digest *digest)
{
    char hex[2 * WH_DIGEST_MAX + 1];

    wh_hex(digest->bytes, digest->length, hex);
    return strcasecmp(hex, spelled) == 0;
}

/* Writes bytes of a file's content, and counts them. A corrected skeleton may have no place for it.
 */
static wh_status write_content(struct assembly_run *run, uint32_t number, uint64_t offset,
    struct wh_bytes bytes, struct wh_error *err)
{
    uint64_t at = run->assembly->content_offsets[number];

    if (at == WH_NO_OFFSET)
        return WH_OK;
    WH_TRY(wh_run_write(run, at + offset, bytes.data, bytes.length, err));
    run->done += bytes.length;
    if (run->progress)
        run->progress(run->progress_context, run->done);
    return WH_OK;
}

/* ---- kept contents ------------------------------------------------------------------------- */

static wh_status keep(struct assembly_run *run, uint32_t number, uint32_t old_file, uint8_t *chunk,
    struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->new_header->files[number];
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    struct wh_digest digest;

    WH_TRY(wh_hasher_new(assembly->new_header->digest_algorithm, &hasher, err));
    for (uint64_t offset = 0; offset < file->size;) {
        uint64_t left = file->size - offset;
        size_t length = left < WH_CHUNK ? (size_t)left : WH_CHUNK;
        WH_TRY(wh_run_read(run, old_file, offset, chunk, length, err));
        wh_hasher_update(hasher, chunk, length);
        WH_TRY(write_content(run, number, offset, (struct wh_bytes){chunk, length}, err));
        offset += length;
    }
    WH_TRY(wh_hasher_finish(hasher, &digest, err));
    return wh_is_digest(file->digest, &digest) ? WH_OK : wh_run_changed(run, old_file, err);
}

static wh_status keep_contents(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_plan *plan = &run->assembly->plan;
    wh_autofree uint8_t *chunk = malloc(WH_CHUNK);

    if (!chunk)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < plan->instruction_count; i++)
        if (plan->instructions[i].kind == WH_KEEP)
            WH_TRY(keep(run, i, plan->instructions[i].source, chunk, err));
    return WH_OK;
}

/* ---- made contents ------------------------------------------------------------------------- */

/* Puts a computed digest where the header has '0's: for the file and its hardlinks. */
static wh_status fill_digest(struct wh_assembly *assembly, uint32_t number,
    const struct wh_digest *digest, struct wh_error *err)
{
    const struct wh_file *files = assembly->new_header->files;
    char hex[2 * WH_DIGEST_MAX + 1];
    uint32_t links = files[number].link_count;

    wh_hex(digest->bytes, digest->length, hex);
    for (uint32_t i = 0; i < links; i++) {
        if (strlen(files[number].digest) != 2 * (size_t)digest->length)
            return wh_fail(err, WH_MALFORMED, "%s: the digest of %s%s has another length",
                assembly->new_header->name, files[number].dirname, files[number].basename);
        memcpy(assembly->prefix_bytes + assembly->digest_offsets[number], hex,
            2 * (size_t)digest->length);
        if (links > 1)
            number = files[number].link_next;
    }
    return WH_OK;
}

static wh_status place(struct assembly_run *run, uint32_t number, struct wh_bytes content,
    const struct wh_digest *digest, struct wh_error *err)
{
    struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->new_header->files[number];

    if (assembly->computed[number])
        WH_TRY(fill_digest(assembly, number, digest, err));
    else if (!wh_is_digest(file->digest, digest))
        return wh_fail(err, WH_MISMATCH, "%s: a bundle gives %s%s another content",
            assembly->new_header->name, file->dirname, file->basename);
    return write_content(run, number, 0, content, err);
}

wh_status wh_run_place(
    struct assembly_run *run, uint32_t number, struct wh_bytes content, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    struct wh_digest digest;

    WH_TRY(wh_digest_of(assembly->new_header->digest_algorithm, content, &digest, err));
    WH_TRY(place(run, number, content, &digest, err));
    for (uint32_t twin = assembly->twin_first[number]; twin != WH_NO_FILE;
         twin = assembly->twin_next[twin])
        WH_TRY(place(run, assembly->bundles[0].twins[twin].file, content, &digest, err));
    return WH_OK;
}

wh_status wh_run_contents(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;

    for (uint8_t b = 0; b < assembly->bundle_count; b++)
        for (uint32_t g = 0; g < assembly->bundles[b].group_count; g++)
            WH_TRY(wh_run_group(run, b, g, err));
    return keep_contents(run, err);
}
