/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload.c - see payload.h. */
#include "payload.h"

#include <fcntl.h>
#include <rpm/rpmio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "files.h"
#include "whittle/cleanup.h"

static void close_stream(FD_t *stream)
{
    if (*stream)
        (void)Fclose(*stream);
}

const char *wh_payload_io(struct wh_bytes start)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *io;
    } known[] = {
        {"\x1f\x8b", 2, "r.gzdio"},
        {"\xfd"
         "7zXZ\0",
            6, "r.xzdio"},
        {"\x5d\0\0", 3, "r.lzdio"},
        {"BZh", 3, "r.bzdio"},
        {"\x28\xb5\x2f\xfd", 4, "r.zstdio"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (start.length >= known[i].length &&
            memcmp(start.data, known[i].magic, known[i].length) == 0)
            return known[i].io;
    return "r.ufdio";
}

/* A stream with a descriptor of its own, so that its position is nobody else's. */
static wh_status open_stream(
    const struct wh_payload_job *job, FD_t *out_stream, struct wh_error *err)
{
    uint8_t start[6] = {0};
    ssize_t got = pread(job->fd, start, sizeof start, (off_t)job->offset);

    if (got < 0)
        return wh_fail_errno(err, "%s", job->path);
    const char *io = wh_payload_io((struct wh_bytes){start, (size_t)got});
    if (lseek(job->fd, (off_t)job->offset, SEEK_SET) < 0)
        return wh_fail_errno(err, "%s", job->path);
    wh_cleanup(close_stream) FD_t stream = fdDup(job->fd);
    if (!stream || Ferror(stream))
        return wh_fail_errno(err, "%s", job->path);
    FD_t wrapped = Fdopen(stream, io);
    if (!wrapped)
        return wh_fail(
            err, WH_UNSUPPORTED, "%s: librpm cannot read a payload by %s", job->path, io + 2);
    stream = NULL;
    *out_stream = wrapped;
    return WH_OK;
}

#define HASHERS_MAX 3
#define CHUNK (1u << 18)

struct unpacking {
    const struct wh_payload_job *job;
    struct wh_hasher *hashers[HASHERS_MAX];
    uint32_t hasher_count;
    uint8_t *chunk;
    int fd;
    uint64_t length;
};

static void clear_unpacking(struct unpacking *unpacking)
{
    for (uint32_t i = 0; i < unpacking->hasher_count; i++)
        wh_hasher_free(unpacking->hashers[i]);
    free(unpacking->chunk);
    if (unpacking->fd >= 0)
        (void)close(unpacking->fd);
}

static wh_status unpack(struct unpacking *unpacking, FD_t stream, struct wh_error *err)
{
    const struct wh_payload_job *job = unpacking->job;

    for (;;) {
        ssize_t got = Fread(unpacking->chunk, 1, CHUNK, stream);
        if (got < 0 || Ferror(stream))
            return wh_fail(err, WH_MALFORMED, "%s: its payload is damaged", job->path);
        if (got == 0)
            return WH_OK;
        if ((uint64_t)got > job->ceiling - unpacking->length)
            return wh_fail(err, WH_MALFORMED,
                "%s: its payload has more bytes than its header allows", job->path);
        for (uint32_t i = 0; i < unpacking->hasher_count; i++)
            wh_hasher_update(unpacking->hashers[i], unpacking->chunk, (size_t)got);
        WH_TRY(wh_write_at(unpacking->fd, "a temporary file", unpacking->length, unpacking->chunk,
            (size_t)got, err));
        unpacking->length += (uint64_t)got;
    }
}

static wh_status check_digests(struct unpacking *unpacking, struct wh_error *err)
{
    for (uint32_t i = 0; i < unpacking->hasher_count; i++) {
        struct wh_digest digest;
        WH_TRY(wh_hasher_finish(unpacking->hashers[i], &digest, err));
        if (!wh_digest_equal(&digest, &unpacking->job->digests[i]))
            return wh_fail(err, WH_MALFORMED, "%s: its payload is not the one its header names",
                unpacking->job->path);
    }
    return WH_OK;
}

wh_status wh_payload_unpack(
    const struct wh_payload_job *job, struct wh_bytes *out_payload, struct wh_error *err)
{
    wh_cleanup(clear_unpacking) struct unpacking unpacking = {.job = job, .fd = -1};
    wh_cleanup(close_stream) FD_t stream = NULL;

    unpacking.chunk = malloc(CHUNK);
    if (!unpacking.chunk)
        return wh_no_memory(err);
    for (; unpacking.hasher_count < job->digest_count && unpacking.hasher_count < HASHERS_MAX;
         unpacking.hasher_count++)
        WH_TRY(wh_hasher_new(job->digests[unpacking.hasher_count].algorithm,
            &unpacking.hashers[unpacking.hasher_count], err));
    WH_TRY(wh_anonymous_file(&unpacking.fd, err));
    WH_TRY(open_stream(job, &stream, err));
    WH_TRY(unpack(&unpacking, stream, err));
    WH_TRY(check_digests(&unpacking, err));
    if (unpacking.length == 0)
        return wh_fail(err, WH_MALFORMED, "%s: it has no payload", job->path);
    void *map = mmap(NULL, (size_t)unpacking.length, PROT_READ, MAP_SHARED, unpacking.fd, 0);
    if (map == MAP_FAILED)
        return wh_fail_errno(err, "%s: mapping its payload", job->path);
    *out_payload = (struct wh_bytes){map, (size_t)unpacking.length};
    return WH_OK;
}
