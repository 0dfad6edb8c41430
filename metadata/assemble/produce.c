/* SPDX-License-Identifier: GPL-2.0-or-later */
/* produce.c - writes the file and proves it: contents first, because they complete the prefix. */
#include <stdlib.h>
#include <string.h>

#include "assemble/assembly.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

wh_status wh_run_write(struct assembly_run *run, uint64_t payload_offset, const uint8_t *data,
    size_t length, struct wh_error *err)
{
    return run->sink->write(run->sink->context,
        run->assembly->assembled_prefix_length + payload_offset, data, length, err);
}

static wh_status write_skeleton(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_skeleton *skeleton = &run->assembly->skeleton;
    const struct wh_file *files = run->assembly->new_header->files;
    const uint8_t *bytes = skeleton->bytes;
    uint64_t offset = 0;

    for (uint32_t i = 0; i < skeleton->piece_count; i++) {
        const struct wh_piece *piece = &skeleton->pieces[i];
        WH_TRY(wh_run_write(run, offset, bytes, (size_t)piece->skeleton_length, err));
        bytes += piece->skeleton_length;
        offset += piece->skeleton_length + files[piece->file].size;
    }
    size_t rest = (size_t)(skeleton->bytes + skeleton->length - bytes);
    return wh_run_write(run, offset, bytes, rest, err);
}

/* The completed prefix must be what the bundle, and so the index, vouches for. */
static wh_status prove_prefix(struct wh_assembly *assembly, struct wh_error *err)
{
    const struct wh_bundle *step = &assembly->bundles[0];
    struct wh_digest digest;

    WH_TRY(wh_prefix_complete(assembly->prefix_bytes, &assembly->prefix, err));
    WH_TRY(wh_digest_of(WH_SHA256, assembly->prefix.bytes, &digest, err));
    if (memcmp(digest.bytes, step->identity.prefix, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: the header does not come out as published",
            assembly->new_header->name);
    return WH_OK;
}

static wh_status write_prefix(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    const struct wh_bundle_identity *identity = &assembly->bundles[0].identity;
    wh_cleanup(wh_buffer_clear) struct wh_buffer prefix = {.ceiling = WH_PREFIX_MAX};
    struct wh_package_digests digests;

    memcpy(digests.sha256, identity->package, sizeof digests.sha256);
    memcpy(digests.sha512, identity->package_sha512, sizeof digests.sha512);
    WH_TRY(wh_prefix_rewrite(&assembly->prefix, &digests, &prefix, err));
    if (prefix.length != assembly->assembled_prefix_length)
        return wh_fail(
            err, WH_MISMATCH, "%s: the header changed its length", assembly->new_header->name);
    return run->sink->write(run->sink->context, 0, prefix.data, prefix.length, err);
}

struct hashers {
    struct wh_hasher *hasher[3];
    uint32_t count;
};

static void free_hashers(struct hashers *hashers)
{
    for (uint32_t i = 0; i < hashers->count; i++)
        wh_hasher_free(hashers->hasher[i]);
}

/* Reads back what was written: rpm will read the same bytes, and contents were written in another
 * order than the payload's. */
static wh_status hash_payload(
    struct assembly_run *run, struct hashers *hashers, struct wh_error *err)
{
    uint64_t end = wh_assembly_size(run->assembly);
    wh_autofree uint8_t *chunk = malloc(WH_CHUNK);

    if (!chunk)
        return wh_no_memory(err);
    for (uint64_t at = run->assembly->assembled_prefix_length; at < end;) {
        size_t length = end - at < WH_CHUNK ? (size_t)(end - at) : WH_CHUNK;
        WH_TRY(run->sink->read(run->sink->context, at, chunk, length, err));
        for (uint32_t i = 0; i < hashers->count; i++)
            wh_hasher_update(hashers->hasher[i], chunk, length);
        at += length;
    }
    return WH_OK;
}

/* rpm excuses each digest of the compressed payload only for the plain one of its algorithm, so
 * every one that is there must hold. */
static wh_status prove_payload(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_header *header = run->assembly->new_header;
    wh_cleanup(free_hashers) struct hashers hashers = {0};

    for (; hashers.count < header->payload_alt_count; hashers.count++)
        WH_TRY(wh_hasher_new(
            header->payload_alt[hashers.count].algorithm, &hashers.hasher[hashers.count], err));
    WH_TRY(hash_payload(run, &hashers, err));
    for (uint32_t i = 0; i < hashers.count; i++) {
        struct wh_digest digest;
        WH_TRY(wh_hasher_finish(hashers.hasher[i], &digest, err));
        if (!wh_digest_equal(&digest, &header->payload_alt[i]))
            return wh_fail(err, WH_MISMATCH, "%s: the payload does not come out as its header says",
                header->name);
    }
    return WH_OK;
}

wh_status wh_assembly_run(struct wh_assembly *assembly, const struct wh_source *source,
    const struct wh_sink *sink, wh_progress_fn *progress, void *progress_context,
    struct wh_error *err)
{
    struct assembly_run run = {
        .assembly = assembly,
        .source = source,
        .sink = sink,
        .progress = progress,
        .progress_context = progress_context,
        .done = wh_assembly_size(assembly),
    };

    if (!assembly->planned)
        return wh_fail(err, WH_MISSING, "%s: there is no plan", assembly->new_header->name);
    for (uint32_t i = 0; i < assembly->skeleton.piece_count; i++)
        run.done -= assembly->new_header->files[assembly->skeleton.pieces[i].file].size;
    WH_TRY(write_skeleton(&run, err));
    WH_TRY(wh_run_contents(&run, err));
    WH_TRY(prove_prefix(assembly, err));
    WH_TRY(write_prefix(&run, err));
    return prove_payload(&run, err);
}
