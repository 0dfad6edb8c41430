/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packages.c - see packages.h. */
#include "whittled/packages.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "whittle/cleanup.h"

enum load { LOADING, LOADED, FAILED };

struct opened {
    struct wh_subject subject; /* first: users hold its address */
    uint8_t header_id[WH_SHA256_LENGTH];
    char pkgid[WH_PKGID_MAX + 1]; /* the same package may be there with another signature */
    enum wh_role role;
    enum load load;
    struct wh_error error; /* of FAILED */
    uint32_t users;
    uint64_t bytes;
    struct opened *next; /* the one used last comes first */
};

struct wh_packages {
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    struct opened *first;
    uint64_t bytes; /* of all payloads */
    uint64_t ceiling;
};

wh_status wh_packages_new(uint64_t ceiling, struct wh_packages **out_packages, struct wh_error *err)
{
    struct wh_packages *packages = calloc(1, sizeof *packages);

    if (!packages)
        return wh_no_memory(err);
    (void)pthread_mutex_init(&packages->lock, NULL);
    (void)pthread_cond_init(&packages->loaded, NULL);
    packages->ceiling = ceiling;
    *out_packages = packages;
    return WH_OK;
}

static void free_opened(struct opened *opened)
{
    wh_subject_clear(&opened->subject);
    free(opened);
}

void wh_packages_free(struct wh_packages *packages)
{
    if (!packages)
        return;
    while (packages->first) {
        struct opened *gone = packages->first;
        packages->first = gone->next;
        free_opened(gone);
    }
    (void)pthread_cond_destroy(&packages->loaded);
    (void)pthread_mutex_destroy(&packages->lock);
    free(packages);
}

/* ---- the list; its lock is held ------------------------------------------------------------- */

static struct opened *unlink_one(struct wh_packages *packages, struct opened *one)
{
    struct opened **at = &packages->first;

    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    return one;
}

static void put_first(struct wh_packages *packages, struct opened *one)
{
    one->next = packages->first;
    packages->first = one;
}

static struct opened *find(
    const struct wh_packages *packages, const struct wh_known_package *known, enum wh_role role)
{
    struct opened *one = packages->first;

    while (one && (one->role != role || strcmp(one->pkgid, known->pkgid) != 0 ||
                      memcmp(one->header_id, known->header_id, sizeof one->header_id) != 0))
        one = one->next;
    return one;
}

/* The last one that nobody uses. */
static struct opened *find_idle(const struct wh_packages *packages)
{
    struct opened *idle = NULL;

    for (struct opened *one = packages->first; one; one = one->next)
        if (one->users == 0)
            idle = one;
    return idle;
}

static void make_room(struct wh_packages *packages)
{
    struct opened *idle;

    while (packages->bytes > packages->ceiling && (idle = find_idle(packages)) != NULL) {
        packages->bytes -= idle->bytes;
        free_opened(unlink_one(packages, idle));
    }
}

/* ---- loading --------------------------------------------------------------------------------- */

static wh_status check_identity(const struct wh_known_package *known, enum wh_role role,
    const struct wh_package_file *file, struct wh_error *err)
{
    if (memcmp(file->header->id, known->header_id, sizeof known->header_id) != 0)
        return wh_fail(
            err, WH_MISMATCH, "%s/%s: not the package that it was", known->folder, known->location);
    enum wh_skip skip = role == WH_ROLE_TARGET ? wh_subject_refuse(file) : wh_origin_refuse(file);
    if (skip != WH_SKIP_NOT)
        return wh_fail(err, WH_UNSUPPORTED, "%s", wh_skip_text(skip));
    return WH_OK;
}

/* What a history keeps has all that either role needs. */
static wh_status load_kept(const struct wh_known_package *known, enum wh_role role,
    struct wh_subject *out_subject, struct wh_error *err)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_subject_clear) struct wh_subject subject = WH_SUBJECT_NONE;

    WH_TRY(wh_history_open(known->folder, WH_HISTORY_READ, &history, err));
    WH_TRY(wh_history_load(&history, known->location, &subject, err));
    WH_TRY(check_identity(known, role, &subject.file, err));
    *out_subject = subject;
    subject = (struct wh_subject)WH_SUBJECT_NONE;
    return WH_OK;
}

