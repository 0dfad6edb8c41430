/* SPDX-License-Identifier: GPL-2.0-or-later */
/* desk.c - see desk.h. */
#include "whittled/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "whittle/cleanup.h"
#include "whittled/between.h"

#define LEASE 300u           /* seconds: a crashed process's claims come free */
#define LOOK_AGAIN 50000000L /* nanoseconds: whether another process is through */

struct wh_desk {
    struct wh_desk_options options;
    struct wh_catalogue *catalogue;
};

static void cleanup_desk(struct wh_desk **desk)
{
    wh_desk_free(*desk);
}

wh_status wh_desk_new(
    const struct wh_desk_options *options, struct wh_desk **out_desk, struct wh_error *err)
{
    wh_cleanup(cleanup_desk) struct wh_desk *desk = calloc(1, sizeof *desk);

    if (!desk)
        return wh_no_memory(err);
    desk->options = *options;
    WH_TRY(wh_catalogue_open(options->catalogue, &desk->catalogue, err));
    *out_desk = wh_take(desk);
    return WH_OK;
}

void wh_desk_forget(struct wh_desk *desk, const uint8_t sha256[WH_SHA256_LENGTH])
{
    struct wh_error error;

    if (wh_catalogue_forget(desk->catalogue, sha256, &error) != WH_OK)
        (void)fprintf(stderr, "whittled: %s\n", error.message);
}

void wh_desk_free(struct wh_desk *desk)
{
    if (!desk)
        return;
    wh_catalogue_close(desk->catalogue);
    free(desk);
}

/* ---- one package --------------------------------------------------------------------------- */

/* The work on one package of a request. */
struct wish {
    const struct wh_upgrade_package *asked;
    bool without_liblzma;
    struct wh_package_instructions *answer;
    struct wh_known_package target;
    struct wh_known_package origin; /* of the short form */
    uint8_t key[WH_SHA256_LENGTH];
    struct wh_order *order; /* ours */
    bool theirs;
};

static void clear_wish(struct wish *wish)
{
    wh_known_package_clear(&wish->target);
    wh_known_package_clear(&wish->origin);
    wh_order_drop(wish->order);
}

static wh_status take_whole(struct wish *wish, const char *reason, struct wh_error *err)
{
    wish->answer->kind = WH_ANSWER_WHOLE;
    free(wish->answer->reason);
    wish->answer->reason = strdup(reason);
    return wish->answer->reason ? WH_OK : wh_no_memory(err);
}

static void take_bundle(struct wish *wish, const struct wh_cut_record *record)
{
    struct wh_package_instructions *answer = wish->answer;

    answer->kind = WH_ANSWER_BUNDLE;
    answer->bundle.kind = WH_BUNDLE_STEP; /* it starts from where find_key() said */
    answer->bundle.size = record->size;
    answer->bundle.cpu_ms = record->cpu_ms;
    memcpy(answer->bundle.sha256, record->sha256, sizeof answer->bundle.sha256);
    answer->counts = record->counts;
    answer->saved = wish->target.size > record->size ? wish->target.size - record->size : 0;
}

/* Who may start from where: the same package by name; its architecture may change. */
static bool is_related(const struct wish *wish)
{
    return strcmp(wish->origin.name, wish->target.name) == 0;
}

/* Finds target and origin. out_known: false where the answer is given already. */
static wh_status identify(
    struct wh_desk *desk, struct wish *wish, bool *out_known, struct wh_error *err)
{
    *out_known = false;
    wh_status status = wh_catalogue_by_pkgid(
        desk->catalogue, wish->asked->pkgid, &wish->target, err);
    if (status == WH_MISSING)
        return take_whole(wish, "the backend does not know the package", err);
    WH_TRY(status);
    if (!wish->asked->is_listed) {
        status = wh_catalogue_by_header(
            desk->catalogue, wish->asked->header_id, &wish->origin, err);
        if (status == WH_MISSING) {
            wish->answer->kind = WH_ANSWER_LIST;
            return WH_OK;
        }
        WH_TRY(status);
        if (!is_related(wish))
            return take_whole(wish, "what is installed is another package", err);
    }
    *out_known = true;
    return WH_OK;
}

