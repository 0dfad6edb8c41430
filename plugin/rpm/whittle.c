/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whittle.c - rpm plugin: lets rpm unpack packages whose payload is not compressed, whatever their
 * header says, and gives the database what the assembled form had to leave out.
 *
 * rpm takes a header without PAYLOADCOMPRESSOR for gzip, and its gzip reader passes plain data
 * through. The tag disappears from the copy in memory only: the database stores the header's
 * immutable region as it is. Real and assembled packages have the same header, so the payload
 * itself is looked at. Nothing here fails a transaction: what is not recognised is left alone. */
#include <rpm/header.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmte.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "carrier.h"
#include "hooks.h"
#include "sniff.h"

enum { TAG_PACKAGEDIGESTS = 5118, TAG_PACKAGEDIGESTALGOS = 5119, DIGESTS_MAX = 2, HEX_MAX = 128 };

/* rpm computes package digests over the file that it installs since 6.0, and skips tags that are
 * there already. They would describe the assembled file. Believed only from root's own files: the
 * carrier is not signed. */
static void restore_package_digests(Header header, const struct carrier *carrier)
{
    static const char digits[] = "0123456789abcdef";
    char hex[DIGESTS_MAX][HEX_MAX + 1];
    const char *values[DIGESTS_MAX];
    uint32_t algorithms[DIGESTS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < carrier->count && count < DIGESTS_MAX; i++) {
        const struct carrier_entry *entry = &carrier->entries[i];
        if (entry->tag != TAG_PACKAGEDIGESTS)
            continue;
        algorithms[count] = entry->bytes[0];
        for (uint32_t b = 1; b < entry->length; b++) {
            hex[count][2 * (b - 1)] = digits[entry->bytes[b] >> 4];
            hex[count][2 * (b - 1) + 1] = digits[entry->bytes[b] & 15];
        }
        hex[count][2 * (entry->length - 1)] = '\0';
        values[count] = hex[count];
        count++;
    }
    if (count == 0 || headerIsEntry(header, TAG_PACKAGEDIGESTS))
        return;
    (void)headerPutStringArray(header, TAG_PACKAGEDIGESTS, values, count);
    (void)headerPutUint32(header, TAG_PACKAGEDIGESTALGOS, algorithms, count);
}

/* The rpm that runs, not the one of the build: one soname serves several. */
static bool computes_package_digests(void)
{
    int major = 0;

    for (const char *at = RPMVERSION; *at >= '0' && *at <= '9' && major < 100; at++)
        major = 10 * major + (*at - '0');
    return major >= 6;
}

static void restore(Header header, const struct carrier *carrier, bool of_root)
{
    for (uint32_t i = 0; i < carrier->count; i++) {
        const struct carrier_entry *entry = &carrier->entries[i];
        rpmTagVal tag = (rpmTagVal)entry->tag;
        if (entry->tag != TAG_PACKAGEDIGESTS && !headerIsEntry(header, tag))
            (void)headerPutBin(header, tag, entry->bytes, entry->length);
    }
    if (of_root && computes_package_digests())
        restore_package_digests(header, carrier);
}

static void restore_from(Header header, int fd, off_t header_start)
{
    struct carrier carrier;
    struct stat status;
    size_t length;
    size_t offset;
    size_t carried;
    uint8_t *signature = sniff_signature(fd, header_start, &length);

    if (!signature)
        return;
    if (carrier_locate(signature, length, &offset, &carried) &&
        carrier_parse(signature + offset, carried, &carrier))
        restore(header, &carrier, fstat(fd, &status) == 0 && status.st_uid == 0);
    free(signature);
}

static void adjust(Header header)
{
    struct rpmtd_s region;
    off_t payload;

    if (!headerGet(header, RPMTAG_HEADERIMMUTABLE, &region, HEADERGET_DEFAULT))
        return;
    int fd = sniff_package(region.data, region.count, &payload);
    if (fd >= 0 && sniff_is_raw(fd, payload)) {
        (void)headerDel(header, RPMTAG_PAYLOADCOMPRESSOR);
        restore_from(header, fd, payload - (off_t)region.count - 8);
    }
    rpmtdFreeData(&region);
}

/* Called once or more for each element, some calls with a fresh header: the work is the same each
 * time. */
static rpmRC whittle_psm_pre(rpmPlugin plugin, rpmte element)
{
    (void)plugin;
    if (rpmteType(element) != TR_ADDED)
        return RPMRC_OK;
    Header header = rpmteHeader(element);
    if (header)
        adjust(header);
    (void)headerFree(header);
    return RPMRC_OK;
}

__attribute__((visibility("default"))) extern struct rpmPluginHooks_s whittle_hooks;
struct rpmPluginHooks_s whittle_hooks = {
    .psm_pre = whittle_psm_pre,
};
