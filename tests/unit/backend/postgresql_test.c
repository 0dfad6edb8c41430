/* SPDX-License-Identifier: GPL-2.0-or-later */
/* postgresql_test.c - connections that the server ends: see tests/backend/postgresql.py. */
#include <libpq-fe.h>

#include "backend.h"

static const char *server(void)
{
    const char *place = getenv("WHITTLE_TEST_CATALOGUE");

    if (!place)
        skip();
    return place;
}

/* The one row of an answer, as text. */
static char *ask_server(const char *text)
{
    PGconn *connection = PQconnectdb(server());
    PGresult *result = PQexec(connection, text);
    char *answer = NULL;

    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
        answer = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(connection);
    assert_non_null(answer);
    return answer;
}

/* Returns when they are gone. */
static void end_connections(void)
{
    wh_autofree char *ended = ask_server(
        "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity "
        "WHERE application_name = 'whittled'");

    assert_string_equal(ended, "1");
}

static struct wh_catalogue *open_server(void)
{
    struct wh_catalogue *catalogue = NULL;

    OK(wh_catalogue_open(server(), &catalogue, &err));
    return catalogue;
}

static void connects_again_to_ask(void **state)
{
    struct wh_catalogue *catalogue = open_server();
    struct wh_cut_record record;
    enum wh_claim found = WH_CLAIM_NONE;

    (void)state;
    OK(wh_catalogue_claim(catalogue, id_of("again", 1), 3600, &found, &record, &err));
    assert_int_equal(found, WH_CLAIM_OURS);
    end_connections();
    OK(wh_catalogue_claim(catalogue, id_of("again", 1), 3600, &found, &record, &err));
    assert_int_equal(found, WH_CLAIM_THEIRS);
    end_connections();
    OK(wh_catalogue_settle(catalogue, id_of("again", 1), NULL, &err));
    OK(wh_catalogue_claim(catalogue, id_of("again", 1), 3600, &found, &record, &err));
    assert_int_equal(found, WH_CLAIM_NONE);
    wh_catalogue_close(catalogue);
}

static void connects_again_to_publish(void **state)
{
    struct wh_catalogue *catalogue = open_server();
    static char text[] = "again";
    struct wh_known_package package = {
        .name = text, .evr = text, .arch = text, .location = text, .pkgid = "again"};
    struct wh_known_package known = {0};

    (void)state;
    end_connections();
    OK(wh_catalogue_publish(catalogue, "/again", &package, 1, &err));
    OK(wh_catalogue_by_pkgid(catalogue, "again", &known, &err));
    wh_known_package_clear(&known);
    wh_catalogue_close(catalogue);
}

/* Another that changes packages at the same time keeps a publication waiting until it fails; the
 * handle is as good as before. */
static void an_undone_publication_changes_nothing(void **state)
{
    struct wh_catalogue *catalogue = open_server();
    static char text[] = "undone";
    struct wh_known_package package = {
        .name = text, .evr = text, .arch = text, .location = text, .pkgid = "undone"};
    struct wh_known_package known = {0};
    PGconn *other = PQconnectdb(server());
    wh_autofree char *altered = ask_server(
        "ALTER ROLE CURRENT_USER SET lock_timeout = '200ms'; SELECT 'altered'");

    (void)state;
    assert_string_equal(altered, "altered");
    PQclear(PQexec(other, "BEGIN; LOCK TABLE whittled_packages_1 IN EXCLUSIVE MODE"));
    wh_catalogue_close(catalogue);
    catalogue = open_server();
    REFUSED(
        WH_SYSTEM, "lock timeout", wh_catalogue_publish(catalogue, "/undone", &package, 1, &err));
    PQclear(PQexec(other, "ROLLBACK"));
    PQfinish(other);
    REFUSED(WH_MISSING, "", wh_catalogue_by_pkgid(catalogue, "undone", &known, &err));
    OK(wh_catalogue_publish(catalogue, "/undone", &package, 1, &err));
    OK(wh_catalogue_by_pkgid(catalogue, "undone", &known, &err));
    wh_known_package_clear(&known);
    wh_catalogue_close(catalogue);
}

static void says_that_no_server_answers(void **state)
{
    struct wh_catalogue *catalogue = NULL;

    (void)state;
    REFUSED(WH_SYSTEM,
        "PostgreSQL: ", wh_catalogue_open("postgresql:///none?host=/nowhere", &catalogue, &err));
    assert_null(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_no_server_answers),
        cmocka_unit_test(connects_again_to_ask),
        cmocka_unit_test(connects_again_to_publish),
        cmocka_unit_test(an_undone_publication_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
