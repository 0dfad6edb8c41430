/* SPDX-License-Identifier: GPL-2.0-or-later */
/* installed.c - see installed.h. */
#include "observe/installed.h"

#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmts.h>
#include <rpm/rpmver.h>
#include <stdlib.h>
#include <string.h>

#include "observe/nevra.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

#define INSTALLED_MAX 64u /* versions of one name; installonly packages have a handful */

static void clear_installed(struct wh_installed *installed)
{
    for (uint32_t i = 0; installed->paths && i < installed->header->file_count; i++)
        free(installed->paths[i]);
    free(installed->paths);
    free(installed->is_normal);
    wh_header_free(installed->header);
    wh_buffer_clear(&installed->header_bytes);
}

/* Paths come from the database's view of the package, which knows of relocations; the order is that
 * of the published header. */
static wh_status read_places(struct wh_installed *installed, Header h, struct wh_error *err)
{
    uint32_t count = installed->header->file_count;

    installed->paths = wh_array(count, sizeof *installed->paths, UINT32_MAX, err);
    installed->is_normal = wh_array(count, 1, UINT32_MAX, err);
    if (!installed->paths || !installed->is_normal)
        return wh_no_memory(err);
    rpmfiles files = rpmfilesNew(
        NULL, h, RPMTAG_BASENAMES, RPMFI_FLAGS_ONLY_FILENAMES & ~RPMFI_NOFILESTATES);
    wh_status status = WH_OK;
    if (count > 0 && (!files || (uint32_t)rpmfilesFC(files) != count))
        status = wh_fail(
            err, WH_MALFORMED, "%s: the rpm database's file list is bad", installed->header->name);
    for (uint32_t i = 0; i < count && status == WH_OK; i++) {
        installed->paths[i] = rpmfilesFN(files, (int)i);
        installed->is_normal[i] = rpmfilesFState(files, (int)i) == RPMFILE_STATE_NORMAL;
        if (!installed->paths[i])
            status = wh_no_memory(err);
    }
    rpmfilesFree(files);
    return status;
}

static wh_status read_installed(Header h, struct wh_installed *installed, struct wh_error *err)
{
    installed->header_bytes.ceiling = WH_HEADER_DATA_MAX + (2u << 20);
    WH_TRY(wh_header_export(h, &installed->header_bytes, err));
    WH_TRY(wh_header_parse(wh_buffer_bytes(&installed->header_bytes), &installed->header, err));
    return read_places(installed, h, err);
}

/* Under the rpm lock. What cannot be read is no source; that is not an error. */
static void read_all(rpmts ts, const char *name, struct wh_installed *list, uint32_t *count)
{
    rpmdbMatchIterator matches = rpmtsInitIterator(ts, RPMDBI_NAME, name, 0);
    Header h;

    while ((h = rpmdbNextIterator(matches)) != NULL && *count < INSTALLED_MAX) {
        struct wh_installed installed = {0};
        if (read_installed(h, &installed, NULL) == WH_OK)
            list[(*count)++] = installed;
        else
            clear_installed(&installed);
    }
    rpmdbFreeIterator(matches);
}

wh_status wh_installed_find(struct wh_system *system, const char *name,
    struct wh_installed **out_list, uint32_t *out_count, struct wh_error *err)
{
    struct wh_installed *list = wh_array(INSTALLED_MAX, sizeof *list, UINT32_MAX, err);

    if (!list)
        return wh_no_memory(err);
    *out_count = 0;
    wh_rpm_lock();
    read_all(system->ts, name, list, out_count);
    wh_rpm_unlock();
    *out_list = list;
    return WH_OK;
}

/* As rpm orders versions. */
static int compare_versions(const struct wh_header *a, const struct wh_header *b)
{
    int order = a->epoch < b->epoch ? -1 : a->epoch > b->epoch;

    order = order ? order : rpmvercmp(a->version, b->version);
    return order ? order : rpmvercmp(a->release, b->release);
}

/* Higher is closer. */
static int closeness(const struct wh_header *header, const char *nevra)
{
    const char *arch = strrchr(nevra, '.');

    if (wh_nevra_is(nevra, header))
        return 2;
    return arch && strcmp(arch + 1, header->arch) == 0;
}

const struct wh_installed *wh_installed_closest(
    const struct wh_installed *list, uint32_t count, const char *nevra)
{
    const struct wh_installed *closest = NULL;
    int best = -1;

    for (uint32_t i = 0; i < count; i++) {
        int close = closeness(list[i].header, nevra);
        if (close > best ||
            (close == best && compare_versions(list[i].header, closest->header) > 0)) {
            closest = &list[i];
            best = close;
        }
    }
    return closest;
}

const struct wh_installed *wh_installed_by_id(
    const struct wh_installed *list, uint32_t count, const uint8_t id[WH_SHA256_LENGTH])
{
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(list[i].header->id, id, WH_SHA256_LENGTH) == 0)
            return &list[i];
    return NULL;
}

void wh_installed_free(struct wh_installed *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        clear_installed(&list[i]);
    free(list);
}
