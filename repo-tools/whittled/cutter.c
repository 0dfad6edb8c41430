/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cutter.c - see cutter.h. */
#include "whittled/cutter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jobs.h"
#include "publish.h"
#include "whittle/cleanup.h"

/* Known versions whose contents a list of files may have. */
#define VERSIONS_MAX 4u
#define SETTLE_TRIES 15           /* a second apart */
#define LISTED_MAX (128ull << 20) /* bytes of the lists of all orders */

struct wh_order {
    uint8_t key[WH_SHA256_LENGTH];
    struct wh_known_package target;
    struct wh_known_package origin;
    struct wh_upgrade asked; /* one package */
    bool from_list;
    bool without_liblzma;
    uint64_t bytes; /* of the list, about */

    pthread_mutex_t lock;
    pthread_cond_t done;
    enum wh_order_end end; /* WH_ORDER_LATE while it is not done */
    struct wh_cut_record record;
    atomic_uint users; /* the one who ordered, and the cutter */
    struct wh_order *next;
};

struct wh_cutter {
    struct wh_cutter_options options;
    pthread_mutex_t lock;
    pthread_cond_t ordered;
    struct wh_order *first;
    struct wh_order **last;
    uint32_t waiting;
    uint64_t listed; /* bytes of the lists of those that wait */
    bool stops;
    pthread_t *threads;
    uint32_t thread_count;
};

/* ---- orders -------------------------------------------------------------------------------- */

void wh_order_drop(struct wh_order *order)
{
    if (!order || atomic_fetch_sub(&order->users, 1) > 1)
        return;
    wh_known_package_clear(&order->target);
    wh_known_package_clear(&order->origin);
    wh_upgrade_clear(&order->asked);
    (void)pthread_cond_destroy(&order->done);
    (void)pthread_mutex_destroy(&order->lock);
    free(order);
}

static void cleanup_order(struct wh_order **order)
{
    wh_order_drop(*order);
}

static wh_status copy_known(
    const struct wh_known_package *from, struct wh_known_package *to, struct wh_error *err)
{
    *to = *from;
    to->name = strdup(from->name);
    to->evr = strdup(from->evr);
    to->arch = strdup(from->arch);
    to->folder = strdup(from->folder);
    to->location = strdup(from->location);
    return to->name && to->evr && to->arch && to->folder && to->location ? WH_OK
                                                                         : wh_no_memory(err);
}

static wh_status copy_files(
    const struct wh_upgrade_package *from, struct wh_upgrade_package *to, struct wh_error *err)
{
    to->files = wh_array(from->file_count, sizeof *to->files, SIZE_MAX, err);
    if (!to->files)
        return wh_no_memory(err);
    for (; to->file_count < from->file_count; to->file_count++) {
        struct wh_listed_file *file = &to->files[to->file_count];
        *file = from->files[to->file_count];
        file->path = strdup(file->path);
        if (!file->path)
            return wh_no_memory(err);
    }
    return WH_OK;
}

static wh_status copy_asked(
    const struct wh_upgrade_package *from, struct wh_upgrade *asked, struct wh_error *err)
{
    struct wh_upgrade_package *to;

    asked->packages = wh_array(1, sizeof *asked->packages, SIZE_MAX, err);
    if (!asked->packages)
        return wh_no_memory(err);
    asked->package_count = 1;
    to = &asked->packages[0];
    *to = *from;
    to->files = NULL;
    to->file_count = 0;
    to->differs = wh_array(from->differs_count, sizeof *to->differs, SIZE_MAX, err);
    if (!to->differs)
        return wh_no_memory(err);
    if (from->differs_count > 0)
        memcpy(to->differs, from->differs, from->differs_count * sizeof *to->differs);
    return copy_files(from, to, err);
}

