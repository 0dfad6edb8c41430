/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.c - see root.h. The database is written with the running system's root and the temporary
 * root's path of the database, which needs no chroot() and so no privilege. */
#include "root.h"

#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmps.h>
#include <rpm/rpmts.h>

#include "whittle/cleanup.h"

#define DATABASE "/var/lib/rpm"

/* What rpm is not to mind: that versions stand side by side, and moves. */
#define FILTER                                                                                     \
    (RPMPROB_FILTER_REPLACEOLDFILES | RPMPROB_FILTER_REPLACENEWFILES | RPMPROB_FILTER_OLDPACKAGE | \
        RPMPROB_FILTER_FORCERELOCATE | RPMPROB_FILTER_DISKSPACE)

int root_begin(void **state)
{
    (void)state;
    rpmSetVerbosity(RPMLOG_CRIT);
    if (rpmReadConfigFiles(NULL, NULL) != 0)
        return -1;
    return rpmPushMacro(NULL, "_dbpath", NULL, DATABASE, RMIL_CMDLINE);
}

/* A transaction set over the root's database. */
static rpmts begin_writing(const struct root *root)
{
    char path[128];
    rpmts ts = rpmtsCreate();

    (void)snprintf(path, sizeof path, "%s" DATABASE, root->scratch.path);
    (void)rpmPushMacro(NULL, "_dbpath", NULL, path, RMIL_CMDLINE);
    assert_int_equal(rpmtsOpenDB(ts, O_RDWR | O_CREAT), 0);
    return ts;
}

static void end_writing(rpmts ts)
{
    (void)rpmtsFree(ts);
    (void)rpmPopMacro(NULL, "_dbpath");
}

void root_make(struct root *root)
{
    *root = (struct root){.scratch = scratch_make()};
    scratch_folders(&root->scratch, &DATABASE "/"[1]);
    end_writing(begin_writing(root));
    OK(wh_system_open(root->scratch.path, &root->system, &err));
}

void root_remove(struct root *root)
{
    wh_system_free(root->system);
    scratch_remove(&root->scratch);
}

/* rpm asks for the package file; data is its path. */
static void *open_package(const void *header, const rpmCallbackType what, const rpm_loff_t amount,
    const rpm_loff_t total, fnpyKey key, rpmCallbackData data)
{
    static FD_t package; /* one is open at a time */

    (void)header;
    (void)amount;
    (void)total;
    (void)key;
    if (what == RPMCALLBACK_INST_OPEN_FILE)
        return package = Fopen(data, "r.ufdio");
    if (what == RPMCALLBACK_INST_CLOSE_FILE && package) {
        (void)Fclose(package);
        package = NULL;
    }
    return NULL;
}

static void run(rpmts ts, const char *path, const char *prefix)
{
    rpmRelocation relocations[] = {{(char *)(uintptr_t) "/usr", (char *)(uintptr_t)prefix}, {0}};
    Header header = NULL;
    FD_t package = Fopen(path, "r.ufdio");

    assert_int_equal(rpmReadPackageFile(ts, package, path, &header), RPMRC_OK);
    (void)Fclose(package);
    assert_int_equal(rpmtsAddInstallElement(ts, header, path, 0, prefix ? relocations : NULL), 0);
    (void)headerFree(header);
    (void)rpmtsSetNotifyCallback(ts, open_package, (void *)(uintptr_t)path);
    (void)rpmtsSetFlags(ts, RPMTRANS_FLAG_JUSTDB | RPMTRANS_FLAG_NOPLUGINS);
    (void)rpmtsSetVfyLevel(ts, RPMSIG_DIGEST_TYPE);
    assert_int_equal(rpmtsOrder(ts), 0);
    assert_int_equal(rpmtsRun(ts, NULL, FILTER), 0);
}

void root_enter(struct root *root, const struct sample *sample, const char *prefix)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer package = {0};
    char path[128];

    sample_assembled(sample, &package);
    scratch_put(&root->scratch, "installing.rpm", package.data, package.length);
    (void)snprintf(path, sizeof path, "%s/installing.rpm", root->scratch.path);
    rpmts ts = begin_writing(root);
    run(ts, path, prefix);
    end_writing(ts);
    assert_int_equal(unlinkat(root->scratch.folder, "installing.rpm", 0), 0);
}

void root_import(struct root *root, const uint8_t *packet, size_t length)
{
    rpmts ts = begin_writing(root);

    assert_int_equal(rpmtsImportPubkey(ts, packet, length), RPMRC_OK);
    end_writing(ts);
}

void root_write(const struct root *root, const struct sample *sample)
{
    for (uint32_t i = 0; i < sample->header->file_count; i++) {
        const struct wh_file *file = &sample->header->files[i];
        char path[512];
        if (!S_ISREG(file->mode) || (file->flags & WH_FILE_GHOST))
            continue;
        struct wh_bytes content = file->size > 0 ? sample_content(sample, i)
                                                 : (struct wh_bytes){(const uint8_t *)"", 0};
        (void)snprintf(path, sizeof path, "%s%s", file->dirname + 1, file->basename);
        scratch_put(&root->scratch, path, content.data, content.length);
    }
}

void root_install(struct root *root, const struct sample *sample)
{
    root_enter(root, sample, NULL);
    root_write(root, sample);
}

void root_put(const struct root *root, const char *path, const char *text)
{
    scratch_put(&root->scratch, path + 1, text, strlen(text));
}

struct wh_installed *root_find(const struct root *root, const char *name)
{
    struct wh_installed *list = NULL;
    uint32_t count = 0;

    OK(wh_installed_find(root->system, name, &list, &count, &err));
    assert_int_equal(count, 1);
    return list;
}
