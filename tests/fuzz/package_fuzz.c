/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_fuzz.c - a package file as the publisher reads it: prefix, payload however compressed,
 * contents. The file is in memory; its header's payload digests are mended, so that a changed
 * payload is cut into files too. */
#include <errno.h>
#include <fcntl.h>
#include <rpm/rpmlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "package_file.h"
#include "payload.h"
#include "whittle/cleanup.h"

enum { UNPACKED_MAX = 1 << 20 };

/* Descriptors have names in /proc, below which a package is opened like below a repository. */
static int open_descriptors(void)
{
    static int folder = -1;

    if (folder >= 0)
        return folder;
    (void)rpmlogSetMask(0); /* librpm's own complaints say nothing here */
    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 1);
    folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        abort();
    return folder;
}

static int file_of(struct wh_bytes bytes)
{
    int fd = memfd_create("package", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes.data, bytes.length) != (ssize_t)bytes.length)
        abort();
    return fd;
}

/* The digest of the payload as it unpacks. */
static bool digest_payload(
    struct wh_bytes bytes, size_t offset, uint32_t algorithm, struct wh_digest *out_digest)
{
    wh_autoclose int fd = file_of(bytes);
    const struct wh_payload_job job = {
        .fd = fd, .path = "package", .offset = offset, .ceiling = UNPACKED_MAX};
    struct wh_bytes payload;

    if (wh_payload_unpack(&job, &payload, NULL) != WH_OK)
        return false;
    promise(payload.length > 0 && payload.length <= UNPACKED_MAX);
    if (wh_digest_of(algorithm, payload, out_digest, NULL) != WH_OK)
        abort();
    (void)munmap((void *)(uintptr_t)payload.data, payload.length);
    return true;
}

/* Writes the right digests into the header where it has some of the right length. */
static void mend(uint8_t *package, size_t size)
{
    static const struct {
        uint32_t tag, algorithm;
    } digests[] = {{5097, WH_SHA256}, {5122, WH_SHA512}, {5124, WH_SHA3_256}};
    struct wh_prefix prefix;
    size_t length;

    if (wh_prefix_measure((struct wh_bytes){package, size}, &length, NULL) != WH_OK ||
        length > size ||
        wh_prefix_parse((struct wh_bytes){package, length}, &prefix, NULL) != WH_OK)
        return;
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        char hex[2 * WH_DIGEST_MAX + 1];
        struct wh_tag_entry entry;
        struct wh_digest digest;
        size_t digits = 2 * (size_t)wh_digest_length(digests[i].algorithm);
        if (!wh_raw_header_find(&prefix.header, digests[i].tag, &entry) ||
            entry.data.length <= digits || entry.data.data[digits] != '\0' ||
            !digest_payload(
                (struct wh_bytes){package, size}, length, digests[i].algorithm, &digest))
            continue;
        wh_hex(digest.bytes, digest.length, hex);
        memcpy(package + (entry.data.data - package), hex, digits);
    }
}

static void check_contents(const struct wh_package_file *package)
{
    const struct wh_header *header = package->header;

    fuzz_check_skeleton(header, &package->skeleton);
    promise(package->skeleton.payload_length == package->payload.length);
    for (uint32_t i = 0; i < header->file_count; i++) {
        struct wh_bytes content = wh_package_content(package, i);
        promise(fuzz_inside(content, package->payload));
        promise(content.length == 0 || content.length == header->files[i].size);
        struct wh_digest digest; /* reads every byte of it */
        promise(wh_digest_of(WH_SHA256, content, &digest, NULL) == WH_OK);
    }
}

static void check_payload(struct wh_package_file *package)
{
    struct wh_error err = {0};

    for (uint32_t i = 0; i < package->header->file_count; i++)
        if (package->header->files[i].size > UNPACKED_MAX)
            return;
    if (!fuzz_ok(wh_package_unpack(package, &err), &err))
        return;
    check_contents(package);
    fuzz_accept();
}

static void check_digests(const struct wh_package_file *package)
{
    struct wh_package_digests digests;
    struct wh_digest pkgid = {0};

    promise(wh_package_digest(package, &pkgid, &digests, NULL) == WH_OK);
    pkgid = (struct wh_digest){.algorithm = WH_SHA256, .length = WH_SHA256_LENGTH};
    promise(wh_package_digest(package, &pkgid, &digests, NULL) == WH_MISMATCH);
    memcpy(pkgid.bytes, digests.sha256, WH_SHA256_LENGTH);
    promise(wh_package_digest(package, &pkgid, &digests, NULL) == WH_OK);
}

static void check_package(int fd, size_t size)
{
    wh_cleanup(wh_package_clear) struct wh_package_file package = WH_PACKAGE_FILE_NONE;
    struct wh_error err = {0};
    char name[16];

    (void)snprintf(name, sizeof name, "%d", fd);
    if (!fuzz_ok(wh_package_open(open_descriptors(), "memory", name, &package, &err), &err))
        return;
    promise(package.size == size && package.prefix.bytes.length <= size);
    promise(package.header && strcmp(package.path + strlen("memory/"), name) == 0);
    check_digests(&package);
    check_payload(&package);
}

static int lowest_free(void)
{
    int fd = dup(open_descriptors());

    (void)close(fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_autofree uint8_t *mended = malloc(size ? size : 1);
    int before = lowest_free();

    if (!mended)
        abort();
    if (size > 0)
        memcpy(mended, data, size);
    mend(mended, size);
    int fd = file_of((struct wh_bytes){mended, size});
    check_package(fd, size);
    (void)close(fd);
    promise(lowest_free() == before); /* else a descriptor was left open */
    return 0;
}