static wh_status new_order(
    const struct wh_order_terms *terms, struct wh_order **out_order, struct wh_error *err)
{
    struct wh_order *order = calloc(1, sizeof *order);
    pthread_condattr_t attributes;

    if (!order)
        return wh_no_memory(err);
    (void)pthread_mutex_init(&order->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&order->done, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    order->users = 1;
    order->end = WH_ORDER_LATE;
    *out_order = order;
    memcpy(order->key, terms->key, sizeof order->key);
    order->from_list = terms->origin == NULL;
    order->without_liblzma = terms->without_liblzma;
    WH_TRY(copy_known(terms->target, &order->target, err));
    if (terms->origin)
        WH_TRY(copy_known(terms->origin, &order->origin, err));
    WH_TRY(copy_asked(terms->asked, &order->asked, err));
    for (uint32_t i = 0; i < terms->asked->file_count; i++)
        order->bytes += sizeof *terms->asked->files + strlen(terms->asked->files[i].path);
    return WH_OK;
}

static void conclude(
    struct wh_order *order, enum wh_order_end end, const struct wh_cut_record *record)
{
    (void)pthread_mutex_lock(&order->lock);
    order->end = end;
    if (record)
        order->record = *record;
    (void)pthread_cond_broadcast(&order->done);
    (void)pthread_mutex_unlock(&order->lock);
}

enum wh_order_end wh_order_wait(
    struct wh_order *order, const struct timespec *until, struct wh_cut_record *out_record)
{
    (void)pthread_mutex_lock(&order->lock);
    while (order->end == WH_ORDER_LATE &&
           pthread_cond_timedwait(&order->done, &order->lock, until) != ETIMEDOUT)
        ;
    enum wh_order_end end = order->end;
    *out_record = order->record;
    (void)pthread_mutex_unlock(&order->lock);
    return end;
}

/* ---- one bundle ---------------------------------------------------------------------------- */

/* The packages that one cut works with. */
struct parts {
    struct wh_packages *packages;
    const struct wh_subject *target;
    const struct wh_subject *versions[VERSIONS_MAX];
    uint32_t version_count;
    struct wh_package_file listed; /* what stands for a list */
};

static void clear_parts(struct parts *parts)
{
    if (parts->target)
        wh_packages_give(parts->packages, parts->target);
    for (uint32_t i = 0; i < parts->version_count; i++)
        wh_packages_give(parts->packages, parts->versions[i]);
    wh_package_clear(&parts->listed);
}

/* The newest versions that are known; any of them may be missing. */
static wh_status take_versions(struct wh_catalogue *catalogue, const struct wh_order *order,
    struct parts *parts, struct wh_error *err)
{
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};

    WH_TRY(wh_catalogue_versions(catalogue, order->target.name, order->target.arch, &known, err));
    for (uint32_t i = known.count; i-- > 0 && parts->version_count < VERSIONS_MAX;) {
        const struct wh_subject *version;
        struct wh_error ignored;
        if (memcmp(known.packages[i].header_id, order->target.header_id, WH_SHA256_LENGTH) == 0)
            continue;
        if (wh_packages_take(
                parts->packages, &known.packages[i], WH_ROLE_ORIGIN, &version, &ignored) == WH_OK)
            parts->versions[parts->version_count++] = version;
    }
    return WH_OK;
}

static wh_status take_list(struct wh_catalogue *catalogue, const struct wh_order *order,
    struct parts *parts, struct wh_start *start, struct wh_error *err)
{
    const struct wh_upgrade_package *asked = &order->asked.packages[0];
    const struct wh_package_file *files[VERSIONS_MAX + 1] = {&parts->target->file};

    WH_TRY(take_versions(catalogue, order, parts, err));
    for (uint32_t i = 0; i < parts->version_count; i++)
        files[i + 1] = &parts->versions[i]->file;
    WH_TRY(wh_origin_of_list(
        asked->files, asked->file_count, files, parts->version_count + 1, &parts->listed, err));
    start->origin = &parts->listed;
    start->listed = asked->files;
    start->listed_count = asked->file_count;
    return WH_OK;
}

static wh_status take_start(struct wh_catalogue *catalogue, const struct wh_order *order,
    struct parts *parts, struct wh_start *start, struct wh_error *err)
{
    const struct wh_upgrade_package *asked = &order->asked.packages[0];

    if (order->from_list)
        return take_list(catalogue, order, parts, start, err);
    start->origin = &parts->versions[0]->file;
    start->differs = asked->differs;
    start->differs_count = asked->differs_count;
    return WH_OK;
}

static struct wh_means means_for(const struct wh_cutter *cutter, const struct wh_order *order)
{
    uint64_t most = wh_bundle_most(order->target.size);

    return (struct wh_means){
        .effort = cutter->options.effort,
        .memory = cutter->options.memory / cutter->options.threads,
        .stored_max = most < WH_BUNDLE_MAX ? most : WH_BUNDLE_MAX,
        .without_liblzma = order->without_liblzma,
        .threads = cutter->options.threads_each,
    };
}

/* Target and origin, each of which takes a while to unpack. */
struct pair {
    const struct wh_order *order;
    struct parts *parts;
    wh_status status[2];
    struct wh_error error[2];
};

static bool take_one(void *context, uint32_t number)
{
    struct pair *pair = context;
    struct parts *parts = pair->parts;
    struct wh_error *err = &pair->error[number];

    pair->status[number] = number == 0 ? wh_packages_take(parts->packages, &pair->order->target,
                                             WH_ROLE_TARGET, &parts->target, err)
                                       : wh_packages_take(parts->packages, &pair->order->origin,
                                             WH_ROLE_ORIGIN, &parts->versions[0], err);
    return true;
}

