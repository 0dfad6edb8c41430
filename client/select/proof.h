/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof.h - whether this system's liblzma encodes as the publisher's did. Found out when the first
 * bundle needs it, and remembered for each version of liblzma. */
#ifndef WHITTLE_PROOF_H
#define WHITTLE_PROOF_H

#include <stdbool.h>

/* In the folder: the version that was tried last, and how it went. */
#define WH_PROOF_FILE "whittle-liblzma"

enum wh_verdict { WH_VERDICT_UNKNOWN, WH_VERDICT_SAME, WH_VERDICT_DIFFERS };

struct wh_proof {
    const char *folder; /* where it is remembered; NULL: for this run only. Borrowed */
    enum wh_verdict verdict;
};

/* Proves it, unless that was done before. Whatever is wrong with the file or the folder costs some
 * milliseconds for another proof: it is local, and what it holds is no more than a hint, since
 * every content is compared with its digest. False also without memory. */
bool wh_proof_holds(struct wh_proof *proof);

#endif
