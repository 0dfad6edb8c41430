/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sharing_test.c - one catalogue, many processes and threads: who gets which claim, and what
 * readers see meanwhile. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "backend.h"

enum { WORKERS = 8, KEYS = 200 };

/* What all workers see. */
struct shared {
    _Atomic uint32_t ours[KEYS];
    _Atomic uint32_t failures;
    _Atomic bool is_over;
};

struct contest {
    const char *where;
    const char *name;
    struct shared *shared;
};

static struct shared *share(void)
{
    struct shared *shared = mmap(
        NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(shared != MAP_FAILED);
    return shared;
}

/* Takes what it can get, every third is settled, the others stay claimed. */
static wh_status contend(const struct contest *contest, struct wh_error *err)
{
    struct wh_catalogue *catalogue = NULL;
    wh_status status = wh_catalogue_open(contest->where, &catalogue, err);

    for (uint32_t i = 0; i < KEYS && status == WH_OK; i++) {
        struct wh_cut_record record = {0};
        enum wh_claim found = WH_CLAIM_NONE;
        const uint8_t *key = id_of(contest->name, i);
        status = wh_catalogue_claim(catalogue, key, 3600, &found, &record, err);
        if (status != WH_OK || found != WH_CLAIM_OURS)
            continue;
        (void)atomic_fetch_add(&contest->shared->ours[i], 1);
        if (i % 3 == 0)
            status = wh_catalogue_settle(catalogue, key, &record, err);
    }
    wh_catalogue_close(catalogue);
    return status;
}

static void *contend_in_thread(void *context)
{
    struct contest *contest = context;
    struct wh_error err = {0};

    if (contend(contest, &err) != WH_OK) {
        (void)atomic_fetch_add(&contest->shared->failures, 1);
        (void)fprintf(stderr, "%s\n", err.message);
    }
    return NULL;
}

static void expect_each_once(const struct shared *shared)
{
    assert_int_equal(shared->failures, 0);
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(shared->ours[i], 1);
}

static void expect_success(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void one_of_many_threads_gets_a_claim(void **state)
{
    struct scratch scratch = scratch_make();
    char path[256];
    struct contest contest = {catalogue_place(&scratch, path), "threads", share()};
    pthread_t threads[WORKERS];

    (void)state;
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, contend_in_thread, &contest), 0);
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    expect_each_once(contest.shared);
    (void)munmap(contest.shared, sizeof *contest.shared);
    scratch_remove(&scratch);
}

static void one_of_many_processes_gets_a_claim(void **state)
{
    struct scratch scratch = scratch_make();
    char path[256];
    struct contest contest = {catalogue_place(&scratch, path), "processes", share()};
    pid_t children[WORKERS];

    (void)state;
    for (uint32_t i = 0; i < WORKERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            (void)contend_in_thread(&contest);
            _exit(0);
        }
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        expect_success(children[i]);
    expect_each_once(contest.shared);
    (void)munmap(contest.shared, sizeof *contest.shared);
    scratch_remove(&scratch);
}

/* ---- owners that die ---------------------------------------------------------------------------
 */

static enum wh_claim claim(struct wh_catalogue *catalogue, const uint8_t *key, uint32_t lease)
{
    enum wh_claim found = WH_CLAIM_NONE;
    struct wh_cut_record record;

    OK(wh_catalogue_claim(catalogue, key, lease, &found, &record, &err));
    return found;
}

