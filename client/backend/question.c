/* SPDX-License-Identifier: GPL-2.0-or-later */
/* question.c - see question.h. */
#include "backend/question.h"

#include <stdlib.h>
#include <string.h>

#include "observe/listing.h"
#include "observe/nevra.h"
#include "observe/report.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void clear_package(struct wh_upgrade_package *package)
{
    for (uint32_t i = 0; i < package->file_count; i++)
        free(package->files[i].path);
    free(package->files);
    free(package->differs);
}

void wh_question_forget(struct wh_question *question)
{
    free(question->answer.reason);
    wh_operations_clear(&question->answer.operations);
    question->answer = (struct wh_package_instructions){0};
    question->is_answered = false;
}

void wh_question_clear(struct wh_question *question)
{
    free(question->name);
    free(question->from);
    clear_package(&question->package);
    wh_question_forget(question);
    *question = (struct wh_question){0};
}

struct found {
    struct wh_installed *list;
    uint32_t count;
};

static void free_found(struct found *found)
{
    wh_installed_free(found->list, found->count);
}

/* Ghosts have no packaged content that could differ. */
static wh_status note_differences(const struct wh_system *system,
    const struct wh_installed *installed, struct wh_upgrade_package *package, struct wh_error *err)
{
    wh_cleanup(wh_report_clear) struct wh_report report = {0};

    WH_TRY(wh_report_observe(system, installed, WH_CARE_TIMES, &report, err));
    package->differs = wh_array(report.file_count, sizeof *package->differs, UINT32_MAX, err);
    if (!package->differs)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < report.file_count; i++)
        if (report.differs[i] && !(installed->header->files[i].flags & WH_FILE_GHOST))
            package->differs[package->differs_count++] = i;
    return WH_OK;
}

/* One question that no backend would take must not spoil the others. */
static wh_status check(struct wh_question *question, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {0};

    return wh_questions_write(&question, 1, false, &xml, err);
}

wh_status wh_question_make(struct wh_system *system, const char *pkgid, const char *nevra,
    struct wh_question *out_question, struct wh_error *err)
{
    wh_cleanup(wh_question_clear) struct wh_question question = {.name = wh_nevra_name(nevra)};
    wh_cleanup(free_found) struct found found = {0};

    if (!question.name)
        return wh_fail(err, WH_MALFORMED, "%s: not NAME-VERSION-RELEASE.ARCH", nevra);
    if (strlen(pkgid) > WH_PKGID_MAX)
        return wh_fail(err, WH_MALFORMED, "%s: its pkgid is no checksum", nevra);
    WH_TRY(wh_installed_find(system, question.name, &found.list, &found.count, err));
    const struct wh_installed *from = wh_installed_closest(found.list, found.count, nevra);
    if (!from)
        return wh_fail(err, WH_MISSING, "%s: no version of it is installed", question.name);
    question.from = wh_header_nevra(from->header);
    if (!question.from)
        return wh_no_memory(err);
    memcpy(question.package.pkgid, pkgid, strlen(pkgid) + 1);
    memcpy(question.package.header_id, from->header->id, WH_SHA256_LENGTH);
    WH_TRY(note_differences(system, from, &question.package, err));
    WH_TRY(check(&question, err));
    *out_question = question;
    question = (struct wh_question){0};
    return WH_OK;
}

wh_status wh_question_lengthen(
    struct wh_system *system, struct wh_question *question, struct wh_error *err)
{
    wh_cleanup(free_found) struct found found = {0};
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
    struct wh_upgrade_package *package = &question->package;

    WH_TRY(wh_installed_find(system, question->name, &found.list, &found.count, err));
    const struct wh_installed *from = wh_installed_by_id(
        found.list, found.count, package->header_id);
    if (!from)
        return wh_fail(err, WH_MISSING, "%s: it is not installed any more", question->from);
    WH_TRY(wh_listing_make(system, from, &listing, err));
    if (listing.count == 0)
        return wh_fail(err, WH_MISSING, "%s: it has no file as packaged", question->from);
    free(package->differs);
    package->differs = NULL;
    package->differs_count = 0;
    package->is_listed = true;
    package->files = listing.files;
    package->file_count = listing.count;
    listing = (struct wh_listing){0};
    return check(question, err);
}

/* A frame's window reaches a little further than its content, and nobody takes one that reaches
 * over the limit. */
#define FRAME_MARGIN (4u << 10)

wh_status wh_questions_write(struct wh_question *const *questions, uint32_t count,
    bool without_liblzma, struct wh_buffer *out_xml, struct wh_error *err)
{
    struct wh_upgrade upgrade = {.without_liblzma = without_liblzma, .package_count = count};
    wh_autofree struct wh_upgrade_package *packages = wh_array(
        count, sizeof *packages, UINT32_MAX, err);

    if (!packages)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        packages[i] = questions[i]->package; /* borrowed */
    upgrade.packages = packages;
    out_xml->ceiling = WH_UPGRADE_MAX - FRAME_MARGIN;
    return wh_upgrade_write(&upgrade, out_xml, err);
}
