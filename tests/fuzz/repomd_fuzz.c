/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repomd_fuzz.c - a repomd.xml: its records, and a record of our own put in and taken out. */
#include <string.h>

#include "fuzz.h"
#include "repomd.h"
#include "whittle/cleanup.h"

static const char *const types[] = {"primary", "whittle", "filelists"};

static void check_records(const struct wh_repomd *repomd)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
        struct wh_error err = {0};
        if (!fuzz_ok(wh_repomd_find(repomd, types[i], &record, &err), &err))
            continue;
        promise(record.location);
        promise(record.checksum.length > 0 &&
                record.checksum.length == wh_digest_length(record.checksum.algorithm));
        fuzz_accept();
    }
}

/* Finds what was put in, and only there. */
static void check_added(struct wh_bytes xml, const struct wh_repomd_entry *entry)
{
    wh_cleanup(wh_repomd_cleanup) struct wh_repomd *repomd = NULL;
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer without = {.ceiling = 2 * WH_REPOMD_MAX};
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record gone = {0};

    promise(wh_repomd_parse(xml, "again", &repomd, NULL) == WH_OK);
    promise(wh_repomd_find(repomd, "whittle", &record, NULL) == WH_OK);
    promise(strcmp(record.location, entry->location) == 0);
    promise(record.checksum.algorithm == WH_SHA256);
    promise(memcmp(record.checksum.bytes, entry->checksum, WH_SHA256_LENGTH) == 0);
    promise(wh_repomd_replace(repomd, "whittle", NULL, &without, NULL) == WH_OK);
    promise(wh_repomd_find(repomd, "whittle", &gone, NULL) == WH_MISSING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(wh_repomd_cleanup) struct wh_repomd *repomd = NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 2 * WH_REPOMD_MAX};
    const struct wh_repomd_entry entry = {
        "repodata/0a-whittle.xml.zst", {1, 2, 3}, {4, 5, 6}, 77, 88};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_repomd_parse((struct wh_bytes){data, size}, "repomd.xml", &repomd, &err), &err))
        return 0;
    check_records(repomd);
    promise(wh_repomd_replace(repomd, "whittle", &entry, &xml, NULL) == WH_OK);
    if (xml.length <= WH_REPOMD_MAX)
        check_added(wh_buffer_bytes(&xml), &entry);
    return 0;
}
