/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon_test.c - the small parts of whittled: options, routes, metrics, time limits, sockets. */
#include "scratch.h"

#include <ctype.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "whittle/cleanup.h"
#include "whittled/daemon_options.h"
#include "whittled/exchange.h"
#include "whittled/listener.h"
#include "whittled/metrics.h"
#include "whittled/patrol.h"

/* ---- options --------------------------------------------------------------------------------- */

static wh_status parse(
    const char *const *words, struct wh_daemon_options *out_options, struct wh_error *err)
{
    char *argv[16] = {(char *)(uintptr_t) "whittled"};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return wh_daemon_options_parse(argc, argv, out_options, err);
}

static void reads_options(void **state)
{
    wh_cleanup(wh_daemon_options_clear) struct wh_daemon_options options = {0};
    const char *words[] = {"--repo", "A", "--history=B", "--repo=C", "--listen", "[::1]:80",
        "--effort=best", "--jobs", "256", "--access-log", "--store-max=1", NULL};

    (void)state;
    OK(parse(words, &options, &err));
    assert_int_equal(options.repositories.count, 2);
    assert_string_equal(options.repositories.list[1], "C");
    assert_int_equal(options.histories.count, 1);
    assert_string_equal(options.listen, "[::1]:80");
    assert_int_equal(options.effort, WH_EFFORT_BEST);
    assert_int_equal(options.jobs, 256);
    assert_int_equal(options.store_max, 1);
    assert_true(options.access_log);
    assert_int_equal(options.deadline, 60); /* what was not given */
}

static void refuses_options(void **state)
{
    static const char *const cases[][4] = {
        {NULL},
        {"--history=H", NULL},
        {"--repo", NULL},
        {"--repo=", NULL},
        {"--repo=R", "more", NULL},
        {"--repo=R", "--frob", NULL},
        {"--repo=R", "-x", NULL},
        {"--repo=R", "--effort=some", NULL},
        {"--repo=R", "--access-log=yes", NULL},
    };
    struct wh_daemon_options options = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(parse(cases[i], &options, NULL), WH_MALFORMED);
}

/* Each option with a number takes its bounds and nothing beyond. */
static void numbers_have_bounds(void **state)
{
    static const struct {
        const char *name;
        uint32_t floor;
        uint32_t ceiling;
    } numbers[] = {
#define NUMBER true
#define TEXT false
#define LIST false
#define FLAG false
#define EFFORT false
#define WH_OPTION(kind, field, least, most, name, argument, help)                                  \
    {kind ? (name) : NULL, least, most},
#include "whittled/daemon_options.def"
#undef WH_OPTION
    };
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const uint64_t values[] = {(uint64_t)numbers[i].floor, numbers[i].ceiling,
            (uint64_t)numbers[i].floor - 1, (uint64_t)numbers[i].ceiling + 1};
        for (size_t k = 0; numbers[i].name && k < COUNT(values); k++) {
            struct wh_daemon_options options = {0};
            char word[64];
            const char *words[] = {"--repo=R", word, NULL};
            (void)snprintf(word, sizeof word, "--%s=%lld", numbers[i].name, (long long)values[k]);
            assert_int_equal(parse(words, &options, NULL), k < 2 ? WH_OK : WH_MALFORMED);
            wh_daemon_options_clear(&options);
            seen++;
        }
    }
    assert_true(seen >= 4 * 8);
}