static wh_status take_pair(const struct wh_order *order, struct parts *parts, struct wh_error *err)
{
    struct pair pair = {.order = order, .parts = parts};
    const struct wh_jobs jobs = {take_one, &pair, order->from_list ? 1 : 2, 2};

    wh_jobs_run(&jobs);
    parts->version_count = parts->versions[0] != NULL;
    for (int i = 0; i < 2; i++) {
        if (pair.status[i] == WH_OK)
            continue;
        if (err)
            *err = pair.error[i];
        return pair.status[i];
    }
    return WH_OK;
}

static wh_status cut(struct wh_cutter *cutter, struct wh_catalogue *catalogue,
    const struct wh_order *order, struct wh_cut *out_cut, struct wh_error *err)
{
    wh_cleanup(clear_parts) struct parts parts = {
        .packages = cutter->options.packages, .listed = WH_PACKAGE_FILE_NONE};
    const struct wh_means means = means_for(cutter, order);
    struct wh_start start = {0};

    WH_TRY(take_pair(order, &parts, err));
    WH_TRY(take_start(catalogue, order, &parts, &start, err));
    return wh_cut_make(&start, parts.target, &means, out_cut, err);
}

/* A database that is started again is waited for: else nobody gets the bundle before the lease is
 * over. */
static wh_status settle(struct wh_catalogue *catalogue, const struct wh_order *order,
    const struct wh_cut_record *record, struct wh_error *err)
{
    const struct timespec pause = {.tv_sec = 1};
    wh_status status = wh_catalogue_settle(catalogue, order->key, record, err);

    for (int tries = 0; status == WH_SYSTEM && tries < SETTLE_TRIES; tries++) {
        (void)nanosleep(&pause, NULL);
        status = wh_catalogue_settle(catalogue, order->key, record, err);
    }
    return status;
}

static wh_status keep(struct wh_cutter *cutter, struct wh_catalogue *catalogue,
    const struct wh_order *order, const struct wh_cut *made, struct wh_cut_record *out_record,
    struct wh_error *err)
{
    struct wh_bytes bundle = wh_buffer_bytes(&made->bundle);
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, bundle, &digest, err));
    *out_record = (struct wh_cut_record){
        .size = bundle.length, .cpu_ms = made->cpu_ms, .counts = made->counts};
    memcpy(out_record->sha256, digest.bytes, sizeof out_record->sha256);
    WH_TRY(wh_store_put(cutter->options.store, out_record->sha256, bundle, err));
    return settle(catalogue, order, out_record, err);
}

static uint64_t milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What could not be done is said: a lease that nobody gives back runs out. */
static void say(wh_status status, const struct wh_error *error)
{
    if (status != WH_OK)
        (void)fprintf(stderr, "whittled: %s\n", error->message);
}

/* Nobody can do better with it later: the key names contents that never change. A damaged package
 * is another thing: it may have been read while it was still being copied. */
static bool is_final(wh_status status)
{
    return status == WH_UNSUPPORTED || status == WH_OVER_LIMIT;
}

static void work_on(
    struct wh_cutter *cutter, struct wh_catalogue *catalogue, struct wh_order *order)
{
    wh_cleanup(wh_cut_clear) struct wh_cut made = {0};
    struct wh_metrics *metrics = cutter->options.metrics;
    struct wh_cut_record record;
    struct wh_error error = {0};
    uint64_t start = milliseconds();
    wh_status status = cut(cutter, catalogue, order, &made, &error);

    if (status == WH_OK) {
        status = keep(cutter, catalogue, order, &made, &record, &error);
        if (status == WH_OK) {
            wh_metric_add(metrics, WH_METRIC_CUT, 1);
            wh_metric_add(metrics, WH_METRIC_CUT_BYTES, record.size);
            wh_metric_add(metrics, WH_METRIC_CUT_MILLISECONDS, milliseconds() - start);
            conclude(order, WH_ORDER_MADE, &record);
            return;
        }
    } else if (is_final(status)) {
        say(wh_catalogue_settle(catalogue, order->key, NULL, &error), &error);
        conclude(order, WH_ORDER_WHOLE, NULL);
        return;
    }
    (void)fprintf(
        stderr, "whittled: %s-%s: %s\n", order->target.name, order->target.evr, error.message);
    wh_metric_add(metrics, WH_METRIC_CUT_FAILED, 1);
    say(wh_catalogue_release(catalogue, order->key, &error), &error);
    conclude(order, WH_ORDER_FAILED, NULL);
}

/* ---- threads ------------------------------------------------------------------------------- */

