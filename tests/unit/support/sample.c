/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample.c - packages; see sample.h. */
#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>
#include <string.h>

#include "need.h"
#include "whittle/cleanup.h"

/* ---- header -----------------------------------------------------------------------------------
 */

/* Not headerPutUint32() and the like: those go by the type that librpm knows for the tag. */
static void put(Header h, rpmTagVal tag, rpmTagType type, const void *data, uint32_t count)
{
    struct rpmtd_s row = {
        .tag = tag, .type = type, .data = (void *)(uintptr_t)data, .count = count};

    if (count > 0 && headerPut(h, &row, HEADERPUT_DEFAULT) != 1)
        abort();
}

static void put_text(Header h, rpmTagVal tag, const char *text)
{
    put(h, tag, RPM_STRING_TYPE, text, 1);
}

static void hex_digest(uint32_t algorithm, struct wh_bytes bytes, char *out_hex)
{
    struct wh_digest digest;
    struct wh_error err;

    must(wh_digest_of(algorithm, bytes, &digest, &err), &err);
    wh_hex(digest.bytes, digest.length, out_hex);
}

struct columns {
    char *dirnames[FILES_MAX];
    const char *basenames[FILES_MAX];
    const char *linktos[FILES_MAX];
    char digests[FILES_MAX][2 * WH_DIGEST_MAX + 1];
    const char *digest_texts[FILES_MAX];
    const char *owners[FILES_MAX];
    uint32_t sizes[FILES_MAX];
    uint64_t long_sizes[FILES_MAX];
    uint32_t folders[FILES_MAX];
    uint32_t flags[FILES_MAX];
    uint32_t inodes[FILES_MAX];
    uint32_t devices[FILES_MAX];
    uint32_t times[FILES_MAX];
    uint16_t modes[FILES_MAX];
    uint16_t rdevs[FILES_MAX];
};

static struct wh_bytes content_of(
    const struct sample_file *files, uint32_t i, const struct sample_options *options)
{
    const char *text = files[i].content ? files[i].content : "";

    if (options->contents && options->contents[i].length > 0)
        return options->contents[i];
    return (struct wh_bytes){(const uint8_t *)text, strlen(text)};
}

static void fill_column(
    struct columns *columns, uint32_t i, const struct sample_file *file, struct wh_bytes content)
{
    const char *base = strrchr(file->path, '/') + 1;
    uint16_t mode = file->mode ? file->mode : S_IFREG | 0644;
    bool has_digest = S_ISREG(mode) && !(file->flags & WH_FILE_GHOST);

    columns->dirnames[i] = need(strndup(file->path, (size_t)(base - file->path)));
    columns->basenames[i] = base;
    columns->linktos[i] = file->linkto ? file->linkto : "";
    if (has_digest)
        hex_digest(WH_SHA256, content, columns->digests[i]);
    columns->digest_texts[i] = columns->digests[i];
    columns->owners[i] = "root";
    columns->long_sizes[i] = file->size      ? file->size
                             : S_ISLNK(mode) ? strlen(file->linkto)
                             : S_ISDIR(mode) ? 4096
                                             : content.length;
    columns->sizes[i] = (uint32_t)columns->long_sizes[i];
    columns->folders[i] = i;
    columns->flags[i] = file->flags;
    columns->inodes[i] = file->inode ? file->inode : i + 100;
    columns->devices[i] = 1;
    columns->times[i] = 1000 + i;
    columns->modes[i] = mode;
    columns->rdevs[i] = S_ISCHR(mode) ? 0x0103 : 0;
}