static void help_has_every_option(void **state)
{
    static const char *const names[] = {
#define WH_OPTION(kind, field, least, most, name, argument, help) name,
#include "whittled/daemon_options.def"
#undef WH_OPTION
    };
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    FILE *manual = fopen(MAN_PAGE, "r");
    wh_autofree char *page = calloc(1, 1 << 16);

    (void)state;
    assert_non_null(stream);
    wh_daemon_options_help(stream);
    (void)fclose(stream);
    assert_non_null(manual);
    assert_non_null(page);
    assert_true(fread(page, 1, (1 << 16) - 1, manual) > 0);
    (void)fclose(manual);
    for (size_t i = 0; i < COUNT(names); i++) {
        char option[64];
        char spelled[128] = "";
        (void)snprintf(option, sizeof option, "  --%s", names[i]);
        assert_non_null(strstr(text, option));
        for (size_t k = 0, at = 0; option[2 + k]; k++) /* roff writes - as \- */
            at += (size_t)snprintf(spelled + at, sizeof spelled - at, "%s%c",
                option[2 + k] == '-' ? "\\" : "", option[2 + k]);
        if (!strstr(page, spelled) && !strstr(page, option + 2))
            fail_msg("the manual page does not have %s", option);
    }
    free(text);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void knows_its_urls(void **state)
{
#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    static const struct {
        const char *method;
        const char *url;
        enum wh_route route;
        bool wrong_method;
    } cases[] = {
        {"POST", "/v1/upgrade", WH_ROUTE_UPGRADE, false},
        {"GET", "/v1/upgrade", WH_ROUTE_UPGRADE, true},
        {"GET", "/v1/bundle/" ID ".wht", WH_ROUTE_BUNDLE, false},
        {"HEAD", "/v1/bundle/" ID ".wht", WH_ROUTE_BUNDLE, false},
        {"POST", "/v1/bundle/" ID ".wht", WH_ROUTE_BUNDLE, true},
        {"get", "/healthz", WH_ROUTE_HEALTH, true},
        {"GET", "/metrics", WH_ROUTE_METRICS, false},
        {"GET", "/v1/bundle/" ID, WH_ROUTE_UNKNOWN, false},
        {"GET", "/v1/bundle/" ID "0.wht", WH_ROUTE_UNKNOWN, false},
        {"GET", "/v1/bundle/" ID ".whx", WH_ROUTE_UNKNOWN, false},
        {"GET", "/v1/bundle/0011.wht", WH_ROUTE_UNKNOWN, false},
        {"GET", "/v1/bundle/../../etc/passwd", WH_ROUTE_UNKNOWN, false},
        {"GET", "v1/upgrade", WH_ROUTE_UNKNOWN, false},
        {"GET", "", WH_ROUTE_UNKNOWN, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wh_exchange exchange = {0};
        wh_exchange_route(&exchange, cases[i].method, cases[i].url);
        assert_int_equal(exchange.route, cases[i].route);
        assert_int_equal(exchange.wrong_method, cases[i].wrong_method);
        assert_int_equal(exchange.is_head, strcmp(cases[i].method, "HEAD") == 0);
        if (exchange.route == WH_ROUTE_BUNDLE)
            assert_int_equal(exchange.bundle[1], 0x11);
    }
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* name value: as the exposition format has a sample without labels. */
static bool is_sample(const char *line)
{
    size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

    return name > 0 && line[name] == ' ' && isdigit((unsigned char)line[name + 1]) &&
           line[name + 1 + strspn(line + name + 1, "0123456789")] == '\n';
}

static void metrics_are_in_the_form(void **state)
{
    struct wh_metrics metrics = {0};
    const struct wh_gauges gauges = {.known_packages = UINT64_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = 1 << 16};
    unsigned samples = 0;

    (void)state;
    for (int i = 0; i < WH_METRICS; i++)
        wh_metric_add(&metrics, (enum wh_metric)i, (uint64_t)i + 100);
    OK(wh_metrics_write(&metrics, &gauges, &text, &err));
    wh_buffer_u8(&text, 0);
    const char *at = (const char *)text.data;
    for (unsigned line = 0; *at; line++) {
        static const char *const starts[] = {"# HELP ", "# TYPE "};
        if (line % 3 < 2)
            assert_int_equal(strncmp(at, starts[line % 3], 7), 0);
        else
            samples += is_sample(at);
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(samples, WH_METRICS + 3);
    assert_non_null(strstr((const char *)text.data, "\nwhittled_requests_total 100\n"));
    assert_non_null(
        strstr((const char *)text.data, "whittled_known_packages 18446744073709551615\n"));
}

/* ---- time limits -------------------------------------------------------------------------------
 */

static void overdue_connections_are_ended(void **state)
{
    struct wh_patrol *patrol = NULL;
    int overdue[2];
    int free[2];
    int gone[2];
    char byte;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, overdue), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, free), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, gone), 0);
    OK(wh_patrol_new(&patrol, &err));
    struct wh_watch *first = wh_patrol_add(patrol, gone[0], 1);
    struct wh_watch *second = wh_patrol_add(patrol, free[0], 1);
    struct wh_watch *third = wh_patrol_add(patrol, overdue[0], 1);
    assert_true(first && second && third);
    wh_patrol_remove(patrol, first);
    wh_patrol_allow(patrol, second, 0);
    wh_patrol_allow(patrol, NULL, 1);
    assert_int_equal(read(overdue[1], &byte, 1), 0); /* waits until it is ended */
    assert_int_equal(write(free[1], "x", 1), 1);
    assert_int_equal(write(gone[1], "x", 1), 1);
    wh_patrol_remove(patrol, third);
    wh_patrol_remove(patrol, second);
    wh_patrol_remove(patrol, NULL);
    wh_patrol_free(patrol);
    for (int i = 0; i < 2; i++) {
        (void)close(overdue[i]);
        (void)close(free[i]);
        (void)close(gone[i]);
    }
}

