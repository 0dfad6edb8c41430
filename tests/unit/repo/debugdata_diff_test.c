/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata_diff_test.c - files with MiniDebugInfo: whatever was done to them, both parts come out
 * byte by byte; and what the outer file tells costs nothing. */
#include "unit.h"

#include <stdlib.h>

#include "diff/debugdata_diff.h"
#include "diff/diff.h"
#include "diff/symbol_match.h"
#include "made_debug.h"
#include "whittle/cleanup.h"
#include "whittle/word.h"

enum { PACKAGE_PARTS = MADE_ALL & ~MADE_SYMBOLS };

static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};

static struct made_debug_recipe recipe_of(uint16_t machine, bool is_new, unsigned changes)
{
    return (struct made_debug_recipe){
        .outer = {machine, MADE_ET_DYN, PACKAGE_PARTS, is_new ? 80 : 0, is_new},
        .changes = changes,
        .packed_length = is_new ? 1024 : 1000,
        .build_id = is_new ? 2 : 1,
        .package = is_new ? "{\"version\":\"1.0-12\"}" : "{\"version\":\"1.0-3\"}",
    };
}

static void make(struct made_debug *debug, uint16_t machine, bool is_new, unsigned changes)
{
    struct made_debug_recipe recipe = recipe_of(machine, is_new, changes);

    made_debug_make(&recipe, debug);
}

/* ---- there and back ------------------------------------------------------------------------ */

static wh_status decode(const struct wh_residue *residue, const struct wh_debug_file *old,
    const struct wh_debug_file *fresh, uint8_t *inner, uint8_t *outer, struct wh_error *err)
{
    struct wh_reader readers[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(wh_buffer_bytes(&residue->streams[i]));
    WH_TRY(wh_debugdata_decode(readers, old, fresh->build_id, inner, fresh->inner.length, outer,
        fresh->outer.length, err));
    for (int i = 0; i < WH_STREAMS; i++)
        if (!wh_reader_at_end(&readers[i]))
            return wh_fail(err, WH_MALFORMED, "stream %d is not at its end", i);
    return WH_OK;
}

struct trip {
    enum wh_debug_form form;
    size_t inner_length; /* bytes of all streams that tell the inner file */
};

/* What follows the patch of the outer file. */
static struct trip measure(const struct wh_residue *residue, const struct wh_debug_file *old,
    const struct wh_debug_file *fresh, enum wh_effort effort)
{
    wh_cleanup(wh_residue_clear) struct wh_residue outer = {0};
    enum wh_patch_method method;

    OK(wh_diff(old->outer, fresh->outer, effort, &method, &outer, &err));
    return (struct trip){
        (enum wh_debug_form)residue->streams[WH_STREAM_CONTROL]
            .data[outer.streams[WH_STREAM_CONTROL].length],
        wh_residue_length(residue) - wh_residue_length(&outer),
    };
}

static struct trip there_and_back(
    const struct wh_debug_file *old, const struct wh_debug_file *fresh, enum wh_effort effort)
{
    wh_cleanup(wh_residue_clear) struct wh_residue residue = {0};
    wh_autofree uint8_t *inner = malloc(fresh->inner.length + 1);
    wh_autofree uint8_t *outer = malloc(fresh->outer.length + 1);

    assert_true(inner && outer);
    OK(wh_debugdata_diff(old, fresh, effort, &residue, &err));
    memset(inner, 0xa5, fresh->inner.length + 1);
    memset(outer, 0xa5, fresh->outer.length + 1);
    OK(decode(&residue, old, fresh, inner, outer, &err));
    if (fresh->inner.length > 0)
        assert_memory_equal(inner, fresh->inner.data, fresh->inner.length);
    assert_memory_equal(outer, fresh->outer.data, fresh->outer.length);
    assert_int_equal(inner[fresh->inner.length], 0xa5);
    assert_int_equal(outer[fresh->outer.length], 0xa5);
    return measure(&residue, old, fresh, effort);
}

/* ---- the cases ----------------------------------------------------------------------------- */

/* Code inserted, a section's tables longer, another build-id and version: all of it follows. */
static void tells_what_moved(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        for (int effort = WH_EFFORT_LEAST; effort <= WH_EFFORT_BEST; effort++) {
            wh_cleanup(made_debug_clear) struct made_debug old;
            wh_cleanup(made_debug_clear) struct made_debug fresh;
            make(&old, machines[i], false, 0);
            make(&fresh, machines[i], true, 0);
            struct wh_debug_file old_file = made_debug_file(&old);
            struct wh_debug_file fresh_file = made_debug_file(&fresh);
            struct trip trip = there_and_back(&old_file, &fresh_file, (enum wh_effort)effort);
            assert_int_equal(trip.form, WH_DEBUG_PREDICTED);
            assert_in_range(trip.inner_length, 1, 24);
        }
    }
}

