/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon_main.c - whittled, the backend: answers upgrade requests with bundles cut for them. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gate.h"
#include "whittle/cleanup.h"
#include "whittled/daemon_options.h"
#include "whittled/listener.h"
#include "whittled/server.h"

enum { STOPPED = 0, FAILURE = 1, MISUSE = 2 };

#define DESCRIPTORS_BESIDE 1024u /* of packages, bundles, databases */
#define PATIENCE 30u             /* seconds for what is under way when it is to stop */

/* All that lives as long as the daemon. */
struct daemon {
    struct wh_store *store;
    struct wh_packages *packages;
    struct wh_library *library;
    struct wh_cutter *cutter;
    struct wh_server *server;
    struct wh_metrics metrics;
};

/* In the order in which nobody uses any more what goes. */
static void stop(struct daemon *daemon)
{
    if (daemon->server)
        wh_server_stop(daemon->server, PATIENCE);
    wh_cutter_free(daemon->cutter);
    wh_library_free(daemon->library);
    wh_packages_free(daemon->packages);
    wh_store_close(daemon->store);
}

static uint32_t processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 && count < 256 ? (uint32_t)count : 1;
}

/* A client waits for its bundle, and seldom do many ask for new ones at the same time. */
static uint32_t threads_each(void)
{
    enum { LEAST = 2, MOST = 4 };
    uint32_t count = processors();

    return count < LEAST ? LEAST : count < MOST ? count : MOST;
}

static wh_status start_store(
    const struct wh_daemon_options *options, struct daemon *daemon, struct wh_error *err)
{
    const struct wh_store_place place = {
        .folder = options->s3_url ? NULL : options->store,
        .bucket_url = options->s3_url,
        .region = options->s3_region,
        .key_file = options->s3_key_file,
        .folder_max = (uint64_t)options->store_max << 20,
    };

    return wh_store_open(&place, &daemon->store, err);
}

static wh_status start_work(
    const struct wh_daemon_options *options, struct daemon *daemon, struct wh_error *err)
{
    const struct wh_library_options library = {
        .repositories = options->repositories.list,
        .repository_count = options->repositories.count,
        .histories = options->histories.list,
        .history_count = options->histories.count,
        .catalogue = options->catalogue,
        .interval = options->interval,
    };
    const struct wh_cutter_options cutter = {
        .catalogue = options->catalogue,
        .store = daemon->store,
        .packages = daemon->packages,
        .metrics = &daemon->metrics,
        .threads = options->jobs ? options->jobs : processors(),
        .threads_each = threads_each(),
        .waiting_max = 16 * options->requests,
        .memory = (uint64_t)options->memory << 20,
        .effort = options->effort,
    };

    WH_TRY(wh_library_new(&library, &daemon->library, err));
    return wh_cutter_new(&cutter, &daemon->cutter, err);
}

static wh_status start_server(
    const struct wh_daemon_options *options, struct daemon *daemon, struct wh_error *err)
{
    struct wh_server_options server = {
        .desk = {options->catalogue, daemon->store, daemon->cutter, daemon->library,
            &daemon->metrics, options->deadline},
        .store = daemon->store,
        .library = daemon->library,
        .metrics = &daemon->metrics,
        .desks = options->requests,
        .waiting_max = 4 * options->requests,
        .connections_max = options->connections,
        .access_log = options->access_log ? stdout : NULL,
    };

    WH_TRY(wh_listener_open(options->listen, &server.listener, err));
    return wh_server_new(&server, &daemon->server, err);
}

static wh_status start(
    const struct wh_daemon_options *options, struct daemon *daemon, struct wh_error *err)
{
    WH_TRY(start_store(options, daemon, err));
    WH_TRY(wh_packages_new((uint64_t)options->unpacked << 20, &daemon->packages, err));
    WH_TRY(start_work(options, daemon, err));
    return start_server(options, daemon, err);
}

/* As many descriptors as connections need, as far as the system lets it; fewer connections where
 * that is too few, so that packages and bundles can still be opened. */
static void allow_descriptors(uint32_t *connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)*connections + DESCRIPTORS_BESIDE;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        *connections = limit.rlim_cur > 2 * DESCRIPTORS_BESIDE
                           ? (uint32_t)(limit.rlim_cur - DESCRIPTORS_BESIDE)
                           : (uint32_t)(limit.rlim_cur / 2);
}

/* Threads inherit the mask, so that the signals come here and nowhere else. */
static void hold_signals(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)sigdelset(signals, SIGPIPE);
}

/* What is freed goes back to the system at once, however many threads there are. */
static void set_up_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

static int complain(int status, const struct wh_error *error)
{
    (void)fprintf(stderr, "whittled: %s\n", error->message);
    return status;
}

static int serve(struct wh_daemon_options *options)
{
    struct daemon daemon = {0};
    struct wh_error error = {0};
    sigset_t signals;
    int received;

    set_up_memory();
    hold_signals(&signals);
    allow_descriptors(&options->connections);
    wh_status status = wh_gate_begin(&error);
    if (status == WH_OK)
        status = start(options, &daemon, &error);
    if (status == WH_OK) {
        (void)fprintf(stderr, "whittled: %llu packages\n",
            (unsigned long long)wh_library_packages(daemon.library));
        (void)sigwait(&signals, &received);
    }
    stop(&daemon);
    wh_gate_end();
    return status == WH_OK ? STOPPED : complain(FAILURE, &error);
}

int main(int argc, char **argv)
{
    wh_cleanup(wh_daemon_options_clear) struct wh_daemon_options options = {0};
    struct wh_error error = {0};
    wh_status status = wh_daemon_options_parse(argc, argv, &options, &error);

    if (status == WH_NO_MEMORY)
        return complain(FAILURE, &error);
    if (status != WH_OK)
        return complain(MISUSE, &error);
    if (options.help) {
        wh_daemon_options_help(stdout);
        return STOPPED;
    }
    if (options.version) {
        (void)puts("whittled " WHITTLE_VERSION);
        return STOPPED;
    }
    return serve(&options);
}
