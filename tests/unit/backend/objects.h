/* SPDX-License-Identifier: GPL-2.0-or-later */
/* objects.h - made-up objects of a store, and what is promised of every kind of store. */
#ifndef WHITTLE_TESTS_OBJECTS_H
#define WHITTLE_TESTS_OBJECTS_H

#include <sys/wait.h>

#include "scratch.h"
#include "whittled/store.h"

enum { OBJECT_LENGTH = 5000 };

struct made_object {
    uint8_t bytes[OBJECT_LENGTH];
    size_t length;
    uint8_t sha256[WH_SHA256_LENGTH];
};

static inline struct made_object object_make(uint32_t number)
{
    struct made_object object = {.length = OBJECT_LENGTH - number % 1000};
    struct wh_digest digest;

    for (size_t i = 0; i < object.length; i++)
        object.bytes[i] = (uint8_t)(number * 7919u + i * i * 31u + i);
    memcpy(object.bytes, &number, sizeof number);
    OK(wh_digest_of(WH_SHA256, (struct wh_bytes){object.bytes, object.length}, &digest, &err));
    memcpy(object.sha256, digest.bytes, WH_SHA256_LENGTH);
    return object;
}

static inline struct wh_bytes object_bytes(const struct made_object *object)
{
    return (struct wh_bytes){object->bytes, object->length};
}

static inline void put_object(struct wh_store *store, const struct made_object *object)
{
    OK(wh_store_put(store, object->sha256, object_bytes(object), &err));
}

static inline void expect_object(struct wh_store *store, const struct made_object *object)
{
    struct wh_buffer bytes = {0};

    OK(wh_store_get(store, object->sha256, &bytes, &err));
    assert_int_equal(bytes.length, object->length);
    assert_memory_equal(bytes.data, object->bytes, object->length);
    wh_buffer_clear(&bytes);
}

static inline void expect_none(
    struct wh_store *store, const struct made_object *object, wh_status expected)
{
    struct wh_buffer bytes = {0};
    struct wh_error error = {0};

    assert_int_equal(wh_store_get(store, object->sha256, &bytes, &error), expected);
    assert_int_equal(error.status, expected);
    assert_null(bytes.data);
}

/* Processes that put the same objects, each in another order. */
static inline void put_from_processes(
    const struct wh_store_place *place, uint32_t first, uint32_t count)
{
    enum { PROCESSES = 8 };
    pid_t children[PROCESSES];

    for (uint32_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] != 0)
            continue;
        struct wh_store *store = NULL;
        wh_status status = wh_store_open(place, &store, NULL);
        for (uint32_t k = 0; k < count && status == WH_OK; k++) {
            struct made_object object = object_make(first + (k * 5 + i * 3) % count);
            status = wh_store_put(store, object.sha256, object_bytes(&object), NULL);
        }
        _exit(status == WH_OK ? 0 : 1);
    }
    for (uint32_t i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

#endif
