/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canary.c - see canary.h. */
#include "canary/canary.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <rpm/header.h>
#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmps.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "whittle/cleanup.h"

/* ---- the child ------------------------------------------------------------------------------ */

/* Plugins that tell somebody about transactions, or act on the real system: this one is no news. */
static void silence_other_plugins(void)
{
    static const char *const macros[] = {"__transaction_audit", "__transaction_dbus_announce",
        "__transaction_fapolicyd", "__transaction_ima", "__transaction_selinux",
        "__transaction_syslog", "__transaction_systemd_inhibit", "__transaction_unshare"};

    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        (void)rpmPushMacro(NULL, macros[i], NULL, "%{nil}", RMIL_CMDLINE);
}

static FD_t rewound(int fd)
{
    return lseek(fd, 0, SEEK_SET) < 0 ? NULL : fdDup(fd);
}

/* rpm asks for the package file twice: to verify it, and to install it. */
static void *notify(const void *header, const rpmCallbackType what, const rpm_loff_t amount,
    const rpm_loff_t total, fnpyKey key, rpmCallbackData data)
{
    static FD_t open_package; /* the child has one package */
    const int *fd = data;

    (void)header;
    (void)amount;
    (void)total;
    (void)key;
    if (what == RPMCALLBACK_INST_OPEN_FILE)
        return open_package = rewound(*fd);
    if (what == RPMCALLBACK_INST_CLOSE_FILE && open_package) {
        (void)Fclose(open_package);
        open_package = NULL;
    }
    return NULL;
}

static bool install(rpmts ts, int fd)
{
    Header header = NULL;
    FD_t package = rewound(fd);
    if (!package)
        return false;
    rpmRC read = rpmReadPackageFile(ts, package, "canary", &header);
    (void)Fclose(package);
    if (read == RPMRC_FAIL || read == RPMRC_NOTFOUND || !header)
        return false;

    bool added = rpmtsAddInstallElement(ts, header, "canary", 0, NULL) == 0;
    (void)headerFree(header);
    (void)rpmtsSetNotifyCallback(ts, notify, &fd);
    return added && rpmtsOrder(ts) == 0 &&
           rpmtsRun(ts, NULL, RPMPROB_FILTER_DISKSPACE | RPMPROB_FILTER_DISKNODES) == 0;
}

static bool is_installed(const char *root)
{
    char path[64];
    char content[sizeof WH_CANARY_CONTENT + 1] = "";

    (void)snprintf(path, sizeof path, "%s%s", root, WH_CANARY_FILE);
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, content, sizeof content - 1) == (ssize_t)strlen(WH_CANARY_CONTENT) &&
           strcmp(content, WH_CANARY_CONTENT) == 0;
}

/* Never returns. What rpm prints is not for the user: the verdict is. */
__attribute__((noreturn)) static void run_child(int package, const char *root)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
        _exit(EXIT_FAILURE);
    silence_other_plugins();
    rpmSetVerbosity(RPMLOG_CRIT);
    rpmts ts = rpmtsCreate();
    /* The canary has no signature, which a system may demand of real packages. */
    (void)rpmtsSetVfyLevel(ts, RPMSIG_DIGEST_TYPE);
    bool works = rpmtsSetRootDir(ts, root) == 0 && install(ts, package) && is_installed(root);
    (void)rpmtsFree(ts);
    _exit(works ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- the parent ----------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_tree(const char *root)
{
    (void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static wh_status write_package(int fd, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer package = {.ceiling = 1u << 20};

    WH_TRY(wh_canary_build(&package, err));
    if (write(fd, package.data, package.length) != (ssize_t)package.length)
        return wh_fail_errno(err, "canary");
    return WH_OK;
}

static wh_status run_in(const char *root, int package, struct wh_error *err)
{
    int verdict;
    pid_t child = fork();

    if (child < 0)
        return wh_fail_errno(err, "canary");
    if (child == 0)
        run_child(package, root);
    while (waitpid(child, &verdict, 0) < 0)
        if (errno != EINTR)
            return wh_fail_errno(err, "canary");
    if (WIFEXITED(verdict) && WEXITSTATUS(verdict) == EXIT_SUCCESS)
        return WH_OK;
    return wh_fail(err, WH_UNSUPPORTED,
        "rpm %s does not install assembled packages here: is whittle's rpm plugin installed?",
        RPMVERSION);
}

wh_status wh_canary_prove(struct wh_error *err)
{
    char root[] = "/var/tmp/whittle-canary-XXXXXX";
    wh_autoclose int package = memfd_create("whittle-canary", MFD_CLOEXEC);

    if (package < 0)
        return wh_fail_errno(err, "canary");
    if (geteuid() != 0)
        return wh_fail(
            err, WH_UNSUPPORTED, "only root can tell whether rpm installs assembled packages");
    WH_TRY(write_package(package, err));
    if (!mkdtemp(root))
        return wh_fail_errno(err, "%s", root);
    wh_status status = run_in(root, package, err);
    remove_tree(root);
    return status;
}