/* Of a kind that is not known here nothing is checked. */
static struct wh_digest digest_of(const char *pkgid)
{
    static const uint32_t kinds[] = {WH_SHA256, WH_SHA512, WH_SHA1};
    struct wh_digest digest = {0};

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(pkgid) == 2 * (size_t)wh_digest_length(kinds[i]) &&
            wh_digest_from_hex(kinds[i], pkgid, &digest))
            return digest;
    return (struct wh_digest){0};
}

static wh_status load(const struct wh_known_package *known, enum wh_role role,
    struct wh_subject *subject, struct wh_error *err)
{
    wh_autoclose int folder = open(known->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;

    if (wh_history_is(known->folder))
        return load_kept(known, role, subject, err);
    if (folder < 0)
        return wh_fail_errno(err, "%s", known->folder);
    WH_TRY(wh_package_open(folder, known->folder, known->location, &file, err));
    WH_TRY(check_identity(known, role, &file, err));
    if (role == WH_ROLE_TARGET) {
        const struct wh_digest pkgid = digest_of(known->pkgid);
        return wh_subject_prepare(&file, &pkgid, subject, err);
    }
    WH_TRY(wh_package_unpack(&file, err));
    subject->file = file;
    file = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
    return WH_OK;
}

static struct opened *begin(
    struct wh_packages *packages, const struct wh_known_package *known, enum wh_role role)
{
    struct opened *one = calloc(1, sizeof *one);

    if (!one)
        return NULL;
    one->subject = (struct wh_subject)WH_SUBJECT_NONE;
    memcpy(one->header_id, known->header_id, sizeof one->header_id);
    memcpy(one->pkgid, known->pkgid, sizeof one->pkgid);
    one->role = role;
    one->users = 1;
    put_first(packages, one);
    return one;
}

/* Loads with the lock given away: others find the entry and wait. */
static void finish(
    struct wh_packages *packages, const struct wh_known_package *known, struct opened *one)
{
    struct wh_subject subject = WH_SUBJECT_NONE;

    (void)pthread_mutex_unlock(&packages->lock);
    wh_status status = load(known, one->role, &subject, &one->error);
    (void)pthread_mutex_lock(&packages->lock);
    if (status == WH_OK) {
        one->subject = subject;
        one->bytes = subject.file.payload.length;
        one->load = LOADED;
        packages->bytes += one->bytes;
    } else {
        wh_subject_clear(&subject);
        one->load = FAILED;
    }
    (void)pthread_cond_broadcast(&packages->loaded);
    make_room(packages);
}

/* A failure is not kept: the next one who asks tries again. */
static void give_failed(struct wh_packages *packages, struct opened *one)
{
    if (--one->users == 0)
        free_opened(unlink_one(packages, one));
}

wh_status wh_packages_take(struct wh_packages *packages, const struct wh_known_package *known,
    enum wh_role role, const struct wh_subject **out_subject, struct wh_error *err)
{
    wh_status status = WH_OK;

    (void)pthread_mutex_lock(&packages->lock);
    struct opened *one = find(packages, known, role);
    if (one) {
        one->users++;
        put_first(packages, unlink_one(packages, one));
        while (one->load == LOADING)
            (void)pthread_cond_wait(&packages->loaded, &packages->lock);
    } else {
        one = begin(packages, known, role);
        if (one)
            finish(packages, known, one);
    }
    if (!one) {
        status = wh_no_memory(err);
    } else if (one->load == FAILED) {
        if (err)
            *err = one->error;
        status = one->error.status;
        give_failed(packages, one);
    } else {
        *out_subject = &one->subject;
    }
    (void)pthread_mutex_unlock(&packages->lock);
    return status;
}

void wh_packages_give(struct wh_packages *packages, const struct wh_subject *subject)
{
    struct opened *one = (struct opened *)(uintptr_t)subject;

    (void)pthread_mutex_lock(&packages->lock);
    one->users--;
    make_room(packages);
    (void)pthread_mutex_unlock(&packages->lock);
}
