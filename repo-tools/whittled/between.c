/* SPDX-License-Identifier: GPL-2.0-or-later */
/* between.c - see whittled/between.h. */
#include "whittled/between.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "package_file.h"
#include "versions.h"
#include "whittle/cleanup.h"

static wh_status open_header(
    const struct wh_known_package *known, struct wh_package_file *out_file, struct wh_error *err)
{
    wh_autoclose int folder = open(known->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return wh_fail_errno(err, "%s", known->folder);
    return wh_package_open(folder, known->folder, known->location, out_file, err);
}

/* ---- the way ------------------------------------------------------------------------------- */

/* The walk over the versions, one step after the other. */
struct walk {
    struct wh_library *library;
    const struct wh_header *here;   /* the origin's, or that of the last step */
    struct wh_package_file reached; /* by the last step */
    struct wh_changes changes;      /* from the origin to here */
};

static void clear_walk(struct walk *walk)
{
    wh_package_clear(&walk->reached);
    wh_changes_clear(&walk->changes);
}

/* Notes an advisory of a step; without memory it is not noted. */
static void take_advice(void *context, const char *advisory, enum wh_suggestion suggestion)
{
    if (wh_changes_advise(context, advisory, suggestion, NULL) != WH_OK)
        return;
}

static wh_status step_to(
    struct walk *walk, const struct wh_known_package *next, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file there = WH_PACKAGE_FILE_NONE;
    wh_cleanup(wh_changes_clear) struct wh_changes step = {0};
    struct wh_changes merged;

    WH_TRY(open_header(next, &there, err));
    WH_TRY(wh_changes_between(walk->here, there.header, &step, err));
    wh_library_advise(walk->library, next->name, next->evr, next->arch, take_advice, &step);
    WH_TRY(wh_changes_merge(&walk->changes, &step, &merged, err));
    wh_changes_clear(&walk->changes);
    walk->changes = merged;
    struct wh_package_file behind = walk->reached;
    walk->reached = there;
    walk->here = walk->reached.header;
    there = behind;
    return WH_OK;
}

static wh_status walk_between(struct walk *walk, struct wh_catalogue *catalogue,
    const struct wh_known_package *origin, const struct wh_known_package *target,
    struct wh_error *err)
{
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages versions = {0};

    WH_TRY(wh_catalogue_versions(catalogue, target->name, target->arch, &versions, err));
    for (uint32_t i = 0; i < versions.count; i++) {
        const struct wh_known_package *version = &versions.packages[i];
        bool between = wh_evr_compare(version->evr, origin->evr) > 0 &&
                       wh_evr_compare(version->evr, target->evr) < 0;
        if (between)
            WH_TRY(step_to(walk, version, err));
    }
    return step_to(walk, target, err);
}

/* ---- what the client has changed ----------------------------------------------------------- */

struct edited {
    struct wh_file_map *map;
    const struct wh_upgrade_package *asked;
};

static void clear_edited(struct edited *edited)
{
    wh_file_map_free(edited->map);
}

static bool is_edited(void *context, const char *path)
{
    const struct edited *edited = context;
    const char *name = strrchr(path, '/');
    size_t length = name ? (size_t)(name - path) + 1 : 0;
    wh_autofree char *directory = strndup(path, length);

    if (!directory)
        return false;
    uint32_t file = wh_file_map_path(edited->map, directory, path + length);
    for (uint32_t i = 0; i < edited->asked->differs_count; i++)
        if (edited->asked->differs[i] == file)
            return true;
    return false;
}

wh_status wh_operations_between(struct wh_library *library, struct wh_catalogue *catalogue,
    const struct wh_known_package *origin, const struct wh_known_package *target,
    const struct wh_upgrade_package *asked, struct wh_operations *out_operations,
    struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file start = WH_PACKAGE_FILE_NONE;
    wh_cleanup(clear_walk) struct walk walk = {.library = library, .reached = WH_PACKAGE_FILE_NONE};
    wh_cleanup(clear_edited) struct edited edited = {.asked = asked};

    WH_TRY(open_header(origin, &start, err));
    walk.here = start.header;
    WH_TRY(walk_between(&walk, catalogue, origin, target, err));
    WH_TRY(wh_file_map_new(start.header, &edited.map, err));
    return wh_operations_of(&walk.changes, is_edited, &edited, out_operations, err);
}
