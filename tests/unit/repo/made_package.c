/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_package.c - see made_package.h. */
#include "made_package.h"

#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>

#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/skeleton.h"

enum { MADE_MAX = 8 };

/* What the header says of the files, one column a tag, and their contents. */
struct columns {
    const char *names[MADE_MAX];
    char *digests[MADE_MAX];
    struct wh_buffer contents[MADE_MAX];
    uint32_t sizes[MADE_MAX];
    uint32_t folders[MADE_MAX];
    uint32_t flags[MADE_MAX];
    uint32_t times[MADE_MAX];
    uint16_t modes[MADE_MAX];
};

static void clear_columns(struct columns *columns)
{
    for (int i = 0; i < MADE_MAX; i++) {
        free(columns->digests[i]);
        wh_buffer_clear(&columns->contents[i]);
    }
}

static char *hex_of(uint32_t algorithm, struct wh_bytes bytes)
{
    struct wh_digest digest;
    char *hex = calloc(1, 2 * WH_DIGEST_MAX + 1);

    assert_non_null(hex);
    assert_int_equal(wh_digest_of(algorithm, bytes, &digest, NULL), WH_OK);
    wh_hex(digest.bytes, digest.length, hex);
    return hex;
}

static void fill_columns(const struct made_package *package, struct columns *columns)
{
    assert_true(package->file_count <= MADE_MAX);
    for (uint32_t i = 0; i < package->file_count; i++) {
        const struct made_file *file = &package->files[i];
        struct wh_buffer *content = &columns->contents[i];
        content->ceiling = 1u << 20;
        for (uint32_t k = 0; k < (file->repeat ? file->repeat : 1); k++)
            wh_buffer_append(
                content, file->content, file->length ? file->length : strlen(file->content));
        columns->names[i] = file->name;
        columns->digests[i] = hex_of(WH_SHA256, wh_buffer_bytes(content));
        columns->sizes[i] = (uint32_t)content->length;
        columns->flags[i] = file->flags;
        columns->times[i] = 1;
        columns->modes[i] = 0100644;
    }
}

/* Not headerPutUint32() and so on: those go by the type of the main header's tag of that number. */
static void put(Header h, rpmTagVal tag, rpmTagType type, const void *data, uint32_t count)
{
    struct rpmtd_s row = {
        .tag = tag, .type = type, .data = (void *)(uintptr_t)data, .count = count};

    assert_int_equal(headerPut(h, &row, HEADERPUT_DEFAULT), 1);
}

static void put_text(Header h, rpmTagVal tag, const char *text)
{
    put(h, tag, RPM_STRING_TYPE, text, 1);
}

static void put_texts(Header h, rpmTagVal tag, const char *const *texts, uint32_t count)
{
    put(h, tag, RPM_STRING_ARRAY_TYPE, texts, count);
}

static void put_numbers(Header h, rpmTagVal tag, const uint32_t *numbers, uint32_t count)
{
    put(h, tag, RPM_INT32_TYPE, numbers, count);
}

static Header main_header(
    const struct made_package *package, const struct columns *columns, const char *payload_digest)
{
    static const char *const folder[] = {"/usr/share/made/"};
    const uint32_t sha256[] = {WH_SHA256};
    uint32_t count = package->file_count;
    Header h = headerNew();

    put_text(h, RPMTAG_NAME, package->name);
    put_text(h, RPMTAG_VERSION, package->version);
    put_text(h, RPMTAG_RELEASE, "1");
    put_text(h, RPMTAG_ARCH, "noarch");
    put_text(h, RPMTAG_OS, "linux");
    put_text(h, RPMTAG_RPMVERSION, "4.18.0");
    put_text(
        h, RPMTAG_SOURCERPM, "made.src.rpm"); /* without it rpm takes it for a source package */
    put_text(h, RPMTAG_PAYLOADFORMAT, "cpio");
    put_text(h, RPMTAG_PAYLOADCOMPRESSOR, "gzip");
    put_texts(h, RPMTAG_BASENAMES, columns->names, count);
    put_texts(h, RPMTAG_FILEDIGESTS, (const char *const *)columns->digests, count);
    put_texts(h, RPMTAG_DIRNAMES, folder, 1);
    put_numbers(h, RPMTAG_DIRINDEXES, columns->folders, count);
    put_numbers(h, RPMTAG_FILESIZES, columns->sizes, count);
    put_numbers(h, RPMTAG_FILEFLAGS, columns->flags, count);
    put_numbers(h, RPMTAG_FILEMTIMES, columns->times, count);
    put(h, RPMTAG_FILEMODES, RPM_INT16_TYPE, columns->modes, count);
    put_numbers(h, RPMTAG_FILEDIGESTALGO, sha256, 1);
    put_numbers(h, RPMTAG_PAYLOADDIGESTALGO, sha256, 1);
    put_texts(h, RPMTAG_PAYLOADDIGEST, &payload_digest, 1);
    if (!package->no_payload_digest)
        put_texts(h, RPMTAG_PAYLOADDIGESTALT, &payload_digest, 1);
    return headerReload(h, RPMTAG_HEADERIMMUTABLE);
}

/* A header as it stands in a package, magic included. */
static void append_header(struct wh_buffer *out, Header h)
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    unsigned length;
    void *blob = headerExport(h, &length);

    assert_non_null(blob);
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_append(out, blob, length);
    free(blob);
}

static void append_payload(
    struct wh_buffer *out, struct wh_bytes header_bytes, const struct columns *columns)
{
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    struct wh_skeleton skeleton = {0};

