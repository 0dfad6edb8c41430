/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature.c - see signature.h. */
#include "assemble/signature.h"

#include <rpm/header.h>
#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmts.h>
#include <unistd.h>

wh_status wh_signature_check(
    struct wh_system *system, int fd, const char *name, struct wh_error *err)
{
    Header header = NULL;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return wh_fail_errno(err, "%s", name);
    wh_rpm_lock();
    FD_t package = fdDup(fd);
    rpmRC result = package ? rpmReadPackageFile(system->ts, package, name, &header) : RPMRC_FAIL;
    (void)headerFree(header);
    (void)Fclose(package);
    wh_rpm_unlock();
    if (result == RPMRC_FAIL || result == RPMRC_NOTFOUND)
        return wh_fail(err, WH_MISMATCH, "%s: rpm does not accept its header", name);
    return WH_OK;
}
