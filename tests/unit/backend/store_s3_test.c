/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_s3_test.c - bundles in a bucket: WHITTLE_TEST_BUCKET of the environment is its URL,
 * WHITTLE_TEST_KEY the key file. WHITTLE_TEST_FAULTS: below each prefix the server makes the faults
 * that the prefix names (tests/backend/signed_server.py). */
#include <pthread.h>

#include "objects.h"
#include "whittle/cleanup.h"

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        skip();
    return value;
}

static const char *bucket(const char *prefix)
{
    static _Thread_local char url[512];

    (void)snprintf(url, sizeof url, "%s/%s", environment("WHITTLE_TEST_BUCKET"), prefix);
    return url;
}

static struct wh_store_place place_at(const char *prefix)
{
    return (struct wh_store_place){.bucket_url = bucket(prefix),
        .region = getenv("WHITTLE_TEST_REGION"),
        .key_file = environment("WHITTLE_TEST_KEY")};
}

static struct wh_store *open_store(const char *prefix)
{
    const struct wh_store_place place = place_at(prefix);
    struct wh_store *store = NULL;

    OK(wh_store_open(&place, &store, &err));
    return store;
}

static struct wh_store *open_faulty(const char *prefix)
{
    (void)environment("WHITTLE_TEST_FAULTS");
    return open_store(prefix);
}

static void gives_what_was_put(void **state)
{
    struct wh_store *store = open_store("plain");
    struct made_object object = object_make(1);
    uint64_t size;
    int fd;

    (void)state;
    expect_none(store, &object, WH_MISSING);
    put_object(store, &object);
    put_object(store, &object);
    expect_object(store, &object);
    REFUSED(WH_UNSUPPORTED, "no files", wh_store_open_file(store, object.sha256, &fd, &size, &err));
    object.bytes[77] ^= 1;
    REFUSED(WH_MISMATCH, ".wht", wh_store_put(store, object.sha256, object_bytes(&object), &err));
    wh_store_close(store);
}

static void takes_large_ones(void **state)
{
    enum { LENGTH = 3 << 20 };
    struct wh_store *store = open_store("plain");
    uint8_t *bytes = calloc(1, LENGTH);
    struct wh_buffer found = {0};
    struct wh_digest digest;

    (void)state;
    assert_non_null(bytes);
    bytes[LENGTH - 1] = 1;
    OK(wh_digest_of(WH_SHA256, (struct wh_bytes){bytes, LENGTH}, &digest, &err));
    OK(wh_store_put(store, digest.bytes, (struct wh_bytes){bytes, LENGTH}, &err));
    OK(wh_store_get(store, digest.bytes, &found, &err));
    assert_int_equal(found.length, LENGTH);
    assert_memory_equal(found.data, bytes, LENGTH);
    wh_buffer_clear(&found);
    free(bytes);
    wh_store_close(store);
}

static void *put_and_get(void *context)
{
    for (uint32_t i = 0; i < 12; i++) {
        struct made_object object = object_make(300 + i);
        put_object(context, &object);
        expect_object(context, &object);
    }
    return NULL;
}

static void many_may_put_the_same(void **state)
{
    const struct wh_store_place place = place_at("many");
    struct wh_store *store = open_store("many");
    pthread_t threads[8];

    (void)state;
    for (uint32_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_and_get, store), 0);
    for (uint32_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    put_from_processes(&place, 300, 12);
    (void)put_and_get(store);
    wh_store_close(store);
}

static void refuses_another_key(void **state)
{
    struct scratch scratch = scratch_make();
    struct wh_store_place place = place_at("plain");
    char path[128];
    struct wh_store *store = NULL;
    struct made_object object = object_make(1);

    (void)state;
    (void)snprintf(path, sizeof path, "%s/key", scratch.path);
    wh_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "test:tester\nwrong\n", 18), 18);
    place.key_file = path;
    OK(wh_store_open(&place, &store, &err));
    expect_none(store, &object, WH_SYSTEM);
    object = object_make(2);
    REFUSED(
        WH_SYSTEM, "status 403", wh_store_put(store, object.sha256, object_bytes(&object), &err));
    wh_store_close(store);
    scratch_remove(&scratch);
}

/* ---- faults -----------------------------------------------------------------------------------
 */

/* Each request fails once: an answer of 503, none, or one that is cut off. */
static void tries_again_once(void **state)
{
    static const char *const prefixes[] = {"busy", "drop", "cut"};

    (void)state;
    for (uint32_t i = 0; i < COUNT(prefixes); i++) {
        struct wh_store *store = open_faulty(prefixes[i]);
        struct made_object object = object_make(10 + i);
        put_object(store, &object);
        expect_object(store, &object);
        wh_store_close(store);
    }
}