/* ---- listeners ---------------------------------------------------------------------------------
 */

static void listens_on_numeric_addresses(void **state)
{
    static const char *const places[] = {"127.0.0.1:0", "[::1]:0"};

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        struct wh_error error = {0};
        int fd = -1;
        int listens = 0;
        socklen_t size = sizeof listens;
        wh_status status = wh_listener_open(places[i], &fd, &error);
        if (i == 1 && status == WH_SYSTEM)
            continue; /* no IPv6 here */
        assert_int_equal(status, WH_OK);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
        assert_int_equal(address.ss_family, i == 0 ? AF_INET : AF_INET6);
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
        assert_true(listens);
        (void)close(fd);
    }
}

static void refuses_places_that_are_none(void **state)
{
    static const char *const places[] = {"", ":", ":80", "127.0.0.1", "::1:80", "[::1]", "[]:80",
        "host.example:80", "127.0.0.1:http", "127.0.0.1:", "127.0.0.1:99999999999", "1.2.3.4.5:80"};

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        int fd = -1;
        if (wh_listener_open(places[i], &fd, NULL) == WH_OK)
            fail_msg("%s was taken", places[i]);
        assert_int_equal(fd, -1);
    }
}

/* What a process with these variables and a socket as its descriptor 3 takes: that one, or none. */
static int takes(const char *count, bool own_pid, bool with_place)
{
    int status = -1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        char pid[32];
        int fd = -1;
        int made = socket(AF_INET, SOCK_STREAM, 0);
        (void)snprintf(pid, sizeof pid, "%d", own_pid ? (int)getpid() : 1);
        (void)setenv("LISTEN_PID", pid, 1);
        (void)setenv("LISTEN_FDS", count, 1);
        if (made != 3 && (dup2(made, 3) != 3 || close(made) != 0))
            _exit(100);
        wh_status opened = wh_listener_open(with_place ? "127.0.0.1:0" : NULL, &fd, NULL);
        _exit(opened != WH_OK ? 101 : fd == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) ? 3 : 102);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void takes_the_socket_that_is_handed_over(void **state)
{
    (void)state;
    assert_int_equal(takes("1", true, false), 3);
    assert_int_not_equal(takes("1", false, false), 3); /* another process's */
    assert_int_not_equal(takes("2", true, false), 3);
    assert_int_not_equal(takes("x", true, false), 3);
    assert_int_equal(takes("1", true, true), 102); /* --listen decides */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_options),
        cmocka_unit_test(refuses_options),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(help_has_every_option),
        cmocka_unit_test(knows_its_urls),
        cmocka_unit_test(metrics_are_in_the_form),
        cmocka_unit_test(overdue_connections_are_ended),
        cmocka_unit_test(listens_on_numeric_addresses),
        cmocka_unit_test(refuses_places_that_are_none),
        cmocka_unit_test(takes_the_socket_that_is_handed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
