/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_packages.c - packages and their parts: prefixes, headers, payloads, carriers. */
#include <rpm/rpmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seeds.h"
#include "stored_bundle.h"
#include "whittle/cleanup.h"

enum { CEILING = 1 << 20, STORED_MAX = 1 << 12 };

/* The payload as rpm's streams pack it. */
static void pack(struct wh_bytes payload, const char *io, struct wh_buffer *out)
{
    int fd = memfd_create("payload", MFD_CLOEXEC);
    FD_t plain = fdDup(fd);
    FD_t packed = plain ? Fdopen(plain, io) : NULL;
    uint8_t chunk[4096];
    ssize_t got;

    if (!packed || Fwrite(payload.data, 1, payload.length, packed) != (ssize_t)payload.length ||
        Fclose(packed) != 0) {
        (void)fprintf(stderr, "seeds: librpm cannot write by %s\n", io);
        exit(1);
    }
    for (off_t at = 0; (got = pread(fd, chunk, sizeof chunk, at)) > 0; at += got)
        wh_buffer_append(out, chunk, (size_t)got);
    (void)close(fd);
}

static void seed_package(
    const char *name, const char *way, const struct wh_buffer *prefix, struct wh_bytes payload)
{
    char file[64];

    (void)snprintf(file, sizeof file, "%s-%s", name, way);
    seed_chosen("package", file, wh_buffer_bytes(prefix), payload);
}

static const struct way {
    const char *name, *io;
} ways[] = {{"gzip", "w9.gzdio"}, {"zstd", "w19.zstdio"}, {"xz", "w6.xzdio"}, {"lzma", "w6.lzdio"},
    {"bzip2", "w9.bzdio"}};

/* Packed in the first so many ways, and not packed. */
static void seed_packed(const char *name, const struct sample *sample, size_t way_count)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = CEILING};
    struct wh_bytes payload = wh_buffer_bytes(&sample->payload);

    for (size_t i = 0; i < way_count; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
        pack(payload, ways[i].io, &packed);
        seed_package(name, ways[i].name, &sample->prefix, wh_buffer_bytes(&packed));
    }
    if (payload.length > STORED_MAX)
        return;
    stored_frame(payload, &stored);
    seed_package(name, "stored", &sample->prefix, wh_buffer_bytes(&stored));
    seed_package(name, "plain", &sample->prefix, payload);
}

static void seed_carriers(const char *name, const struct wh_prefix *prefix)
{
    const struct wh_package_digests digests = {{1}, {2}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
    struct wh_prefix rewritten;
    struct wh_tag_entry entry;
    struct wh_error err;

    seed_must(wh_prefix_rewrite(prefix, &digests, &out, &err), &err);
    seed_must(wh_prefix_parse(wh_buffer_bytes(&out), &rewritten, &err), &err);
    seed("carrier", name, rewritten.signature.bytes);
    if (wh_raw_header_find(&rewritten.signature, 1008, &entry))
        seed_chosen("carrier", "bare", (struct wh_bytes){0},
            (struct wh_bytes){entry.data.data, entry.count});
}

static void seed_sample(const char *name, const struct sample *sample)
{
    seed("prefix", name, wh_buffer_bytes(&sample->prefix));
    seed("header", name, sample->parsed.header.bytes);
    seed_carriers(name, &sample->parsed);
}

/* Small packages with everything that payloads have. */
static void seed_small(void)
{
    static const struct sample_file files[] = {
        {"/dev/small", NULL, 0, S_IFCHR | 0600, 0, NULL, 0},
        {"/etc/small", "a setting\n", WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/link-a", "a content of two names", 0, 0, 7, NULL, 0},
        {"/usr/link-b", "a content of two names", 0, 0, 7, NULL, 0},
        {"/usr/to", NULL, 0, S_IFLNK | 0777, 0, "link-a", 0},
        {"/var/ghost", "ghost", WH_FILE_GHOST, 0, 0, NULL, 0},
    };
    enum { ALL = sizeof ways / sizeof *ways };
    static const struct {
        const char *name;
        size_t ways;
        struct sample_options options;
    } rows[] = {
        {"small", ALL, {.reserved = 40}},
        {"small-stripped", 0, {.stripped = true, .three_digests = true}},
        {"small-uid", 0, {.uid = 1000, .tail = 8}},
        {"small-long", 2, {.tail = 1 << 14}}, /* longer than its header allows */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample small;
        sample_make(&small, "1", files, sizeof files / sizeof *files, &rows[i].options);
        seed_sample(rows[i].name, &small);
        seed_packed(rows[i].name, &small, rows[i].ways);
        sample_clear(&small);
    }
}

/* Swaps two names of the same length. */
static void swap_names(struct wh_bytes payload, const char *a, const char *b, uint8_t *out)
{
    size_t length = strlen(a);

    memcpy(out, payload.data, payload.length);
    for (size_t at = 0; at + length <= payload.length; at++) {
        if (memcmp(payload.data + at, a, length) == 0)
            memcpy(out + at, b, length);
        else if (memcmp(payload.data + at, b, length) == 0)
            memcpy(out + at, a, length);
    }
}

/* Another member of a hardlink set has the content than the last one. */
static void seed_swapped_links(void)
{
    struct wh_bytes payload = wh_buffer_bytes(&fuzz_new()->payload);
    wh_autofree uint8_t *swapped = malloc(payload.length);

    if (!swapped)
        abort();
    swap_names(payload, "sample/link-a", "sample/link-b", swapped);
    seed_chosen(
        "skeleton", "links-swapped", CHOICES(0), (struct wh_bytes){swapped, payload.length});
}

/* What the plugin would not take as a carrier. */
static void seed_signatures(void)
{
    static const struct sample_tag short_md5 = {1004, 7, 15, "0123456789abcde", 15};
    static const struct sample_tag text_md5 = {1004, 6, 1, "0123456789abcde", 16};
    wh_cleanup(wh_buffer_clear) struct wh_buffer prefix = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer other = {0};

    sample_signed_prefix(&short_md5, 1, &prefix);
    sample_signed_prefix(&text_md5, 1, &other);
    seed("prefix", "md5-too-short", wh_buffer_bytes(&prefix));
    seed("prefix", "md5-not-binary", wh_buffer_bytes(&other));
}

void seed_packages(void)
{
    seed_sample("old", fuzz_old());
    seed_sample("new", fuzz_new());
    seed_sample("stripped", fuzz_stripped());
    seed_chosen("skeleton", "new", CHOICES(0), wh_buffer_bytes(&fuzz_new()->payload));
    seed_chosen("skeleton", "stripped", CHOICES(1), wh_buffer_bytes(&fuzz_stripped()->payload));
    seed_swapped_links();
    seed_signatures();
    seed_small();
}
