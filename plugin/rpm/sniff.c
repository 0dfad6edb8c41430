/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sniff.c - see sniff.h. No path is opened: inside the transaction's chroot there may be no /proc.
 */
#include "sniff.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carrier.h"

#define LEAD_LENGTH 96
#define DESCRIPTORS_MAX 4096

static const uint8_t header_magic[8] = {0x8e, 0xad, 0xe8, 0x01};

static bool read_at(int fd, off_t offset, void *out, size_t length)
{
    return offset >= 0 && pread(fd, out, length, offset) == (ssize_t)length;
}

/* Compares a piece at a time: headers have megabytes. */
static bool same_bytes(int fd, off_t offset, const uint8_t *wanted, size_t length)
{
    uint8_t piece[4096];

    while (length > 0) {
        size_t count = length < sizeof piece ? length : sizeof piece;
        if (!read_at(fd, offset, piece, count) || memcmp(piece, wanted, count) != 0)
            return false;
        offset += (off_t)count;
        wanted += count;
        length -= count;
    }
    return true;
}

static bool is_package(int fd, const void *header, size_t length, off_t *out_payload)
{
    struct stat status;
    uint8_t magic[sizeof header_magic];
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) ||
        fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return false;
    off_t at = lseek(fd, 0, SEEK_CUR);
    off_t start = at - (off_t)length - (off_t)sizeof magic;
    if (at < 0 || start < LEAD_LENGTH || !read_at(fd, start, magic, sizeof magic) ||
        memcmp(magic, header_magic, sizeof magic) != 0 ||
        !same_bytes(fd, start + (off_t)sizeof magic, header, length))
        return false;
    *out_payload = at;
    return true;
}

int sniff_package(const void *header, size_t length, off_t *out_payload)
{
    struct rlimit limit;
    int end = DESCRIPTORS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS_MAX)
        end = (int)limit.rlim_cur;
    for (int fd = STDERR_FILENO + 1; fd < end; fd++)
        if (is_package(fd, header, length, out_payload))
            return fd;
    return -1;
}

bool sniff_is_raw(int fd, off_t payload)
{
    static const char cpio[5] = {'0', '7', '0', '7', '0'}; /* 070701 and 07070X */
    char start[6];

    return read_at(fd, payload, start, sizeof start) && memcmp(start, cpio, sizeof cpio) == 0;
}

uint8_t *sniff_signature(int fd, off_t header_start, size_t *out_length)
{
    off_t length = header_start - LEAD_LENGTH;

    /* Index and padding beside the carrier; a signature header that is larger has none of ours. */
    if (length <= 0 || length > (off_t)(4 * CARRIER_MAX))
        return NULL;
    uint8_t *bytes = malloc((size_t)length);
    if (bytes && read_at(fd, LEAD_LENGTH, bytes, (size_t)length) &&
        memcmp(bytes, header_magic, sizeof header_magic) == 0) {
        *out_length = (size_t)length;
        return bytes;
    }
    free(bytes);
    return NULL;
}
