/* SPDX-License-Identifier: GPL-2.0-or-later */
/* installed.c - see installed.h. */
#include "observe/installed.h"

#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmts.h>
#include <stdlib.h>
#include <string.h>

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

void wh_installed_free(struct wh_installed *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        clear_installed(&list[i]);
    free(list);
}
