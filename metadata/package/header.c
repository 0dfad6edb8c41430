/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header.c - identity and digests of a main header, by librpm; see whittle/header.h. */
#include "whittle/header.h"

#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "package/header_files.h"
#include "package/tags.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Tags that an older librpm has no name for. */
enum {
    TAG_PAYLOAD_SHA256_ALT = 5097,
    TAG_PAYLOAD_SHA512_ALT = 5122,
    TAG_PAYLOAD_SHA3_256_ALT = 5124,
    TAG_PAYLOADALIGNMENT = 5125,
};

static const char *string_of(Header h, rpmTagVal tag, const char *otherwise)
{
    const char *value = headerGetString(h, tag);

    return value ? value : otherwise;
}

/* The one string of a tag that may be a string or an array of strings; NULL when there is none. */
static const char *first_string(Header h, rpmTagVal tag)
{
    struct rpmtd_s data;
    const char *value = NULL;

    if (!headerGet(h, tag, &data, HEADERGET_MINMEM))
        return NULL;
    if (rpmtdClass(&data) == RPM_STRING_CLASS && rpmtdNext(&data) >= 0)
        value = rpmtdGetString(&data);
    rpmtdFreeData(&data);
    return value;
}

static wh_status read_payload_digests(struct wh_header *header, Header h, struct wh_error *err)
{
    static const struct {
        rpmTagVal tag;
        uint32_t algorithm;
    } known[] = {
        {TAG_PAYLOAD_SHA256_ALT, 0}, /* algorithm in PAYLOADDIGESTALGO */
        {TAG_PAYLOAD_SHA512_ALT, WH_SHA512},
        {TAG_PAYLOAD_SHA3_256_ALT, WH_SHA3_256},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *hex = first_string(h, known[i].tag);
        if (!hex)
            continue;
        uint32_t algorithm = known[i].algorithm;
        if (algorithm == 0)
            algorithm = (uint32_t)headerGetNumber(h, RPMTAG_PAYLOADDIGESTALGO);
        if (algorithm == 0)
            algorithm = WH_SHA256; /* v6 headers name it in the tag alone */
        if (!wh_digest_from_hex(algorithm, hex, &header->payload_alt[header->payload_alt_count]))
            return wh_fail(err, WH_MALFORMED, "%s: payload digest of tag %d is bad", header->name,
                (int)known[i].tag);
        header->payload_alt_count++;
    }
    return WH_OK;
}

static wh_status read_identity(struct wh_header *header, Header h, struct wh_error *err)
{
    header->name = headerGetString(h, RPMTAG_NAME);
    header->version = headerGetString(h, RPMTAG_VERSION);
    header->release = headerGetString(h, RPMTAG_RELEASE);
    header->arch = headerGetString(h, RPMTAG_ARCH);
    if (!header->name || !header->version || !header->release || !header->arch)
        return wh_fail(err, WH_MALFORMED, "main header lacks name, version, release or arch");
    header->has_epoch = headerIsEntry(h, RPMTAG_EPOCH);
    header->epoch = (uint32_t)headerGetNumber(h, RPMTAG_EPOCH);
    header->payload_compressor = string_of(h, RPMTAG_PAYLOADCOMPRESSOR, "");
    header->payload_format = string_of(h, RPMTAG_PAYLOADFORMAT, "cpio");
    header->has_rpmversion = headerIsEntry(h, RPMTAG_RPMVERSION);
    header->has_alignment = headerIsEntry(h, TAG_PAYLOADALIGNMENT);
    header->is_source = headerIsSource(h);
    return read_payload_digests(header, h, err);
}

wh_status wh_header_parse(
    struct wh_bytes bytes, struct wh_header **out_header, struct wh_error *err)
{
    struct wh_raw_header raw;
    wh_cleanup(wh_header_cleanup) struct wh_header *header = calloc(1, sizeof *header);

    if (!header)
        return wh_no_memory(err);
    WH_TRY(wh_raw_header_parse(bytes, &raw, err));
    WH_TRY(wh_header_id(bytes, header->id, err));

    /* librpm wants the blob without its magic, and checks every offset and type again. */
    const size_t magic = 8;
    uint8_t *blob = malloc(bytes.length);
    if (!blob)
        return wh_no_memory(err);
    memcpy(blob, bytes.data + magic, bytes.length - magic);
    Header h = headerImport(blob, (unsigned)(bytes.length - magic), 0);
    if (!h) {
        free(blob);
        return wh_fail(err, WH_MALFORMED, "librpm does not accept the main header");
    }
    header->private = h; /* and with it the blob */
    WH_TRY(read_identity(header, h, err));
    WH_TRY(wh_header_read_files(header, h, err));
    *out_header = wh_take(header);
    return WH_OK;
}

void wh_header_free(struct wh_header *header)
{
    if (!header)
        return;
    (void)headerFree(header->private);
    free(header->files);
    free(header);
}

void wh_header_cleanup(struct wh_header **header)
{
    wh_header_free(*header);
}

wh_status wh_header_export(Header h, struct wh_buffer *out_bytes, struct wh_error *err)
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    struct rpmtd_s data;

    if (!headerGet(h, RPMTAG_HEADERIMMUTABLE, &data, HEADERGET_DEFAULT))
        return wh_fail(err, WH_UNSUPPORTED, "installed package has no immutable header");
    wh_buffer_append(out_bytes, magic, sizeof magic);
    wh_buffer_append(out_bytes, data.data, data.count);
    rpmtdFreeData(&data);
    return wh_buffer_check(out_bytes, err);
}

char *wh_header_nvra(const struct wh_header *header)
{
    char *text;

    if (asprintf(
            &text, "%s-%s-%s.%s", header->name, header->version, header->release, header->arch) < 0)
        return NULL;
    return text;
}

char *wh_header_nevra(const struct wh_header *header)
{
    char *text;

    if (!header->has_epoch)
        return wh_header_nvra(header);
    if (asprintf(&text, "%s-%u:%s-%s.%s", header->name, header->epoch, header->version,
            header->release, header->arch) < 0)
        return NULL;
    return text;
}

wh_status wh_header_digest_offsets(struct wh_bytes bytes, const struct wh_header *header,
    size_t **out_offsets, struct wh_error *err)
{
    struct wh_raw_header raw;
    struct wh_tag_entry entry;
    wh_autofree size_t *offsets = wh_array(
        header->file_count, sizeof *offsets, WH_FILES_MAX * sizeof *offsets, err);

    if (!offsets)
        return err ? err->status : WH_NO_MEMORY;
    WH_TRY(wh_raw_header_parse(bytes, &raw, err));
    if (header->file_count > 0) {
        if (!wh_raw_header_find(&raw, WH_TAG_FILEDIGESTS, &entry) ||
            entry.type != WH_TYPE_STRING_ARRAY || entry.count != header->file_count)
            return wh_fail(err, WH_MALFORMED, "%s: file digests are bad", header->name);
        const uint8_t *at = entry.data.data;
        const uint8_t *end = at + entry.data.length;
        for (uint32_t i = 0; i < header->file_count; i++) {
            const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));
            if (!stop || strcmp((const char *)at, header->files[i].digest) != 0)
                return wh_fail(err, WH_MALFORMED, "%s: file digests are bad", header->name);
            offsets[i] = (size_t)(at - bytes.data);
            at = stop + 1;
        }
    }
    *out_offsets = wh_take(offsets);
    return WH_OK;
}
