/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build.c - makes the canary with librpm's header functions and our own assembler's parts. */
#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "canary/canary.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/skeleton.h"

enum { TAG_PAYLOADDIGEST = 5092, TAG_PAYLOADDIGESTALGO = 5093, TAG_PAYLOADDIGESTALT = 5097 };

static void put_strings(Header h)
{
    static const struct {
        rpmTagVal tag;
        const char *text;
    } strings[] = {
        {RPMTAG_NAME, "whittle-canary"},
        {RPMTAG_VERSION, "1"},
        {RPMTAG_RELEASE, "1"},
        {RPMTAG_OS, "linux"},
        {RPMTAG_ARCH, "noarch"},
        {RPMTAG_LICENSE, "GPL-2.0-or-later"},
        {RPMTAG_RPMVERSION, "4.18.0"},
        {RPMTAG_SOURCERPM, "whittle-canary-1-1.src.rpm"},
        {RPMTAG_PAYLOADFORMAT, "cpio"},
        /* Every rpm can unpack xz; what follows is not xz. */
        {RPMTAG_PAYLOADCOMPRESSOR, "xz"},
        {RPMTAG_PAYLOADFLAGS, "2"},
    };

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        (void)headerPutString(h, strings[i].tag, strings[i].text);
}

static void put_numbers(Header h)
{
    static const struct {
        rpmTagVal tag;
        uint32_t number;
    } numbers[] = {
        {RPMTAG_SIZE, sizeof WH_CANARY_CONTENT - 1},
        {RPMTAG_BUILDTIME, 1},
        {RPMTAG_FILESIZES, sizeof WH_CANARY_CONTENT - 1},
        {RPMTAG_FILEMTIMES, 1},
        {RPMTAG_FILEFLAGS, 0},
        {RPMTAG_FILEDEVICES, 1},
        {RPMTAG_FILEINODES, 1},
        {RPMTAG_DIRINDEXES, 0},
        {RPMTAG_FILEVERIFYFLAGS, UINT32_MAX},
        {RPMTAG_FILEDIGESTALGO, WH_SHA256},
    };
    uint16_t mode = S_IFREG | 0644;
    uint16_t rdev = 0;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)headerPutUint32(h, numbers[i].tag, &numbers[i].number, 1);
    (void)headerPutUint16(h, RPMTAG_FILEMODES, &mode, 1);
    (void)headerPutUint16(h, RPMTAG_FILERDEVS, &rdev, 1);
}

static void put_array(Header h, rpmTagVal tag, const char *text)
{
    (void)headerPutStringArray(h, tag, &text, 1);
}

static wh_status put_file(Header h, struct wh_error *err)
{
    struct wh_digest digest;
    char hex[2 * WH_DIGEST_MAX + 1];

    WH_TRY(wh_digest_of(WH_SHA256,
        (struct wh_bytes){(const uint8_t *)WH_CANARY_CONTENT, sizeof WH_CANARY_CONTENT - 1},
        &digest, err));
    wh_hex(digest.bytes, digest.length, hex);
    put_array(h, RPMTAG_BASENAMES, &WH_CANARY_FILE[1]);
    put_array(h, RPMTAG_DIRNAMES, "/");
    put_array(h, RPMTAG_FILEDIGESTS, hex);
    put_array(h, RPMTAG_FILELINKTOS, "");
    put_array(h, RPMTAG_FILEUSERNAME, "root");
    put_array(h, RPMTAG_FILEGROUPNAME, "root");
    put_array(h, RPMTAG_FILELANGS, "");
    return WH_OK;
}

/* Exports h as a main header with its region, which librpm makes when a header is reloaded. */
static wh_status export_header(Header h, struct wh_buffer *out, struct wh_error *err)
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    Header copy = headerCopy(h);
    Header reloaded = copy ? headerReload(copy, RPMTAG_HEADERIMMUTABLE) : NULL;
    unsigned length = 0;
    wh_autofree void *blob = reloaded ? headerExport(reloaded, &length) : NULL;

    (void)headerFree(reloaded);
    if (!blob)
        return wh_no_memory(err);
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_append(out, blob, length);
    return wh_buffer_check(out, err);
}