/* Each change of the symbols costs what it is, no more. */
static void tells_changed_symbols(void **state)
{
    static const struct {
        unsigned before;
        unsigned after;
        size_t most; /* bytes */
    } rows[] = {
        {0, MADE_SYMBOL_REMOVED, 32},
        {MADE_SYMBOL_REMOVED, 0, 48},
        {0, MADE_SYMBOLS_RENAMED, 160},
        {MADE_SYMBOLS_RENAMED, 0, 160},
        {0, MADE_SYMBOL_STRANGE, 40},
        {MADE_SYMBOL_STRANGE, MADE_SYMBOL_REMOVED, 48},
        {0, MADE_SYMBOLS_TURNED, 400},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(machines); i++) {
        wh_cleanup(made_debug_clear) struct made_debug old;
        wh_cleanup(made_debug_clear) struct made_debug fresh;
        uint16_t machine = machines[i / COUNT(rows)];
        make(&old, machine, false, rows[i % COUNT(rows)].before);
        make(&fresh, machine, true, rows[i % COUNT(rows)].after);
        struct wh_debug_file old_file = made_debug_file(&old);
        struct wh_debug_file fresh_file = made_debug_file(&fresh);
        struct trip trip = there_and_back(&old_file, &fresh_file, WH_EFFORT_DEFAULT);
        assert_int_equal(trip.form, WH_DEBUG_PREDICTED);
        assert_in_range(trip.inner_length, 1, rows[i % COUNT(rows)].most);
    }
}

/* A section that was not there, in the outer file or in both. */
static void tells_new_sections(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        wh_cleanup(made_debug_clear) struct made_debug old;
        wh_cleanup(made_debug_clear) struct made_debug fresh;
        struct made_debug_recipe recipe = recipe_of(WH_EM_X86_64, missing, 0);
        recipe.outer.parts &= ~(unsigned)MADE_CONSTANTS;
        made_debug_make(&recipe, missing ? &fresh : &old);
        make(missing ? &old : &fresh, WH_EM_X86_64, !missing, 0);
        struct wh_debug_file old_file = made_debug_file(&old);
        struct wh_debug_file fresh_file = made_debug_file(&fresh);
        struct trip trip = there_and_back(&old_file, &fresh_file, WH_EFFORT_DEFAULT);
        assert_int_equal(trip.form, WH_DEBUG_PREDICTED);
        assert_in_range(trip.inner_length, 1, 160);
    }
}

/* Build-ids that no header tells stand in the outer file, and the inner one has them from there. */
static void without_build_ids(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;

    (void)state;
    make(&old, WH_EM_X86_64, false, 0);
    make(&fresh, WH_EM_X86_64, true, 0);
    struct wh_debug_file old_file = made_debug_file(&old);
    struct wh_debug_file fresh_file = made_debug_file(&fresh);
    fresh_file.build_id.length = 0;
    struct trip unknown = there_and_back(&old_file, &fresh_file, WH_EFFORT_DEFAULT);
    assert_in_range(unknown.inner_length, 20, 64);
    old_file.outer = wh_buffer_bytes(&old.whole);
    fresh_file.outer = wh_buffer_bytes(&fresh.whole);
    old_file.build_id.length = 0;
    struct trip told = there_and_back(&old_file, &fresh_file, WH_EFFORT_DEFAULT);
    assert_in_range(told.inner_length, 1, 24);
}