static wh_status find_key(struct wish *wish, struct wh_error *err)
{
    struct wh_cut_terms terms = {
        .pkgid = wish->target.pkgid,
        .differs = wish->asked->differs,
        .differs_count = wish->asked->is_listed ? 0 : wish->asked->differs_count,
        .without_liblzma = wish->without_liblzma,
    };

    memcpy(terms.target, wish->target.header_id, sizeof terms.target);
    if (wish->asked->is_listed)
        WH_TRY(wh_file_list_id(wish->asked->files, wish->asked->file_count, terms.start, err));
    else
        memcpy(terms.start, wish->asked->header_id, sizeof terms.start);
    memcpy(wish->answer->bundle.from, terms.start, sizeof wish->answer->bundle.from);
    return wh_cut_key(&terms, wish->key, err);
}

static wh_status place_order(struct wh_desk *desk, struct wish *wish, struct wh_error *err)
{
    const struct wh_order_terms terms = {
        .key = {0},
        .target = &wish->target,
        .origin = wish->asked->is_listed ? NULL : &wish->origin,
        .asked = wish->asked,
        .without_liblzma = wish->without_liblzma,
    };
    struct wh_order_terms ours = terms;

    memcpy(ours.key, wish->key, sizeof ours.key);
    wh_status status = wh_cutter_order(desk->options.cutter, &ours, &wish->order, err);
    return status == WH_OVER_LIMIT ? take_whole(wish, "the backend is busy", err) : status;
}

/* Has the folder lost it, or a part of it? A bucket tells when it is asked for the bundle. */
static bool is_lost(struct wh_store *store, const struct wh_cut_record *record)
{
    wh_autoclose int fd = -1;
    uint64_t size = record->size;
    wh_status status = wh_store_open_file(store, record->sha256, &fd, &size, NULL);

    return status == WH_MISSING || status == WH_MISMATCH || size != record->size;
}

static wh_status claim(struct wh_desk *desk, struct wish *wish, struct wh_error *err)
{
    struct wh_cut_record record;
    enum wh_claim found;

    wish->theirs = false;
    WH_TRY(wh_catalogue_claim(desk->catalogue, wish->key, LEASE, &found, &record, err));
    if (found == WH_CLAIM_DONE && is_lost(desk->options.store, &record)) {
        WH_TRY(wh_catalogue_forget(desk->catalogue, record.sha256, err));
        WH_TRY(wh_catalogue_claim(desk->catalogue, wish->key, LEASE, &found, &record, err));
    }
    switch (found) {
    case WH_CLAIM_DONE:
        wh_metric_add(desk->options.metrics, WH_METRIC_FOUND, 1);
        take_bundle(wish, &record);
        return WH_OK;
    case WH_CLAIM_NONE:
        return take_whole(wish, "a bundle would save too little", err);
    case WH_CLAIM_OURS:
        return place_order(desk, wish, err);
    case WH_CLAIM_THEIRS:
        break;
    }
    wish->theirs = true;
    return WH_OK;
}