static void put_files(
    Header h, const struct sample_file *files, uint32_t count, const struct sample_options *options)
{
    struct columns columns = {0};
    const uint32_t algorithm = WH_SHA256;

    if (count > FILES_MAX)
        abort();
    for (uint32_t i = 0; i < count; i++)
        fill_column(&columns, i, &files[i], content_of(files, i, options));
    put(h, RPMTAG_BASENAMES, RPM_STRING_ARRAY_TYPE, columns.basenames, count);
    put(h, RPMTAG_DIRNAMES, RPM_STRING_ARRAY_TYPE, columns.dirnames, count);
    put(h, RPMTAG_FILELINKTOS, RPM_STRING_ARRAY_TYPE, columns.linktos, count);
    put(h, RPMTAG_FILEDIGESTS, RPM_STRING_ARRAY_TYPE, columns.digest_texts, count);
    put(h, RPMTAG_FILEUSERNAME, RPM_STRING_ARRAY_TYPE, columns.owners, count);
    put(h, RPMTAG_FILEGROUPNAME, RPM_STRING_ARRAY_TYPE, columns.owners, count);
    put(h, RPMTAG_DIRINDEXES, RPM_INT32_TYPE, columns.folders, count);
    if (options->stripped)
        put(h, RPMTAG_LONGFILESIZES, RPM_INT64_TYPE, columns.long_sizes, count);
    else
        put(h, RPMTAG_FILESIZES, RPM_INT32_TYPE, columns.sizes, count);
    put(h, RPMTAG_FILEFLAGS, RPM_INT32_TYPE, columns.flags, count);
    put(h, RPMTAG_FILEINODES, RPM_INT32_TYPE, columns.inodes, count);
    put(h, RPMTAG_FILEDEVICES, RPM_INT32_TYPE, columns.devices, count);
    put(h, RPMTAG_FILEMTIMES, RPM_INT32_TYPE, columns.times, count);
    put(h, RPMTAG_FILEMODES, RPM_INT16_TYPE, columns.modes, count);
    put(h, RPMTAG_FILERDEVS, RPM_INT16_TYPE, columns.rdevs, count);
    put(h, RPMTAG_FILEDIGESTALGO, RPM_INT32_TYPE, &algorithm, 1);
    for (uint32_t i = 0; i < count; i++)
        free(columns.dirnames[i]);
}

static void put_identity(Header h, const char *version, const char *compressor)
{
    put_text(h, RPMTAG_NAME, "sample");
    put_text(h, RPMTAG_VERSION, version);
    put_text(h, RPMTAG_RELEASE, "1");
    put_text(h, RPMTAG_ARCH, "noarch");
    put_text(h, RPMTAG_OS, "linux");
    put_text(h, RPMTAG_RPMVERSION, "4.18.0");
    put_text(h, RPMTAG_SOURCERPM, "sample-1-1.src.rpm");
    put_text(h, RPMTAG_PAYLOADFORMAT, "cpio");
    put_text(h, RPMTAG_PAYLOADCOMPRESSOR, compressor ? compressor : "zstd");
    put_text(
        h, RPMTAG_DESCRIPTION, "A package that is made up in memory, so that tests need none.");
}

static void export_header(Header h, struct wh_buffer *out)
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    unsigned length;
    Header reloaded = need(headerReload(need(headerCopy(h)), RPMTAG_HEADERIMMUTABLE));
    void *blob = need(headerExport(reloaded, &length));

    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_append(out, blob, length);
    free(blob);
    (void)headerFree(reloaded);
}

/* ---- payload ----------------------------------------------------------------------------------
 */

/* Builders before rpm 4.12 wrote uids; in a skeleton they stand 22 bytes behind each magic. */
static void write_uid(struct wh_skeleton *skeleton, uint32_t uid)
{
    char text[9];

    (void)snprintf(text, sizeof text, "%08x", uid);
    for (size_t at = 0; at + 110 < skeleton->length; at++)
        if (memcmp(skeleton->bytes + at, "070701", 6) == 0 &&
            memcmp(skeleton->bytes + at + 94, "0000000b", 8) != 0)
            memcpy(skeleton->bytes + at + 22, text, 8);
}