/* Files of which nothing can be told are patched as they are. */
static void patches_what_it_does_not_know(void **state)
{
    static const struct wh_bytes text = {(const uint8_t *)"no ELF file at all", 18};
    static const struct wh_bytes none = {(const uint8_t *)"", 0};
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;
    wh_cleanup(made_debug_clear) struct made_debug narrow;

    (void)state;
    make(&old, WH_EM_X86_64, false, 0);
    make(&fresh, WH_EM_X86_64, true, 0);
    make(&narrow, WH_EM_386, false, 0);
    const struct wh_debug_file good = made_debug_file(&old);
    const struct wh_debug_file other = made_debug_file(&narrow);
    const struct wh_debug_file rows[] = {
        {text, good.outer, good.build_id},
        {none, good.outer, good.build_id},
        {good.inner, text, good.build_id},
        {good.inner, none, {0}},
        {other.inner, good.outer, good.build_id},
        {good.inner, other.outer, good.build_id},
        other,
    };
    struct wh_debug_file file = made_debug_file(&fresh);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(there_and_back(&rows[i], &file, WH_EFFORT_DEFAULT).form, WH_DEBUG_PATCHED);
    file.inner = text;
    assert_int_equal(there_and_back(&good, &file, WH_EFFORT_DEFAULT).form, WH_DEBUG_PATCHED);
    file.inner = none;
    assert_int_equal(there_and_back(&good, &file, WH_EFFORT_DEFAULT).form, WH_DEBUG_PATCHED);
}

/* ---- damage -------------------------------------------------------------------------------- */

static struct wh_bytes damaged(const struct wh_bytes *bytes, size_t at, uint8_t by, uint8_t **out)
{
    *out = malloc(bytes->length);
    assert_non_null(*out);
    memcpy(*out, bytes->data, bytes->length);
    (*out)[at] ^= by;
    return (struct wh_bytes){*out, bytes->length};
}

/* Bytes in so many: most of the ELF header's, some of what headers and tables there are behind. */
static size_t next_place(struct wh_bytes file, size_t at)
{
    bool wide = file.data[4] == 2;
    size_t sections = (size_t)wh_load(file.data + (wide ? 40 : 32), wide ? 8 : 4);

    if (at < 64)
        return at + 1;
    if (at >= sections)
        return at + 7;
    return at + 389 < sections ? at + 389 : sections;
}

/* Old files in which one byte is another one: still the new ones come out. */
static void damaged_old_files(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;

    (void)state;
    make(&old, WH_EM_X86_64, false, 0);
    make(&fresh, WH_EM_X86_64, true, MADE_SYMBOLS_RENAMED);
    const struct wh_debug_file good = made_debug_file(&old);
    const struct wh_debug_file file = made_debug_file(&fresh);
    for (size_t at = 0; at < good.inner.length; at = next_place(good.inner, at)) {
        wh_autofree uint8_t *bytes = NULL;
        struct wh_debug_file bad = good;
        bad.inner = damaged(&good.inner, at, at % 2 ? 0xff : 1, &bytes);
        (void)there_and_back(&bad, &file, WH_EFFORT_LEAST);
    }
}

/* The same for new files, the truth: inner ones need not be what a linker would make. */
static void damaged_new_files(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;

    (void)state;
    make(&old, WH_EM_386, false, 0);
    make(&fresh, WH_EM_386, true, 0);
    const struct wh_debug_file file = made_debug_file(&old);
    const struct wh_debug_file good = made_debug_file(&fresh);
    for (size_t at = 0; at < good.inner.length; at = next_place(good.inner, at)) {
        wh_autofree uint8_t *bytes = NULL;
        struct wh_debug_file bad = good;
        bad.inner = damaged(&good.inner, at, at % 2 ? 0xff : 1, &bytes);
        (void)there_and_back(&file, &bad, WH_EFFORT_LEAST);
    }
}

static void hostile_streams(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;
    wh_cleanup(wh_residue_clear) struct wh_residue residue = {0};
    size_t refused = 0;

    (void)state;
    make(&old, WH_EM_X86_64, false, 0);
    make(&fresh, WH_EM_X86_64, true, MADE_SYMBOLS_TURNED | MADE_SYMBOLS_RENAMED);
    const struct wh_debug_file old_file = made_debug_file(&old);
    const struct wh_debug_file file = made_debug_file(&fresh);
    wh_autofree uint8_t *inner = malloc(file.inner.length);
    wh_autofree uint8_t *outer = malloc(file.outer.length);
    assert_true(inner && outer);
    OK(wh_debugdata_diff(&old_file, &file, WH_EFFORT_DEFAULT, &residue, &err));
    for (int i = 0; i < WH_STREAMS; i++) {
        struct wh_buffer *stream = &residue.streams[i];
        size_t length = stream->length;
        for (size_t at = 0; at < length; at += 1 + at / 32) {
            struct wh_error failure;
            stream->data[at] ^= 0x81;
            wh_status status = decode(&residue, &old_file, &file, inner, outer, &failure);
            stream->data[at] ^= 0x81;
            assert_true(status == WH_OK || status == WH_MALFORMED);
            refused += status != WH_OK;
            stream->length = at;
            REFUSED(WH_MALFORMED, "", decode(&residue, &old_file, &file, inner, outer, &err));
            stream->length = length;
        }
    }
    assert_in_range(refused, 100, SIZE_MAX);
}