static void gives_up_after_that(void **state)
{
    struct wh_store *store = open_faulty("broken");
    struct made_object object = object_make(20);

    (void)state;
    REFUSED(WH_SYSTEM, "status 500 InternalError",
        wh_store_put(store, object.sha256, object_bytes(&object), &err));
    expect_none(store, &object, WH_SYSTEM);
    wh_store_close(store);
}

static void removes_what_is_damaged(void **state)
{
    struct wh_store *store = open_faulty("wrong");
    struct made_object object = object_make(30);

    (void)state;
    put_object(store, &object);
    expect_none(store, &object, WH_MISMATCH);
    expect_none(store, &object, WH_MISSING);
    wh_store_close(store);
}

static void follows_nobody_elsewhere(void **state)
{
    struct wh_store *plain = open_faulty("plain");
    struct wh_store *store = open_faulty("moved");
    struct made_object object = object_make(40);

    (void)state;
    put_object(plain, &object); /* it is where the answer leads to */
    expect_none(store, &object, WH_SYSTEM);
    wh_store_close(store);
    wh_store_close(plain);
}

static void takes_no_more_than_a_bundle(void **state)
{
    struct wh_store *store = open_faulty("huge");
    struct made_object object = object_make(50);

    (void)state;
    expect_none(store, &object, WH_OVER_LIMIT);
    wh_store_close(store);
}

static void says_where_nobody_answers(void **state)
{
    struct scratch scratch = scratch_make();
    char path[128];
    struct wh_store *store = NULL;
    struct made_object object = object_make(1);

    (void)state;
    (void)snprintf(path, sizeof path, "%s/key", scratch.path);
    wh_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "id\nsecret\n", 10), 10);
    const struct wh_store_place place = {
        .bucket_url = "http://127.0.0.1:9/bucket/", .key_file = path};
    OK(wh_store_open(&place, &store, &err));
    REFUSED(WH_SYSTEM, "http://127.0.0.1:9/bucket/",
        wh_store_put(store, object.sha256, object_bytes(&object), &err));
    wh_store_close(store);
    scratch_remove(&scratch);
}

/* ---- what it does not take ----------------------------------------------------------------------
 */

static const struct {
    const char *url;
    const char *region;
    const char *key;
    mode_t mode;
    wh_status status;
    const char *part;
} refusals[] = {
    {"ftp://host/bucket", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"host/bucket", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http://host", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http://host/", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http:///bucket", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http://me:pw@host/bucket", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http://host/bucket?x", NULL, "i\ns\n", 0600, WH_MALFORMED, "HOST/BUCKET"},
    {"http://host/b\xff", NULL, "i\ns\n", 0600, WH_MALFORMED, "encoded"},
    {"http://host/bucket", "a:b", "i\ns\n", 0600, WH_MALFORMED, "region"},
    {"http://host/bucket", NULL, "i\ns\n", 0640, WH_MISMATCH, "others"},
    {"http://host/bucket", NULL, "i\ns\n", 0604, WH_MISMATCH, "others"},
    {"http://host/bucket", NULL, "i\n", 0600, WH_MALFORMED, "a line each"},
    {"http://host/bucket", NULL, "", 0600, WH_MALFORMED, "a line each"},
    {"http://host/bucket", NULL, "i\ns\nx\n", 0600, WH_MALFORMED, "a line each"},
    {"http://host/bucket", NULL, "i j\ns\n", 0600, WH_MALFORMED, "a line each"},
};

static void refuses_places(void **state)
{
    struct scratch scratch = scratch_make();
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/key", scratch.path);
    for (uint32_t i = 0; i < COUNT(refusals); i++) {
        const struct wh_store_place place = {
            .bucket_url = refusals[i].url, .region = refusals[i].region, .key_file = path};
        struct wh_store *store = NULL;
        size_t length = strlen(refusals[i].key);
        wh_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, refusals[i].key, length), (ssize_t)length);
        assert_int_equal(fchmod(fd, refusals[i].mode), 0);
        REFUSED(refusals[i].status, refusals[i].part, wh_store_open(&place, &store, &err));
        assert_null(store);
    }
    const struct wh_store_place keyless = {.bucket_url = "http://host/bucket"};
    struct wh_store *store = NULL;
    REFUSED(WH_MISSING, "key file", wh_store_open(&keyless, &store, &err));
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_places),
        cmocka_unit_test(says_where_nobody_answers),
        cmocka_unit_test(gives_what_was_put),
        cmocka_unit_test(takes_large_ones),
        cmocka_unit_test(many_may_put_the_same),
        cmocka_unit_test(refuses_another_key),
        cmocka_unit_test(tries_again_once),
        cmocka_unit_test(gives_up_after_that),
        cmocka_unit_test(removes_what_is_damaged),
        cmocka_unit_test(follows_nobody_elsewhere),
        cmocka_unit_test(takes_no_more_than_a_bundle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