/* Claims both in a process of its own, which is killed with its catalogue open. */
static void claim_and_die(const char *where, const uint8_t *soon, const uint8_t *late)
{
    struct wh_catalogue *catalogue = NULL;
    enum wh_claim first = WH_CLAIM_NONE, second = WH_CLAIM_NONE;
    struct wh_cut_record record;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (wh_catalogue_open(where, &catalogue, NULL) == WH_OK &&
            wh_catalogue_claim(catalogue, soon, 1, &first, &record, NULL) == WH_OK &&
            wh_catalogue_claim(catalogue, late, 3600, &second, &record, NULL) == WH_OK &&
            first == WH_CLAIM_OURS && second == WH_CLAIM_OURS)
            (void)raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void a_lease_outlives_its_owner_and_ends(void **state)
{
    struct scratch scratch = scratch_make();
    char path[256];
    uint8_t soon[WH_SHA256_LENGTH], late[WH_SHA256_LENGTH];

    (void)state;
    memcpy(soon, id_of("dies", 1), sizeof soon);
    memcpy(late, id_of("dies", 2), sizeof late);
    claim_and_die(catalogue_place(&scratch, path), soon, late);
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    assert_int_equal(claim(catalogue, late, 3600), WH_CLAIM_THEIRS);
    OK(wh_catalogue_release(catalogue, late, &err)); /* is not ours to give back */
    assert_int_equal(claim(catalogue, late, 3600), WH_CLAIM_THEIRS);
    while (claim(catalogue, soon, 3600) != WH_CLAIM_OURS)
        (void)usleep(50000);
    assert_int_equal(claim(catalogue, soon, 3600), WH_CLAIM_THEIRS);
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

/* ---- readers beside a writer ------------------------------------------------------------------
 */

enum { GENERATIONS = 40, MEMBERS = 60 };

static void publish_generation(struct wh_catalogue *catalogue, uint32_t generation)
{
    static char name[] = "generation", arch[] = "noarch", location[] = "l";
    struct wh_known_package packages[MEMBERS];
    char evr[32];

    (void)snprintf(evr, sizeof evr, "%u-1", generation);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        packages[i] = (struct wh_known_package){
            .name = name, .evr = evr, .arch = arch, .location = location};
        memcpy(
            packages[i].header_id, id_of("generation", generation * MEMBERS + i), WH_SHA256_LENGTH);
    }
    OK(wh_catalogue_publish(catalogue, "/generations", packages, MEMBERS, &err));
}

/* All of one generation, or nothing of this test. */
static bool is_whole(const struct wh_known_packages *found, uint32_t *out_generation)
{
    uint64_t generation = 0;
    char evr[32] = "";

    if (found->count != MEMBERS)
        return false;
    (void)snprintf(evr, sizeof evr, "%s", found->packages[0].evr);
    for (uint32_t i = 1; i < found->count; i++)
        if (strcmp(found->packages[i].evr, evr) != 0)
            return false;
    *strchr(evr, '-') = '\0';
    *out_generation = wh_decimal(evr, UINT32_MAX, &generation) ? (uint32_t)generation : 0;
    return true;
}

static int read_generations(const char *where)
{
    struct wh_catalogue *catalogue = NULL;
    uint32_t generation = 0;
    bool whole = wh_catalogue_open(where, &catalogue, NULL) == WH_OK;

    while (whole && generation < GENERATIONS) {
        struct wh_known_packages found = {0};
        uint32_t before = generation;
        whole = wh_catalogue_versions(catalogue, "generation", "noarch", &found, NULL) == WH_OK &&
                is_whole(&found, &generation) && generation >= before;
        wh_known_packages_clear(&found);
    }
    return whole ? 0 : 1;
}

static void readers_see_the_old_or_the_new(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = catalogue_open(&scratch);
    char path[256];
    pid_t readers[3];

    (void)state;
    publish_generation(catalogue, 0);
    wh_catalogue_close(catalogue);
    for (uint32_t i = 0; i < COUNT(readers); i++) {
        readers[i] = fork();
        assert_true(readers[i] >= 0);
        if (readers[i] == 0)
            _exit(read_generations(catalogue_place(&scratch, path)));
    }
    catalogue = catalogue_open(&scratch);
    for (uint32_t i = 1; i <= GENERATIONS; i++)
        publish_generation(catalogue, i);
    for (uint32_t i = 0; i < COUNT(readers); i++)
        expect_success(readers[i]);
    wh_catalogue_close(catalogue);
    scratch_remove(&scratch);
}

enum { WRITERS = 4, ROUNDS = 15 };

struct writing {
    const char *where;
    pthread_barrier_t begun;
    pthread_barrier_t done;
    _Atomic uint32_t wrong; /* rounds after which the folder was not of one generation */
};

static bool is_of_one_generation(struct wh_catalogue *catalogue)
{
    struct wh_known_packages found = {0};
    uint32_t generation;

    OK(wh_catalogue_versions(catalogue, "generation", "noarch", &found, &err));
    bool whole = is_whole(&found, &generation);
    wh_known_packages_clear(&found);
    return whole;
}

/* All writers at once, then all look, in each round: what comes later would mend it. */
static void *write_and_look(void *context)
{
    static _Atomic uint32_t generations;
    struct writing *writing = context;
    struct wh_catalogue *catalogue = NULL;

    OK(wh_catalogue_open(writing->where, &catalogue, &err));
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t generation = 1000 + atomic_fetch_add(&generations, 1);
        (void)pthread_barrier_wait(&writing->begun);
        publish_generation(catalogue, generation);
        (void)pthread_barrier_wait(&writing->done);
        if (!is_of_one_generation(catalogue))
            (void)atomic_fetch_add(&writing->wrong, 1);
    }
    wh_catalogue_close(catalogue);
    return NULL;
}

static void two_writers_of_one_folder_leave_one_of_them(void **state)
{
    struct scratch scratch = scratch_make();
    char path[256];
    struct writing writing = {.where = catalogue_place(&scratch, path)};
    pthread_t threads[WRITERS];

    (void)state;
    assert_int_equal(pthread_barrier_init(&writing.begun, NULL, WRITERS), 0);
    assert_int_equal(pthread_barrier_init(&writing.done, NULL, WRITERS), 0);
    for (uint32_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_look, &writing), 0);
    for (uint32_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(writing.wrong, 0);
    (void)pthread_barrier_destroy(&writing.begun);
    (void)pthread_barrier_destroy(&writing.done);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_many_threads_gets_a_claim),
        cmocka_unit_test(one_of_many_processes_gets_a_claim),
        cmocka_unit_test(a_lease_outlives_its_owner_and_ends),
        cmocka_unit_test(readers_see_the_old_or_the_new),
        cmocka_unit_test(two_writers_of_one_folder_leave_one_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