/* ---- matching symbols ---------------------------------------------------------------------- */

static struct wh_symbols symbols_of(const char *letters, struct wh_symbol *list)
{
    size_t count = strlen(letters);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct wh_symbol){.name = {(const uint8_t *)letters + i, 1}};
    return (struct wh_symbols){.list = list, .count = count};
}

static void matches_symbols(void **state)
{
    static const struct {
        const char *old;
        const char *fresh;
        const char *from; /* the old number of each new symbol, or a point */
    } rows[] = {
        {"", "", ""}, {"", "ab", ".."}, {"abc", "", ""}, {"abcdef", "abcdef", "012345"},
        {"abcdef", "abxdef", "01.345"}, {"abcdef", "defabc", "345012"}, {"abcdef", "abef", "0145"},
        {"bxaxc", "xc", "34"}, /* of several the one that goes on */
        {"axbxcxd", "axbxcxd", "0123456"}, {"xyx", "zx", ".0"}, /* else the nearest one */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(wh_copy_list_clear) struct wh_copy_list copies = {0};
        struct wh_symbol lists[2][8];
        struct wh_symbols old = symbols_of(rows[i].old, lists[0]);
        struct wh_symbols fresh = symbols_of(rows[i].fresh, lists[1]);
        char from[8] = ".......";
        OK(wh_match_symbols(&old, &fresh, &copies, &err));
        for (size_t c = 0; c < copies.count; c++)
            for (size_t k = 0; k < copies.copies[c].length; k++)
                from[copies.copies[c].new_offset + k] = (char)('0' + copies.copies[c].old_offset +
                                                               k);
        assert_memory_equal(from, rows[i].from, fresh.count);
    }
}

/* Names that differ behind their first dot only; one old symbol is used once. */
static void matches_renamed(void **state)
{
    static const char *const old_names[] = {
        "", "one", "two.part.0", "two", "gone", ".five", "six.a"};
    static const char *const new_names[] = {
        "", "one.cold", "two.part.0", "two.lto_priv.0", "new", "two.b", ".five.x", "six"};
    static const size_t renamed[] = {
        WH_SYMBOL_NEW, 1, WH_SYMBOL_NEW, 3, WH_SYMBOL_NEW, WH_SYMBOL_NEW, WH_SYMBOL_NEW, 6};
    struct wh_symbol lists[2][COUNT(new_names)];
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list copies = {0};
    size_t found[COUNT(new_names)];

    (void)state;
    for (size_t i = 0; i < COUNT(new_names); i++)
        lists[1][i] = (struct wh_symbol){
            .name = {(const uint8_t *)new_names[i], strlen(new_names[i])}};
    for (size_t i = 0; i < COUNT(old_names); i++)
        lists[0][i] = (struct wh_symbol){
            .name = {(const uint8_t *)old_names[i], strlen(old_names[i])}};
    const struct wh_symbols old = {.list = lists[0], .count = COUNT(old_names)};
    const struct wh_symbols fresh = {.list = lists[1], .count = COUNT(new_names)};
    OK(wh_match_symbols(&old, &fresh, &copies, &err));
    OK(wh_match_renamed(&old, &fresh, &copies, found, &err));
    for (size_t i = 0; i < COUNT(renamed); i++)
        assert_int_equal(found[i], renamed[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_moved),
        cmocka_unit_test(tells_changed_symbols),
        cmocka_unit_test(tells_new_sections),
        cmocka_unit_test(without_build_ids),
        cmocka_unit_test(patches_what_it_does_not_know),
        cmocka_unit_test(damaged_old_files),
        cmocka_unit_test(damaged_new_files),
        cmocka_unit_test(hostile_streams),
        cmocka_unit_test(matches_symbols),
        cmocka_unit_test(matches_renamed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
