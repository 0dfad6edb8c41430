/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof.c - see proof.h. The file has one line: the version, a space, and "same" or "differs". */
#include "select/proof.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "whittle/cleanup.h"
#include "whittle/xz.h"

#define LINE_MAX_BYTES 128

static void spell(enum wh_verdict verdict, char *out_line)
{
    (void)snprintf(out_line, LINE_MAX_BYTES, "%.100s %s\n", wh_xz_version(),
        verdict == WH_VERDICT_SAME ? "same" : "differs");
}

/* What the file says of the version that runs; another version's verdict is none. */
static enum wh_verdict recall(const char *folder)
{
    static const enum wh_verdict verdicts[] = {WH_VERDICT_SAME, WH_VERDICT_DIFFERS};
    wh_autofree char *path = NULL;
    char found[LINE_MAX_BYTES + 1];
    char line[LINE_MAX_BYTES];

    if (asprintf(&path, "%s/" WH_PROOF_FILE, folder) < 0)
        return WH_VERDICT_UNKNOWN;
    wh_autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, found, sizeof found);
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        spell(verdicts[i], line);
        if (length == (ssize_t)strlen(line) && memcmp(found, line, (size_t)length) == 0)
            return verdicts[i];
    }
    return WH_VERDICT_UNKNOWN;
}

/* Under another name first: whoever reads meets the old line or the new one. */
static void remember(const char *folder, enum wh_verdict verdict)
{
    wh_autofree char *path = NULL;
    wh_autofree char *unfinished = NULL;
    char line[LINE_MAX_BYTES];

    if (asprintf(&path, "%s/" WH_PROOF_FILE, folder) < 0 ||
        asprintf(&unfinished, "%s/." WH_PROOF_FILE "-XXXXXX", folder) < 0)
        return;
    wh_autoclose int fd = mkostemp(unfinished, O_CLOEXEC);
    if (fd < 0)
        return; /* a folder that is read-only, or gone */
    spell(verdict, line);
    bool written = write(fd, line, strlen(line)) == (ssize_t)strlen(line) &&
                   fchmod(fd, 0644) == 0 && rename(unfinished, path) == 0;
    if (!written)
        (void)unlink(unfinished);
}

bool wh_proof_holds(struct wh_proof *proof)
{
    if (proof->verdict == WH_VERDICT_UNKNOWN && proof->folder)
        proof->verdict = recall(proof->folder);
    if (proof->verdict != WH_VERDICT_UNKNOWN)
        return proof->verdict == WH_VERDICT_SAME;

    wh_status status = wh_xz_prove(NULL);
    if (status != WH_OK && status != WH_UNSUPPORTED)
        return false;
    proof->verdict = status == WH_OK ? WH_VERDICT_SAME : WH_VERDICT_DIFFERS;
    if (proof->folder)
        remember(proof->folder, proof->verdict);
    return status == WH_OK;
}