static void write_tail(struct wh_skeleton *skeleton, size_t length)
{
    skeleton->bytes = need(realloc(skeleton->bytes, skeleton->length + length));
    memset(skeleton->bytes + skeleton->length, 0, length);
    skeleton->length += length;
    skeleton->payload_length += length;
}

static void build_payload(struct sample *sample, const struct wh_header *header,
    const struct sample_file *files, const struct sample_options *options)
{
    struct wh_error err;

    must(wh_skeleton_generate(header, &sample->skeleton, &err), &err);
    if (options->uid)
        write_uid(&sample->skeleton, options->uid);
    if (options->tail)
        write_tail(&sample->skeleton, options->tail);
    const uint8_t *at = sample->skeleton.bytes;
    sample->offsets = need(calloc(header->file_count + 1, sizeof *sample->offsets));
    for (uint32_t i = 0; i < sample->skeleton.piece_count; i++) {
        const struct wh_piece *piece = &sample->skeleton.pieces[i];
        wh_buffer_append(&sample->payload, at, (size_t)piece->skeleton_length);
        at += piece->skeleton_length;
        sample->offsets[piece->file] = sample->payload.length;
        if (files[piece->file].size)
            continue;
        struct wh_bytes content = content_of(files, piece->file, options);
        wh_buffer_append(&sample->payload, content.data, content.length);
    }
    wh_buffer_append(
        &sample->payload, at, (size_t)(sample->skeleton.bytes + sample->skeleton.length - at));
    must(wh_buffer_check(&sample->payload, &err), &err);
}

static void put_payload_digests(Header h, struct wh_bytes payload, bool three)
{
    static const struct {
        rpmTagVal tag;
        uint32_t algorithm;
    } alternatives[] = {{5097, WH_SHA256}, {5122, WH_SHA512}, {5124, WH_SHA3_256}};
    const uint32_t algorithm = WH_SHA256;
    char hex[2 * WH_DIGEST_MAX + 1];
    const char *text = hex;

    put(h, 5093, RPM_INT32_TYPE, &algorithm, 1);
    for (size_t i = 0; i < (three ? 3u : 1u); i++) {
        hex_digest(alternatives[i].algorithm, payload, hex);
        put(h, alternatives[i].tag, RPM_STRING_ARRAY_TYPE, &text, 1);
    }
    memset(hex, 'a', 64);
    hex[64] = '\0';
    put(h, 5092, RPM_STRING_ARRAY_TYPE, &text, 1);
}

/* ---- prefix -----------------------------------------------------------------------------------
 */

/* A signature header as rpm 4.18 signs: SHA1, SHA256, size, MD5, payload size, reserved space. */
static void put_signature(struct wh_buffer *out, size_t reserved)
{
    enum {
        STRING = 6,
        BIN = 7,
        INT32 = 4,
        SHA1_AT = 0,
        SHA256_AT = 41,
        SIZE_AT = 108,
        MD5_AT = 112,
        PAYLOADSIZE_AT = 128,
        RESERVED_AT = 132
    };
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    uint32_t data = (uint32_t)(RESERVED_AT + reserved);
    uint32_t entries = reserved ? 7 : 6;
    const uint32_t index[] = {62, BIN, data, 16, 269, STRING, SHA1_AT, 1, 273, STRING, SHA256_AT, 1,
        1000, INT32, SIZE_AT, 1, 1004, BIN, MD5_AT, 16, 1007, INT32, PAYLOADSIZE_AT, 1, 1008, BIN,
        RESERVED_AT, (uint32_t)reserved};

    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_be32(out, entries);
    wh_buffer_be32(out, data + 16);
    for (uint32_t i = 0; i < 4 * entries; i++)
        wh_buffer_be32(out, index[i]);
    wh_buffer_fill(out, '0', 40);
    wh_buffer_u8(out, 0);
    wh_buffer_fill(out, '0', 64);
    wh_buffer_fill(out, 0, SIZE_AT - SHA256_AT - 64);
    wh_buffer_be32(out, 4711);
    wh_buffer_append(out, "0123456789abcdef", 16);
    wh_buffer_be32(out, 1234);
    wh_buffer_fill(out, 0, reserved);
    wh_buffer_be32(out, 62);
    wh_buffer_be32(out, BIN);
    wh_buffer_be32(out, 0u - 16u * entries);
    wh_buffer_be32(out, 16);
    wh_buffer_fill(out, 0, (0 - out->length) & 7);
}

