/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_fault_test.c - patches are made and applied with every allocation failing once: the first,
 * the second, and so on until all goes well. The address sanitizer sees what leaks. */
#include "unit.h"

#include <stdlib.h>

#include "diff/debugdata_diff.h"
#include "diff/diff.h"
#include "made_debug.h"
#include "whittle/cleanup.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__real_reallocarray(void *pointer, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_reallocarray(void *pointer, size_t count, size_t size);

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

void *__wrap_reallocarray(void *pointer, size_t count, size_t size)
{
    return fails_now() ? NULL : __real_reallocarray(pointer, count, size);
}

/* The two builds: of a program, or of one with its MiniDebugInfo. */
static struct wh_debug_file old;
static struct wh_debug_file fresh;
static enum wh_effort effort;

static wh_status make(struct wh_residue *out_residue, struct wh_error *err)
{
    enum wh_patch_method method;

    if (old.inner.length > 0)
        return wh_debugdata_diff(&old, &fresh, effort, out_residue, err);
    return wh_diff(old.outer, fresh.outer, effort, &method, out_residue, err);
}

static wh_status apply(const struct wh_residue *residue, uint8_t *out, struct wh_error *err)
{
    struct wh_reader readers[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(wh_buffer_bytes(&residue->streams[i]));
    if (old.inner.length == 0)
        return wh_patch_decode(readers, old.outer, out, fresh.outer.length, err);
    return wh_debugdata_decode(readers, &old, fresh.build_id, out + fresh.outer.length,
        fresh.inner.length, out, fresh.outer.length, err);
}

/* How many allocations making takes; the residue of the time when none failed. */
static int make_under_faults(struct wh_residue *out_residue)
{
    for (int nth = 1;; nth++) {
        struct wh_error err = {0};
        wh_residue_init(out_residue);
        calls_to_fault = nth;
        wh_status status = make(out_residue, &err);
        bool failed = calls_to_fault == 0;
        calls_to_fault = 0;
        if (!failed) {
            assert_int_equal(status, WH_OK);
            return nth - 1;
        }
        assert_int_equal(status, WH_NO_MEMORY);
        assert_int_equal(err.status, WH_NO_MEMORY);
        assert_int_equal(wh_residue_length(out_residue), 0);
    }
}

static int apply_under_faults(const struct wh_residue *residue, uint8_t *out)
{
    for (int nth = 1;; nth++) {
        struct wh_error err = {0};
        calls_to_fault = nth;
        wh_status status = apply(residue, out, &err);
        bool failed = calls_to_fault == 0;
        calls_to_fault = 0;
        if (!failed) {
            assert_int_equal(status, WH_OK);
            return nth - 1;
        }
        assert_int_equal(status, WH_NO_MEMORY);
        assert_int_equal(err.status, WH_NO_MEMORY);
    }
}

static void under_faults(void)
{
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    wh_autofree uint8_t *out = malloc(fresh.outer.length + fresh.inner.length);

    assert_non_null(out);
    for (effort = WH_EFFORT_FAST; effort <= WH_EFFORT_BEST; effort++) {
        assert_true(make_under_faults(&residue) > 10);
        assert_true(apply_under_faults(&residue, out) > 5);
        assert_memory_equal(out, fresh.outer.data, fresh.outer.length);
        if (fresh.inner.length > 0)
            assert_memory_equal(out + fresh.outer.length, fresh.inner.data, fresh.inner.length);
        if (effort < WH_EFFORT_BEST)
            wh_residue_clear(&residue);
    }
}

static void programs_under_faults(uint16_t machine, uint16_t type, unsigned parts)
{
    struct made_recipe recipe = {machine, type, parts, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf before;
    wh_cleanup(made_elf_clear) struct made_elf after;

    made_elf_make(&recipe, &before);
    recipe.inserted = 80;
    recipe.added = true;
    made_elf_make(&recipe, &after);
    old = (struct wh_debug_file){.outer = made_elf_file(&before)};
    fresh = (struct wh_debug_file){.outer = made_elf_file(&after)};
    under_faults();
}

static void shared_objects(void **state)
{
    (void)state;
    programs_under_faults(WH_EM_X86_64, MADE_ET_DYN, MADE_ALL);
}

static void modules(void **state)
{
    (void)state;
    programs_under_faults(WH_EM_AARCH64, WH_ET_REL, MADE_ALL | MADE_TYPES);
}

static void programs_of_go(void **state)
{
    (void)state;
    programs_under_faults(WH_EM_X86_64, WH_ET_EXEC, MADE_CALLS | MADE_GO);
}

static void debug_information(void **state)
{
    struct made_debug_recipe recipe = {
        .outer = {WH_EM_X86_64, MADE_ET_DYN, MADE_CALLS | MADE_FRAMES | MADE_DYNAMIC, 0, false},
        .packed_length = 64,
        .package = "",
    };
    wh_cleanup(made_debug_clear) struct made_debug before;
    wh_cleanup(made_debug_clear) struct made_debug after;

    (void)state;
    made_debug_make(&recipe, &before);
    recipe.outer.inserted = 80;
    recipe.changes = MADE_SYMBOLS_RENAMED | MADE_SYMBOL_REMOVED;
    made_debug_make(&recipe, &after);
    old = made_debug_file(&before);
    fresh = made_debug_file(&after);
    under_faults();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_objects),
        cmocka_unit_test(modules),
        cmocka_unit_test(programs_of_go),
        cmocka_unit_test(debug_information),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