static struct wh_order *next_order(struct wh_cutter *cutter)
{
    (void)pthread_mutex_lock(&cutter->lock);
    while (!cutter->first && !cutter->stops)
        (void)pthread_cond_wait(&cutter->ordered, &cutter->lock);
    struct wh_order *order = cutter->stops ? NULL : cutter->first;
    if (order) {
        cutter->first = order->next;
        if (!cutter->first)
            cutter->last = &cutter->first;
        cutter->waiting--;
        cutter->listed -= order->bytes;
    }
    (void)pthread_mutex_unlock(&cutter->lock);
    return order;
}

static void *run(void *context)
{
    struct wh_cutter *cutter = context;
    struct wh_catalogue *catalogue = NULL;
    struct wh_order *order;
    struct wh_error error = {0};

    while ((order = next_order(cutter)) != NULL) {
        if (catalogue || wh_catalogue_open(cutter->options.catalogue, &catalogue, &error) == WH_OK)
            work_on(cutter, catalogue, order);
        else
            conclude(order, WH_ORDER_FAILED, NULL);
        wh_order_drop(order);
    }
    wh_catalogue_close(catalogue);
    return NULL;
}

static void cleanup_cutter(struct wh_cutter **cutter)
{
    wh_cutter_free(*cutter);
}

wh_status wh_cutter_new(
    const struct wh_cutter_options *options, struct wh_cutter **out_cutter, struct wh_error *err)
{
    wh_cleanup(cleanup_cutter) struct wh_cutter *cutter = calloc(1, sizeof *cutter);

    if (!cutter)
        return wh_no_memory(err);
    cutter->options = *options;
    cutter->last = &cutter->first;
    (void)pthread_mutex_init(&cutter->lock, NULL);
    (void)pthread_cond_init(&cutter->ordered, NULL);
    cutter->threads = wh_array(options->threads, sizeof *cutter->threads, SIZE_MAX, err);
    if (!cutter->threads)
        return wh_no_memory(err);
    for (; cutter->thread_count < options->threads; cutter->thread_count++) {
        int failed = pthread_create(&cutter->threads[cutter->thread_count], NULL, run, cutter);
        if (failed) {
            errno = failed;
            return wh_fail_errno(err, "a thread that cuts bundles");
        }
    }
    *out_cutter = wh_take(cutter);
    return WH_OK;
}

static void give_back(struct wh_cutter *cutter, const struct wh_order *order)
{
    struct wh_catalogue *catalogue = NULL;
    struct wh_error error;
    wh_status status = wh_catalogue_open(cutter->options.catalogue, &catalogue, &error);

    if (status == WH_OK)
        status = wh_catalogue_release(catalogue, order->key, &error);
    say(status, &error);
    wh_catalogue_close(catalogue);
}

void wh_cutter_free(struct wh_cutter *cutter)
{
    if (!cutter)
        return;
    (void)pthread_mutex_lock(&cutter->lock);
    cutter->stops = true;
    (void)pthread_cond_broadcast(&cutter->ordered);
    (void)pthread_mutex_unlock(&cutter->lock);
    for (uint32_t i = 0; i < cutter->thread_count; i++)
        (void)pthread_join(cutter->threads[i], NULL);
    while (cutter->first) {
        struct wh_order *order = cutter->first;
        cutter->first = order->next;
        give_back(cutter, order);
        conclude(order, WH_ORDER_FAILED, NULL);
        wh_order_drop(order);
    }
    free(cutter->threads);
    (void)pthread_cond_destroy(&cutter->ordered);
    (void)pthread_mutex_destroy(&cutter->lock);
    free(cutter);
}

wh_status wh_cutter_order(struct wh_cutter *cutter, const struct wh_order_terms *terms,
    struct wh_order **out_order, struct wh_error *err)
{
    wh_cleanup(cleanup_order) struct wh_order *order = NULL;

    wh_status status = new_order(terms, &order, err);
    (void)pthread_mutex_lock(&cutter->lock);
    if (status == WH_OK && (cutter->stops || cutter->waiting >= cutter->options.waiting_max ||
                               (cutter->waiting > 0 && cutter->listed + order->bytes > LISTED_MAX)))
        status = wh_fail(err, WH_OVER_LIMIT, "too many bundles are waited for");
    if (status == WH_OK) {
        order->users++; /* the cutter's */
        *cutter->last = order;
        cutter->last = &order->next;
        cutter->waiting++;
        cutter->listed += order->bytes;
        (void)pthread_cond_signal(&cutter->ordered);
    }
    (void)pthread_mutex_unlock(&cutter->lock);
    if (status != WH_OK) {
        if (order)
            give_back(cutter, order);
        return status;
    }
    *out_order = wh_take(order);
    return WH_OK;
}