static void build_prefix(struct sample *sample, Header h, size_t reserved)
{
    static const uint8_t lead[] = {
        0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1, 's', 'a', 'm', 'p', 'l', 'e'};
    struct wh_error err;

    wh_buffer_append(&sample->prefix, lead, sizeof lead);
    wh_buffer_fill(&sample->prefix, 0, 78 - sizeof lead);
    wh_buffer_append(&sample->prefix, "\0\5", 2); /* a signature header follows */
    wh_buffer_fill(&sample->prefix, 0, WH_LEAD_LENGTH - 80);
    put_signature(&sample->prefix, reserved);
    export_header(h, &sample->prefix);
    must(wh_prefix_parse(wh_buffer_bytes(&sample->prefix), &sample->parsed, &err), &err);
    must(wh_prefix_complete(sample->prefix.data, &sample->parsed, &err), &err);
    must(wh_header_parse(sample->parsed.header.bytes, &sample->header, &err), &err);
}

void sample_make(struct sample *sample, const char *version, const struct sample_file *files,
    uint32_t count, const struct sample_options *options)
{
    static const struct sample_options usual = {.reserved = 400};
    wh_cleanup(wh_buffer_clear) struct wh_buffer draft = {.ceiling = CEILING};
    wh_cleanup(wh_header_cleanup) struct wh_header *without_digest = NULL;
    struct wh_error err;
    Header h = headerNew();

    if (!options)
        options = &usual;
    *sample = (struct sample){.prefix.ceiling = CEILING, .payload.ceiling = CEILING};
    put_identity(h, version, options->compressor);
    put_files(h, files, count, options);
    export_header(h, &draft);
    must(wh_header_parse(wh_buffer_bytes(&draft), &without_digest, &err), &err);
    build_payload(sample, without_digest, files, options);
    put_payload_digests(h, wh_buffer_bytes(&sample->payload), options->three_digests);
    build_prefix(sample, h, options->reserved);
    (void)headerFree(h);
}

void sample_clear(struct sample *sample)
{
    wh_buffer_clear(&sample->prefix);
    wh_buffer_clear(&sample->payload);
    wh_header_free(sample->header);
    wh_skeleton_clear(&sample->skeleton);
    free(sample->offsets);
}

struct wh_bytes sample_content(const struct sample *sample, uint32_t file)
{
    const struct wh_file *files = sample->header->files;

    for (uint32_t i = 0; i < files[file].link_count && !files[file].has_content; i++)
        file = files[file].link_next == WH_NO_FILE ? file : files[file].link_next;
    return (struct wh_bytes){
        sample->payload.data + sample->offsets[file], (size_t)files[file].size};
}

uint32_t sample_file(const struct sample *sample, const char *path)
{
    for (uint32_t i = 0; i < sample->header->file_count; i++) {
        const struct wh_file *file = &sample->header->files[i];
        size_t folder = strlen(file->dirname);
        if (strncmp(file->dirname, path, folder) == 0 && strcmp(file->basename, path + folder) == 0)
            return i;
    }
    abort();
}

wh_status sample_read(void *context, uint32_t file, uint64_t offset, uint8_t *out, size_t length,
    struct wh_error *err)
{
    struct wh_bytes content = sample_content(context, file);

    if (offset > content.length || length > content.length - offset)
        return wh_fail(err, WH_MISSING, "read past the end");
    memcpy(out, content.data + offset, length);
    return WH_OK;
}
