/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operations.c - what a client is told of changes; see whittle/operations.h. */
#include "whittle/operations.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

void wh_operations_clear(struct wh_operations *operations)
{
    for (uint32_t i = 0; i < operations->count; i++)
        free(operations->operations[i].path);
    for (uint32_t i = 0; i < operations->advisory_count; i++)
        free(operations->advisories[i]);
    free(operations->operations);
    free(operations->advisories);
    *operations = (struct wh_operations){0};
}

/* What rpm does with the path; false where people need not be told. */
static bool kind_of(
    const struct wh_change *change, bool is_edited, enum wh_operation_kind *out_kind)
{
    if (!change->before.exists)
        return false;
    if (!change->after.exists) {
        *out_kind = WH_OPERATION_REMOVE;
        return true;
    }
    if (!change->after.is_config || wh_digest_equal(&change->before.digest, &change->after.digest))
        return false;
    *out_kind = change->after.is_noreplace && is_edited ? WH_OPERATION_KEEP : WH_OPERATION_REPLACE;
    return true;
}

static wh_status list(const struct wh_changes *changes, wh_is_edited_fn *is_edited, void *context,
    struct wh_operations *operations, struct wh_error *err)
{
    operations->operations = wh_array(
        changes->count, sizeof *operations->operations, SIZE_MAX, err);
    if (!operations->operations)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct wh_change *change = &changes->changes[i];
        bool edited = is_edited && is_edited(context, change->path);
        enum wh_operation_kind kind;
        if (!kind_of(change, edited, &kind))
            continue;
        char *path = strdup(change->path);
        if (!path)
            return wh_no_memory(err);
        operations->operations[operations->count++] = (struct wh_operation){kind, path};
    }
    return WH_OK;
}

static wh_status copy_advisories(
    const struct wh_changes *changes, struct wh_operations *operations, struct wh_error *err)
{
    operations->suggestion = changes->suggestion;
    operations->advisories = wh_array(changes->advisory_count, sizeof(char *), SIZE_MAX, err);
    if (!operations->advisories)
        return wh_no_memory(err);
    for (; operations->advisory_count < changes->advisory_count; operations->advisory_count++) {
        char *advisory = strdup(changes->advisories[operations->advisory_count]);
        if (!advisory)
            return wh_no_memory(err);
        operations->advisories[operations->advisory_count] = advisory;
    }
    return WH_OK;
}

wh_status wh_operations_of(const struct wh_changes *changes, wh_is_edited_fn *is_edited,
    void *context, struct wh_operations *out_operations, struct wh_error *err)
{
    wh_cleanup(wh_operations_clear) struct wh_operations operations = {0};

    WH_TRY(list(changes, is_edited, context, &operations, err));
    WH_TRY(copy_advisories(changes, &operations, err));
    *out_operations = operations;
    operations = (struct wh_operations){0};
    return WH_OK;
}