    assert_int_equal(wh_header_parse(header_bytes, &header, NULL), WH_OK);
    assert_int_equal(wh_skeleton_generate(header, &skeleton, NULL), WH_OK);
    const uint8_t *at = skeleton.bytes;
    for (uint32_t i = 0; i < skeleton.piece_count; i++) {
        const struct wh_buffer *content = &columns->contents[skeleton.pieces[i].file];
        wh_buffer_append(out, at, (size_t)skeleton.pieces[i].skeleton_length);
        wh_buffer_append(out, content->data, content->length);
        at += skeleton.pieces[i].skeleton_length;
    }
    wh_buffer_append(out, at, (size_t)(skeleton.bytes + skeleton.length - at));
    wh_skeleton_clear(&skeleton);
}

static void append_lead(struct wh_buffer *out, const char *name)
{
    static const uint8_t start[10] = {0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1};
    char text[66] = {0};

    (void)snprintf(text, sizeof text, "%s", name);
    wh_buffer_append(out, start, sizeof start);
    wh_buffer_append(out, text, sizeof text);
    wh_buffer_append(out, "\0\1\0\5", 4); /* Linux, header-style signature */
    wh_buffer_fill(out, 0, 16);
}

static void append_signature(struct wh_buffer *out, struct wh_bytes header, uint32_t payload)
{
    wh_autofree char *sha1 = hex_of(WH_SHA1, header);
    wh_autofree char *sha256 = hex_of(WH_SHA256, header);
    static const uint8_t reserved[512] = {0};
    const uint32_t size = (uint32_t)header.length + payload;
    Header h = headerNew();

    put_text(h, RPMSIGTAG_SHA1, sha1);
    put_text(h, RPMSIGTAG_SHA256, sha256);
    put_numbers(h, RPMSIGTAG_SIZE, &size, 1);
    put_numbers(h, RPMSIGTAG_PAYLOADSIZE, &payload, 1);
    put(h, RPMSIGTAG_RESERVEDSPACE, RPM_BIN_TYPE, reserved, sizeof reserved);
    h = headerReload(h, RPMTAG_HEADERSIGNATURES);
    append_header(out, h);
    (void)headerFree(h);
    wh_buffer_fill(out, 0, -out->length & 7);
}

/* The payload follows from a header without its digest, the real header holds that digest. */
void make_package(const struct scratch *scratch, const struct made_package *package)
{
    wh_cleanup(clear_columns) struct columns columns = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer draft = {.ceiling = 1u << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer header = {.ceiling = 1u << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer payload = {.ceiling = 1u << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = 1u << 22};

    fill_columns(package, &columns);
    wh_autofree char *none = hex_of(WH_SHA256, (struct wh_bytes){0});
    Header h = main_header(package, &columns, none);
    append_header(&draft, h);
    (void)headerFree(h);
    append_payload(&payload, wh_buffer_bytes(&draft), &columns);
    wh_autofree char *digest = hex_of(WH_SHA256, wh_buffer_bytes(&payload));
    h = main_header(package, &columns, digest);
    append_header(&header, h);
    (void)headerFree(h);

    append_lead(&whole, package->name);
    append_signature(&whole, wh_buffer_bytes(&header), (uint32_t)payload.length);
    wh_buffer_append(&whole, header.data, header.length);
    wh_buffer_append(&whole, payload.data, payload.length);
    assert_false(whole.failed);
    scratch_put(scratch, package->location, whole.data, whole.length);
}

static void append_package(
    struct wh_buffer *out, const struct scratch *scratch, const struct made_package *package)
{
    wh_autoclose int fd = openat(scratch->folder, package->location, O_RDONLY | O_CLOEXEC);
    struct wh_digest digest;
    char hex[2 * WH_SHA256_LENGTH + 1];
    wh_autofree char *text = NULL;

    assert_int_equal(wh_file_digest(fd, package->location, WH_SHA256, &digest, NULL), WH_OK);
    wh_hex(digest.bytes, digest.length, hex);
    int length = asprintf(&text,
        "<package type=\"rpm\"><name>%s</name><arch>noarch</arch><version epoch=\"0\" ver=\"%s\" "
        "rel=\"1\"/><checksum type=\"sha256\" pkgid=\"YES\">%s</checksum>"
        "<location href=\"%s\"/><format/></package>",
        package->name, package->version, hex, package->location);
    assert_true(length > 0);
    wh_buffer_append(out, text, (size_t)length);
}

void make_metadata(
    const struct scratch *scratch, const struct made_package *packages, uint32_t count)
{
    static const char start[] = "<metadata xmlns=\"http://linux.duke.edu/metadata/common\">";
    static const char end[] = "</metadata>";
    wh_cleanup(wh_buffer_clear) struct wh_buffer primary = {.ceiling = 1u << 20};
    wh_autofree char *repomd = NULL;

    wh_buffer_append(&primary, start, strlen(start));
    for (uint32_t i = 0; i < count; i++)
        append_package(&primary, scratch, &packages[i]);
    wh_buffer_append(&primary, end, strlen(end));
    wh_autofree char *hex = hex_of(WH_SHA256, wh_buffer_bytes(&primary));
    int length = asprintf(&repomd,
        "<repomd><data type=\"primary\"><checksum type=\"sha256\">%s</checksum>"
        "<location href=\"repodata/primary.xml\"/><timestamp>9</timestamp></data></repomd>",
        hex);
    assert_true(length > 0);
    scratch_put(scratch, "repodata/primary.xml", primary.data, primary.length);
    scratch_put(scratch, "repodata/repomd.xml", repomd, (size_t)length);
}
