/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_fault_test.c - every allocation of the deflate coders fails once: the first, the second,
 * and so on until all goes well; the address sanitizer sees what leaks. See fault_test.c. */
#include "unit.h"

#include <stdlib.h>

#include "made_deflate.h"
#include "packed/coders.h"
#include "whittle/deflate.h"

enum { CEILING = 1 << 20 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static int calls_to_fault; /* 0: none fails any more */

static bool fails_now(void)
{
    return calls_to_fault > 0 && --calls_to_fault == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size)
{
    return fails_now() ? NULL : __real_realloc(pointer, size);
}

/* Repeats work with the nth allocation failing until none does; gives how many failed. */
static int repeat(
    wh_status (*work)(struct wh_bytes packed, struct wh_error *err), struct wh_bytes packed)
{
    for (int nth = 1;; nth++) {
        struct wh_error err = {0};
        calls_to_fault = nth;
        wh_status status = work(packed, &err);
        bool failed = calls_to_fault == 0;
        calls_to_fault = 0;
        assert_int_equal(status, failed ? WH_NO_MEMORY : WH_OK);
        assert_int_equal(err.status, status);
        if (!failed)
            return nth - 1;
    }
}

/* Through the parameters and back. */
static wh_status work_with_model(struct wh_bytes packed, struct wh_error *err)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    const struct wh_deflate_model model = {6, 8};

    WH_TRY(wh_deflate_parse(packed, CEILING, &parts, err));
    WH_TRY(wh_deflate_trace_new(&parts, &model, SIZE_MAX, &trace, err));
    WH_TRY(wh_deflate_pack(
        wh_buffer_bytes(&parts.plain), wh_buffer_bytes(&trace.parameters), &made, err));
    assert_int_equal(made.length, packed.length);
    assert_memory_equal(made.data, packed.data, packed.length);
    return WH_OK;
}

static wh_status work_with_tokens(struct wh_bytes packed, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    size_t length;

    WH_TRY(wh_tokens_unpack(packed, &tokens, &length, err));
    WH_TRY(wh_tokens_pack(wh_buffer_bytes(&tokens), (struct wh_bytes){NULL, 0}, &made, err));
    assert_int_equal(made.length, packed.length);
    return WH_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++) {
        assert_true(repeat(work_with_model, made_deflates[i].packed) > 4);
        assert_true(repeat(work_with_tokens, made_deflates[i].packed) > 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