static wh_status begin(struct wh_desk *desk, struct wish *wish, struct wh_error *err)
{
    bool known;

    WH_TRY(identify(desk, wish, &known, err));
    if (!known)
        return WH_OK;
    WH_TRY(find_key(wish, err));
    return claim(desk, wish, err);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static bool is_past(const struct timespec *until)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > until->tv_sec ||
           (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

static wh_status wait_for_ours(
    struct wish *wish, const struct timespec *until, struct wh_error *err)
{
    struct wh_cut_record record;

    switch (wh_order_wait(wish->order, until, &record)) {
    case WH_ORDER_MADE:
        take_bundle(wish, &record);
        return WH_OK;
    case WH_ORDER_WHOLE:
        return take_whole(wish, "a bundle would save too little", err);
    case WH_ORDER_LATE:
        return take_whole(wish, "the bundle is still being made", err);
    case WH_ORDER_FAILED:
        break;
    }
    return take_whole(wish, "the backend could not make the bundle", err);
}

static wh_status wait_for_theirs(
    struct wh_desk *desk, struct wish *wish, const struct timespec *until, struct wh_error *err)
{
    const struct timespec pause = {0, LOOK_AGAIN};

    while (wish->theirs && !is_past(until)) {
        (void)nanosleep(&pause, NULL);
        WH_TRY(claim(desk, wish, err));
    }
    if (wish->theirs)
        return take_whole(wish, "the bundle is still being made", err);
    return wish->order ? wait_for_ours(wish, until, err) : WH_OK;
}

static wh_status finish(
    struct wh_desk *desk, struct wish *wish, const struct timespec *until, struct wh_error *err)
{
    /* What the upgrade does beside, while bundles are made: an answer is good without it. */
    struct wh_error ignored;
    if (wish->origin.name &&
        wh_operations_between(desk->options.library, desk->catalogue, &wish->origin, &wish->target,
            wish->asked, &wish->answer->operations, &ignored) != WH_OK)
        (void)fprintf(stderr, "whittled: %s\n", ignored.message);
    if (wish->order)
        WH_TRY(wait_for_ours(wish, until, err));
    return wish->theirs ? wait_for_theirs(desk, wish, until, err) : WH_OK;
}

/* ---- the request --------------------------------------------------------------------------- */

struct wishes {
    struct wish *list;
    uint32_t count;
};

static void clear_wishes(struct wishes *wishes)
{
    for (uint32_t i = 0; i < wishes->count; i++)
        clear_wish(&wishes->list[i]);
    free(wishes->list);
}

static wh_status begin_all(struct wh_desk *desk, const struct wh_upgrade *upgrade,
    struct wh_instructions *instructions, struct wishes *wishes, struct wh_error *err)
{
    wishes->list = wh_array(upgrade->package_count, sizeof *wishes->list, SIZE_MAX, err);
    instructions->packages = wh_array(
        upgrade->package_count, sizeof *instructions->packages, SIZE_MAX, err);
    if (!wishes->list || !instructions->packages)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < upgrade->package_count; i++) {
        struct wh_package_instructions *answer = &instructions->packages[i];
        memcpy(answer->pkgid, upgrade->packages[i].pkgid, sizeof answer->pkgid);
        instructions->package_count++;
        wishes->list[i] = (struct wish){
            .asked = &upgrade->packages[i],
            .without_liblzma = upgrade->without_liblzma,
            .answer = answer,
        };
        wishes->count++;
        WH_TRY(begin(desk, &wishes->list[i], err));
    }
    return WH_OK;
}

static void count_answers(struct wh_metrics *metrics, const struct wh_instructions *instructions)
{
    static const enum wh_metric kinds[] = {
        [WH_ANSWER_BUNDLE] = WH_METRIC_ANSWERED_BUNDLE,
        [WH_ANSWER_WHOLE] = WH_METRIC_ANSWERED_WHOLE,
        [WH_ANSWER_LIST] = WH_METRIC_ANSWERED_LIST,
    };

    wh_metric_add(metrics, WH_METRIC_PACKAGES, instructions->package_count);
    for (uint32_t i = 0; i < instructions->package_count; i++)
        wh_metric_add(metrics, kinds[instructions->packages[i].kind], 1);
}

wh_status wh_desk_answer(
    struct wh_desk *desk, struct wh_bytes body, struct wh_buffer *out_xml, struct wh_error *err)
{
    wh_cleanup(wh_upgrade_clear) struct wh_upgrade upgrade = {0};
    wh_cleanup(wh_instructions_clear) struct wh_instructions instructions = {0};
    wh_cleanup(clear_wishes) struct wishes wishes = {0};
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += desk->options.deadline;
    WH_TRY(wh_upgrade_read(body, &upgrade, err));
    WH_TRY(begin_all(desk, &upgrade, &instructions, &wishes, err));
    for (uint32_t i = 0; i < wishes.count; i++)
        WH_TRY(finish(desk, &wishes.list[i], &until, err));
    count_answers(desk->options.metrics, &instructions);
    return wh_instructions_write(&instructions, out_xml, err);
}
