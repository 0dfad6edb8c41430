/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture.h - what a test writes to standard output, as text and as answer lines. */
#ifndef WHITTLE_TESTS_CLIENT_CAPTURE_H
#define WHITTLE_TESTS_CLIENT_CAPTURE_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

struct capture {
    int stdout_fd; /* the real one */
    int file;
};

static inline struct capture capture_begin(void)
{
    struct capture capture = {dup(STDOUT_FILENO), memfd_create("whittle-test-output", MFD_CLOEXEC)};

    assert_int_equal(fflush(stdout), 0);
    assert_true(dup2(capture.file, STDOUT_FILENO) >= 0);
    return capture;
}

/* The caller frees. */
static inline char *capture_end(struct capture *capture)
{
    assert_int_equal(fflush(stdout), 0);
    off_t length = lseek(capture->file, 0, SEEK_END);
    char *text = calloc(1, (size_t)length + 1);

    assert_true(dup2(capture->stdout_fd, STDOUT_FILENO) >= 0);
    assert_non_null(text);
    assert_int_equal(pread(capture->file, text, (size_t)length, 0), length);
    (void)close(capture->stdout_fd);
    (void)close(capture->file);
    return text;
}

/* Each line must be one JSON object; an array of them, which the caller puts. */
static inline struct json_object *answers_in(const char *text)
{
    struct json_object *answers = json_object_new_array();

    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        struct json_tokener *tokener = json_tokener_new();
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        struct json_object *answer = json_tokener_parse_ex(tokener, text, (int)(end - text));
        assert_true(json_object_is_type(answer, json_type_object));
        assert_int_equal(json_tokener_get_parse_end(tokener), end - text);
        json_tokener_free(tokener);
        (void)json_object_array_add(answers, answer);
    }
    assert_int_equal(*text, '\0'); /* the last line has its end */
    return answers;
}

static inline struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, name, &value))
        fail_msg("no member %s in %s", name, json_object_to_json_string(object));
    return value;
}

static inline const char *text_of(struct json_object *object, const char *name)
{
    return json_object_get_string(member(object, name));
}

static inline int64_t number_of(struct json_object *object, const char *name)
{
    struct json_object *value = member(object, name);

    assert_true(json_object_is_type(value, json_type_int));
    return json_object_get_int64(value);
}

#endif