/* The payload follows from the file list, which is complete already. */
static wh_status build_payload(Header h, struct wh_buffer *out_payload, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_HEADER_DATA_MAX};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};

    WH_TRY(export_header(h, &bytes, err));
    WH_TRY(wh_header_parse(wh_buffer_bytes(&bytes), &header, err));
    WH_TRY(wh_skeleton_generate(header, &skeleton, err));
    if (skeleton.piece_count != 1)
        return wh_fail(err, WH_MALFORMED, "canary: its payload has no content");
    size_t before = (size_t)skeleton.pieces[0].skeleton_length;
    wh_buffer_append(out_payload, skeleton.bytes, before);
    wh_buffer_append(out_payload, WH_CANARY_CONTENT, sizeof WH_CANARY_CONTENT - 1);
    wh_buffer_append(out_payload, skeleton.bytes + before, skeleton.length - before);
    return wh_buffer_check(out_payload, err);
}

/* The digest of the compressed payload is one that nothing has: rpm must go by the plain one. */
static wh_status put_payload_digests(Header h, struct wh_bytes payload, struct wh_error *err)
{
    struct wh_digest digest;
    char hex[2 * WH_DIGEST_MAX + 1];
    uint32_t algorithm = WH_SHA256;

    WH_TRY(wh_digest_of(WH_SHA256, payload, &digest, err));
    wh_hex(digest.bytes, digest.length, hex);
    put_array(h, TAG_PAYLOADDIGESTALT, hex);
    memset(hex, '0', 2 * (size_t)digest.length);
    put_array(h, TAG_PAYLOADDIGEST, hex);
    (void)headerPutUint32(h, TAG_PAYLOADDIGESTALGO, &algorithm, 1);
    return WH_OK;
}

/* Lead and a signature header with the SHA-256 of the main header, which is '0's here. */
static void put_prefix_start(struct wh_buffer *out)
{
    static const uint8_t lead[] = {0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1};
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    enum { REGION = 62, SHA256 = 273, BIN = 7, STRING = 6, DIGITS = 64, SIGNATURE_TYPE = 5 };
    const uint32_t words[] = {
        2,
        DIGITS + 1 + 16, /* entries, data length */
        REGION,
        BIN,
        DIGITS + 1,
        16, /* index: region, its trailer behind the digest */
        SHA256,
        STRING,
        0,
        1,
    };
    const uint32_t trailer[] = {REGION, BIN, 0u - 32u, 16};

    wh_buffer_append(out, lead, sizeof lead);
    wh_buffer_append(out, "whittle-canary-1-1", 18);
    wh_buffer_fill(out, 0, 76 - 28); /* the name's field ends at 76 */
    wh_buffer_append(out, (const uint8_t[]){0, 1, 0, SIGNATURE_TYPE}, 4);
    wh_buffer_fill(out, 0, 16);
    wh_buffer_append(out, magic, sizeof magic);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        wh_buffer_be32(out, words[i]);
    wh_buffer_fill(out, '0', DIGITS);
    wh_buffer_u8(out, 0);
    for (size_t i = 0; i < sizeof trailer / sizeof *trailer; i++)
        wh_buffer_be32(out, trailer[i]);
    wh_buffer_fill(out, 0, (0 - out->length) & 7);
}

static wh_status build_with(Header h, struct wh_buffer *out_package, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer prefix = {.ceiling = WH_HEADER_DATA_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer payload = {.ceiling = WH_HEADER_DATA_MAX};
    struct wh_package_digests digests = {0};
    struct wh_prefix parsed;

    put_strings(h);
    put_numbers(h);
    WH_TRY(put_file(h, err));
    WH_TRY(build_payload(h, &payload, err));
    WH_TRY(put_payload_digests(h, wh_buffer_bytes(&payload), err));
    put_prefix_start(&prefix);
    WH_TRY(export_header(h, &prefix, err));
    WH_TRY(wh_prefix_parse(wh_buffer_bytes(&prefix), &parsed, err));
    WH_TRY(wh_prefix_complete(prefix.data, &parsed, err));
    WH_TRY(wh_prefix_rewrite(&parsed, &digests, out_package, err));
    wh_buffer_append(out_package, payload.data, payload.length);
    return wh_buffer_check(out_package, err);
}

wh_status wh_canary_build(struct wh_buffer *out_package, struct wh_error *err)
{
    Header h = headerNew();
    wh_status status = build_with(h, out_package, err);

    (void)headerFree(h);
    return status;
}
