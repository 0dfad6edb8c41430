/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system.c - see system.h. */
#include "observe/system.h"

#include <fcntl.h>
#include <pthread.h>
#include <rpm/rpmfileutil.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

static pthread_mutex_t rpm_mutex = PTHREAD_MUTEX_INITIALIZER;

void wh_rpm_lock(void)
{
    (void)pthread_mutex_lock(&rpm_mutex);
}

void wh_rpm_unlock(void)
{
    (void)pthread_mutex_unlock(&rpm_mutex);
}

static void free_system(struct wh_system **system)
{
    wh_system_free(*system);
}

/* librpm makes a database where there is none, even when it is only to read. */
static bool has_database(const char *root)
{
    static const char *const names[] = {"rpmdb.sqlite", "Packages.db", "Packages"};
    wh_autofree char *folder = rpmGetPath("%{?_dbpath}", NULL);
    bool found = false;

    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++) {
        wh_autofree char *path = NULL;
        if (asprintf(&path, "%s/%s/%s", root, folder, names[i]) < 0)
            return false;
        found = access(path, F_OK) == 0;
    }
    return found;
}

static rpmts open_database(const char *root)
{
    if (!has_database(root))
        return NULL;
    rpmts ts = rpmtsCreate();
    if (rpmtsSetRootDir(ts, root) == 0 && rpmtsOpenDB(ts, O_RDONLY) == 0)
        return ts;
    return rpmtsFree(ts);
}

wh_status wh_system_open(const char *root, struct wh_system **out_system, struct wh_error *err)
{
    if (root[0] != '/')
        return wh_fail(err, WH_MALFORMED, "%s: a root must be an absolute path", root);
    wh_cleanup(free_system) struct wh_system *system = calloc(1, sizeof *system);
    if (!system)
        return wh_no_memory(err);
    system->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    system->root = strdup(root);
    if (!system->root)
        return wh_no_memory(err);
    if (system->root_fd < 0)
        return wh_fail_errno(err, "%s", root);

    wh_rpm_lock();
    system->ts = open_database(root);
    wh_rpm_unlock();
    if (!system->ts)
        return wh_fail(err, WH_MISSING, "%s: the rpm database cannot be opened", root);
    *out_system = wh_take(system);
    return WH_OK;
}

void wh_system_free(struct wh_system *system)
{
    if (!system)
        return;
    wh_rpm_lock();
    (void)rpmtsFree(system->ts);
    wh_rpm_unlock();
    wh_close_fd(&system->root_fd);
    free(system->root);
    free(system);
}
