/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operations.h - what an upgrade does to a system beside writing files, over all versions between
 * the installed one and the target: files that disappear, configuration files that are kept or
 * replaced, and what people should do afterwards. rpm carries it out; this tells it beforehand. */
#ifndef WHITTLE_OPERATIONS_H
#define WHITTLE_OPERATIONS_H

#include "whittle/header.h"

/* What people should do after the upgrade; a later one includes those before. */
enum wh_suggestion {
    WH_SUGGEST_NOTHING,
    WH_SUGGEST_RESTART, /* of programs or services of this package */
    WH_SUGGEST_RELOGIN,
    WH_SUGGEST_REBOOT,
};

/* ---- changes: what merging works on -----------------------------------------------------------
 */

/* A path in one version. */
struct wh_path_state {
    bool exists;
    bool is_config;
    bool is_noreplace;       /* RPMFILE_NOREPLACE */
    struct wh_digest digest; /* of the packaged content; length 0 for what has none */
};

struct wh_change {
    char *path;
    struct wh_path_state before;
    struct wh_path_state after; /* never equal to before */
};

/* From one version to a later one. */
struct wh_changes {
    struct wh_change *changes; /* ascending by path */
    uint32_t count;
    enum wh_suggestion suggestion;
    char **advisories; /* ids that ask for it, each once, in the order of the versions */
    uint32_t advisory_count;
};

/* Paths that appear or disappear, and %config files whose packaged content changes. Free with
 * wh_changes_clear(). */
WH_MUST_CHECK wh_status wh_changes_between(const struct wh_header *older,
    const struct wh_header *newer, struct wh_changes *out_changes, struct wh_error *err);
/* Notes an advisory of the newer version. */
WH_MUST_CHECK wh_status wh_changes_advise(struct wh_changes *changes, const char *advisory,
    enum wh_suggestion suggestion, struct wh_error *err);
/* Both, one after the other: what a later one undoes disappears. merge(a..b, b..c) equals a..c made
 * of any versions between. */
WH_MUST_CHECK wh_status wh_changes_merge(const struct wh_changes *first,
    const struct wh_changes *second, struct wh_changes *out_changes, struct wh_error *err);
void wh_changes_clear(struct wh_changes *changes);

/* ---- operations: what a client is told ---------------------------------------------------------
 */

enum wh_operation_kind {
    WH_OPERATION_REMOVE,  /* the file disappears */
    WH_OPERATION_KEEP,    /* an edited %config(noreplace) file stays, the new one is .rpmnew */
    WH_OPERATION_REPLACE, /* the configuration file is replaced; an edited one becomes .rpmsave */
};

struct wh_operation {
    enum wh_operation_kind kind;
    char *path; /* printable UTF-8 or percent-encoded by the document's writer */
};

struct wh_operations {
    struct wh_operation *operations; /* ascending by path */
    uint32_t count;
    enum wh_suggestion suggestion;
    char **advisories;
    uint32_t advisory_count;
};

/* is_edited: whether the system's file of that path is not as packaged; NULL: none is. */
typedef bool wh_is_edited_fn(void *context, const char *path);
WH_MUST_CHECK wh_status wh_operations_of(const struct wh_changes *changes,
    wh_is_edited_fn *is_edited, void *context, struct wh_operations *out_operations,
    struct wh_error *err);
void wh_operations_clear(struct wh_operations *operations);

#endif
