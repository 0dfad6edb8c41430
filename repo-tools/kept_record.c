/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_record.c - see kept_record.h. */
#include "kept_record.h"

#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

#define MAGIC "WHKEPT1\n"
enum { MAGIC_LENGTH = 8, LEVEL = 19 };

static void put_bytes(struct wh_buffer *out, struct wh_bytes bytes)
{
    wh_buffer_le32(out, (uint32_t)bytes.length);
    wh_buffer_append(out, bytes.data, bytes.length);
}

static void put_record(struct wh_buffer *out, const struct wh_kept_record *record)
{
    wh_buffer_append(out, MAGIC, MAGIC_LENGTH);
    wh_buffer_le32(out, record->pkgid.algorithm);
    put_bytes(out, (struct wh_bytes){record->pkgid.bytes, record->pkgid.length});
    wh_buffer_le64(out, record->size);
    wh_buffer_append(out, record->digests.sha256, sizeof record->digests.sha256);
    wh_buffer_append(out, record->digests.sha512, sizeof record->digests.sha512);
    wh_buffer_le32(out, record->correction_mode);
    put_bytes(out, record->correction);
    put_bytes(out, record->prefix);
    wh_buffer_le32(out, record->content_count);
    wh_buffer_append(out, record->contents, (size_t)record->content_count * WH_SHA256_LENGTH);
}

wh_status wh_kept_record_write(
    const struct wh_kept_record *record, struct wh_buffer *out_stored, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = WH_KEPT_MAX};
    struct wh_digest digest;

    put_record(&plain, record);
    WH_TRY(wh_buffer_check(&plain, err));
    WH_TRY(wh_digest_of(WH_SHA256, wh_buffer_bytes(&plain), &digest, err));
    wh_buffer_append(&plain, digest.bytes, digest.length);
    WH_TRY(wh_buffer_check(&plain, err));
    return wh_frame_write(wh_buffer_bytes(&plain), (struct wh_bytes){0}, LEVEL, out_stored, err);
}

static struct wh_bytes take_bytes(struct wh_reader *reader)
{
    return wh_read_bytes(reader, wh_read_le32(reader));
}

static void take_digest(struct wh_reader *reader, uint8_t *out, size_t length)
{
    struct wh_bytes bytes = wh_read_bytes(reader, length);

    if (!reader->failed)
        memcpy(out, bytes.data, length);
}

static void take_pkgid(struct wh_reader *reader, struct wh_digest *pkgid)
{
    pkgid->algorithm = wh_read_le32(reader);
    struct wh_bytes bytes = take_bytes(reader);

    if (reader->failed || bytes.length > sizeof pkgid->bytes || bytes.length == 0) {
        reader->failed = true;
        return;
    }
    pkgid->length = (uint32_t)bytes.length;
    memcpy(pkgid->bytes, bytes.data, bytes.length);
}

static void take_record(struct wh_reader *reader, struct wh_kept_record *record)
{
    struct wh_bytes magic = wh_read_bytes(reader, MAGIC_LENGTH);

    reader->failed |= !magic.data || memcmp(magic.data, MAGIC, MAGIC_LENGTH) != 0;
    take_pkgid(reader, &record->pkgid);
    record->size = wh_read_le64(reader);
    take_digest(reader, record->digests.sha256, sizeof record->digests.sha256);
    take_digest(reader, record->digests.sha512, sizeof record->digests.sha512);
    uint32_t mode = wh_read_le32(reader);
    reader->failed |= mode > WH_CORRECTION_FULL;
    record->correction_mode = (enum wh_correction_mode)mode;
    record->correction = take_bytes(reader);
    record->prefix = take_bytes(reader);
    record->content_count = wh_read_le32(reader);
    record->contents =
        wh_read_bytes(reader, (uint64_t)record->content_count * WH_SHA256_LENGTH).data;
}

wh_status wh_kept_record_read(struct wh_bytes stored, struct wh_buffer *out_plain,
    struct wh_kept_record *out_record, struct wh_error *err)
{
    struct wh_kept_record record = {0};
    struct wh_digest digest;

    WH_TRY(wh_frame_read_all(stored, out_plain, err));
    struct wh_bytes plain = wh_buffer_bytes(out_plain);
    if (plain.length < WH_SHA256_LENGTH)
        return wh_fail(err, WH_MALFORMED, "it is cut short");
    plain.length -= WH_SHA256_LENGTH;
    WH_TRY(wh_digest_of(WH_SHA256, plain, &digest, err));
    if (memcmp(digest.bytes, plain.data + plain.length, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MALFORMED, "its checksum does not hold");
    struct wh_reader reader = wh_reader_over(plain);
    take_record(&reader, &record);
    if (!wh_reader_at_end(&reader))
        return wh_fail(err, WH_MALFORMED, "it is no record of a package, or a later version's");
    *out_record = record;
    return WH_OK;
}
