/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version.c - see version.h. */
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void version_init(struct version *version, uint32_t room)
{
    *version = (struct version){.package = WH_PACKAGE_FILE_NONE,
        .header = {.name = "n", .version = "1", .release = "1", .arch = "noarch"},
        .room = room,
        .payload.ceiling = 1u << 30};
    version->header.digest_algorithm = WH_SHA256;
    version->header.files = calloc(room, sizeof *version->header.files);
    version->digests = calloc(room, sizeof *version->digests);
    version->package.content_offsets = calloc(room, sizeof *version->package.content_offsets);
    assert_non_null(version->header.files);
    assert_non_null(version->digests);
    assert_non_null(version->package.content_offsets);
}

static uint64_t digest_of(struct wh_bytes content)
{
    uint64_t sum = 0xcbf29ce484222325u;

    for (size_t i = 0; i < content.length; i++)
        sum = (sum ^ content.data[i]) * 0x100000001b3u;
    return sum;
}

void version_add(struct version *version, const char *folder, const char *name, uint32_t flags,
    struct wh_bytes content)
{
    uint32_t number = version->header.file_count++;
    char *digest = version->digests[number];

    assert_true(number < version->room);
    (void)snprintf(
        digest, sizeof version->digests[number], "%016llx", (unsigned long long)digest_of(content));
    const struct wh_file file = PLAIN(folder, name, content.length, digest, flags);
    version->header.files[number] = file;
    version->package.content_offsets[number] = content.length > 0 ? version->payload.length
                                                                  : UINT64_MAX;
    wh_buffer_append(&version->payload, content.data, content.length);
    assert_false(version->payload.failed);
}

/* Pages that are given back come again from the file. */
void version_seal(struct version *version)
{
    int fd = memfd_create("payload", MFD_CLOEXEC);
    size_t length = version->payload.length;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, version->payload.data, length), length);
    if (length > 0) {
        version->package.payload.data = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
        assert_ptr_not_equal(version->package.payload.data, MAP_FAILED);
    }
    (void)close(fd);
    version->package.payload.length = length;
    version->package.header = &version->header;
    OK(wh_file_map_new(&version->header, &version->map, &err));
}

void version_clear(struct version *version)
{
    wh_file_map_free(version->map);
    if (version->package.payload.length > 0)
        (void)munmap(
            (void *)(uintptr_t)version->package.payload.data, version->package.payload.length);
    free(version->header.files);
    free(version->digests);
    free(version->package.content_offsets);
    wh_buffer_clear(&version->payload);
}

/* SplitMix64: seeds that are close to each other give nothing alike. */
static uint32_t next(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(mixed >> 32);
}

void make_noise(uint8_t *bytes, size_t length, uint32_t seed)
{
    uint64_t state = seed;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)next(&state);
}

void make_text(uint8_t *bytes, size_t length, uint32_t seed)
{
    static const char *const words[] = {"if", "return", "length", "static", "file", "count",
        "+=", "{", "}", "(", ")", ";", "int", "the", "of", "value", "next", "while", "char",
        "NULL"};
    uint64_t state = seed;
    char word[32];

    for (size_t at = 0; at < length;) {
        uint32_t chance = next(&state);
        int made = chance % 4 != 0
                       ? snprintf(word, sizeof word, "%x\n", next(&state))
                       : snprintf(word, sizeof word, "%s ", words[chance / 4 % COUNT(words)]);
        size_t part = (size_t)made < length - at ? (size_t)made : length - at;
        memcpy(bytes + at, word, part);
        at += part;
    }
}

void make_changes(uint8_t *bytes, size_t length, size_t distance, uint32_t seed)
{
    uint64_t state = seed;

    for (size_t at = next(&state) % distance; at < length; at += 1 + next(&state) % (2 * distance))
        bytes[at] ^= (uint8_t)(1 + next(&state) % 255);
}

void make_edits(const uint8_t *from, uint8_t *to, size_t length, size_t distance, uint32_t seed)
{
    uint64_t state = seed;
    size_t at = 0; /* in both, to begin with */
    size_t made = 0;

    while (made < length) {
        size_t part = 1 + next(&state) % (2 * distance);
        for (size_t i = 0; i < part && made < length; i++)
            to[made++] = from[at++ % length];
        size_t edit = 6 + next(&state) % 10;
        size_t other = next(&state) % length;
        if (next(&state) % 3 == 0)
            at += edit;
        else
            for (size_t i = 0; i < edit && made < length; i++)
                to[made++] = from[other++ % length];
    }
}
