/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gate.h - proves bundles before they are listed: assembles the package from them as a client
 * does, and has rpm check the result as rpm checks any package before it installs it. */
#ifndef WHITTLE_REPO_GATE_H
#define WHITTLE_REPO_GATE_H

#include "package_file.h"
#include "whittle/assemble.h"

struct wh_gate_input {
    const struct wh_package_file *origin; /* the older version, unpacked */
    const struct wh_bytes *bundles;       /* the step, then supplements */
    uint32_t bundle_count;
    /* Take the old %config or %doc files for changed, so that supplements must give them. */
    bool without_config;
    bool without_doc;
    const uint32_t *differs; /* and these old files */
    uint32_t differs_count;
    /* What the step starts from where it is a list of files, of which the origin is made. */
    const struct wh_listed_file *listed;
    uint32_t listed_count;
    /* The new version, unpacked, where it is at hand: what is assembled is compared with it instead
     * of being written and shown to rpm, which says the same of every bundle that leads to it. */
    const struct wh_package_file *target;
};

/* WH_OK: the bundles do what they are for. Anything else: they must not be listed. */
WH_MUST_CHECK wh_status wh_gate_check(const struct wh_gate_input *input, struct wh_error *err);

/* Has rpm check the digests of a package file, with no keys and no database. One at a time in the
 * whole program: librpm is not made for threads. name: for the message. */
WH_MUST_CHECK wh_status wh_gate_rpm(int fd, const char *name, struct wh_error *err);

/* Once, before threads start. */
WH_MUST_CHECK wh_status wh_gate_begin(struct wh_error *err);
void wh_gate_end(void);

#endif
