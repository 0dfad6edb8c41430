/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_test.c - patches written by hand: what they make, and what is refused. */
#include "unit.h"

#include <stdlib.h>

#include "made_elf.h"
#include "whittle/patch.h"

struct streams {
    struct wh_bytes stream[WH_STREAMS];
};

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static wh_status decode(const struct streams *streams, struct wh_bytes old, uint8_t *out,
    size_t length, struct wh_error *err)
{
    struct wh_reader readers[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(streams->stream[i]);
    wh_status status = wh_patch_decode(readers, old, out, length, err);
    for (int i = 0; i < WH_STREAMS; i++)
        if (status == WH_OK)
            assert_true(wh_reader_at_end(&readers[i]));
    return status;
}

static const struct wh_bytes old_text = BYTES("abcdefghij");

static void makes_contents(void **state)
{
    static const struct {
        struct streams streams;
        const char *content;
    } rows[] = {
        {{{BYTES("\0\0"), BYTES(""), BYTES(""), BYTES("new")}}, "new"},
        {{{BYTES("\0\0"), BYTES(""), BYTES(""), BYTES("")}}, ""},
        {{{BYTES("\0\1\0\0\11"), BYTES("\12"), BYTES(""), BYTES("")}}, "abcdefghij"},
        /* the last byte, then from the first on: backward by ten */
        {{{BYTES("\0\2\0\22\0\0\23\1"), BYTES("\3"), BYTES(""), BYTES("")}}, "jab"},
        /* the same bytes twice, a new one before each */
        {{{BYTES("\0\2\1\0\1\1\3\1"), BYTES("\4"), BYTES(""), BYTES("xy")}}, "xabyab"},
        /* corrections over two copies: from the second byte on, three */
        {{{BYTES("\0\2\0\0\1\1\0\2"), BYTES("\1\2\1"), BYTES("\1\1\1"), BYTES("-")}}, "ac-dee"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const size_t length = strlen(rows[i].content);
        uint8_t out[32] = {0};
        OK(decode(&rows[i].streams, old_text, out, length, &err));
        assert_memory_equal(out, rows[i].content, length);
        assert_int_equal(out[length], 0);
    }
}

static void refuses_patches(void **state)
{
    static const struct {
        struct streams streams;
        const char *message;
    } rows[] = {
        {{{BYTES(""), BYTES(""), BYTES(""), BYTES("")}}, "method"},
        {{{BYTES("\2\0"), BYTES(""), BYTES(""), BYTES("abcd")}}, "method"},
        {{{BYTES("\200\0\0"), BYTES(""), BYTES(""), BYTES("abcd")}}, "method"},
        {{{BYTES("\0"), BYTES(""), BYTES(""), BYTES("abcd")}}, "cut short"},
        {{{BYTES("\0\1\0\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "reaches too far"},
        {{{BYTES("\0\2\0\0\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "cut short"},
        {{{BYTES("\0\1\5\0\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "outside of the old"},
        {{{BYTES("\0\1\0\24\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "outside of the old"},
        {{{BYTES("\0\1\0\1\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "outside of the old"},
        {{{BYTES("\0\1\0\25\0"), BYTES("\1"), BYTES(""), BYTES("abc")}}, "outside of the old"},
        {{{BYTES("\0\1\0\0\4"), BYTES("\5"), BYTES(""), BYTES("")}}, "reaches too far"},
        {{{BYTES("\0\1\0\20\2"), BYTES("\3"), BYTES(""), BYTES("x")}}, "reaches too far"},
        {{{BYTES("\0\1\4\0\0"), BYTES("\1"), BYTES(""), BYTES("abcd")}}, "no room"},
        {{{BYTES("\0\1\1\0\1"), BYTES("\2"), BYTES(""), BYTES("")}}, "new bytes are missing"},
        {{{BYTES("\0\1\1\0\1"), BYTES("\2"), BYTES(""), BYTES("x")}}, "new bytes are missing"},
        {{{BYTES("\0\1\0\0\3"), BYTES(""), BYTES(""), BYTES("")}}, "corrections are missing"},
        {{{BYTES("\0\1\0\0\3"), BYTES("\0\0\4"), BYTES("x"), BYTES("")}},
            "corrections are missing"},
        {{{BYTES("\0\1\0\0\3"), BYTES("\0\3"), BYTES("xyz"), BYTES("")}},
            "corrections are missing"},
        {{{BYTES("\1\0\0"), BYTES(""), BYTES(""), BYTES("abcd")}}, "no ELF file"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[4];
        struct wh_error err = {0};
        wh_status status = decode(&rows[i].streams, old_text, out, sizeof out, &err);
        if (status != WH_MALFORMED || !strstr(err.message, rows[i].message))
            fail_msg("patch %zu: status %d, %s", i, (int)status, err.message);
    }
}

/* As many copies as fit into the stream, not as many as it says. */
static void counts_copies_by_their_bytes(void **state)
{
    static const struct streams streams = {
        {BYTES("\0\377\377\377\377\17\0\0\0"), BYTES("\1"), BYTES(""), BYTES("abcd")}};
    uint8_t out[4];

    (void)state;
    REFUSED(WH_MALFORMED, "cut short", decode(&streams, old_text, out, sizeof out, &err));
}

/* ---- with prediction ----------------------------------------------------------------------- */

struct elf_patch {
    struct made_elf old;
    struct made_elf fresh;
    struct wh_buffer control;
    uint8_t *predicted;
    uint64_t copied;
    size_t extra;
};

static void make_patch(uint16_t machine, uint16_t type, struct elf_patch *patch)
{
    struct made_recipe recipe = {machine, type, MADE_ALL, 0, false};
    struct wh_copy copies[MADE_COPIES_MAX];

    *patch = (struct elf_patch){.control = {.ceiling = 1 << 16}};
    made_elf_make(&recipe, &patch->old);
    recipe.inserted = 64;
    recipe.added = true;
    made_elf_make(&recipe, &patch->fresh);
    size_t count = made_elf_copies(&patch->old, &patch->fresh, copies);
    struct wh_bytes fresh = made_elf_file(&patch->fresh);
    patch->predicted = calloc(fresh.length, 1);
    assert_non_null(patch->predicted);
    OK(wh_patch_predict(WH_PATCH_ELF, made_elf_file(&patch->old), fresh, copies, count,
        &patch->control, patch->predicted, &err));
    for (size_t i = 0; i < count; i++)
        patch->copied += copies[i].length;
    patch->extra = fresh.length - (size_t)patch->copied;
}

static void clear_patch(struct elf_patch *patch)
{
    made_elf_clear(&patch->old);
    made_elf_clear(&patch->fresh);
    wh_buffer_clear(&patch->control);
    free(patch->predicted);
}

/* Applies it without a correction, with any control stream. */
static wh_status apply(const struct elf_patch *patch, struct wh_bytes old, struct wh_bytes control)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer gap = {.ceiling = 16};
    const size_t length = patch->fresh.file.length;
    wh_autofree uint8_t *extra = calloc(length, 1);
    wh_autofree uint8_t *out = malloc(length);
    wh_autofree uint8_t *stream = malloc(control.length ? control.length : 1);
    struct wh_error err;

    assert_true(extra && out && stream);
    memcpy(stream, control.data, control.length);
    wh_buffer_varint(&gap, patch->copied);
    struct wh_reader readers[WH_STREAMS] = {
        wh_reader_over((struct wh_bytes){stream, control.length}),
        wh_reader_over(wh_buffer_bytes(&gap)), wh_reader_over((struct wh_bytes){0}),
        wh_reader_over((struct wh_bytes){extra, length})};
    return wh_patch_decode(readers, old, out, length, &err);
}

static void every_truncation_of_control(void **state)
{
    static const uint16_t types[] = {WH_ET_REL, WH_ET_EXEC, MADE_ET_DYN};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        wh_cleanup(clear_patch) struct elf_patch patch;
        make_patch(WH_EM_X86_64, types[i], &patch);
        struct wh_bytes old = made_elf_file(&patch.old);
        struct wh_bytes control = wh_buffer_bytes(&patch.control);
        assert_int_equal(apply(&patch, old, control), WH_OK);
        for (control.length--; control.length > 0; control.length--)
            assert_int_equal(apply(&patch, old, control), WH_MALFORMED);
    }
}

/* Another base, of any machine, gives a wrong content or a refusal: never anything worse. */
static void the_wrong_base(void **state)
{
    static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};

    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++)
        for (size_t j = 0; j < COUNT(machines); j++) {
            wh_cleanup(clear_patch) struct elf_patch patch;
            wh_cleanup(clear_patch) struct elf_patch other;
            make_patch(machines[i], MADE_ET_DYN, &patch);
            make_patch(machines[j], WH_ET_REL, &other);
            wh_status status = apply(
                &patch, made_elf_file(&other.old), wh_buffer_bytes(&patch.control));
            assert_true(status == WH_OK || status == WH_MALFORMED);
            status = apply(&other, made_elf_file(&patch.old), wh_buffer_bytes(&other.control));
            assert_true(status == WH_OK || status == WH_MALFORMED);
        }
}

static void predicts_only_what_is_alike(void **state)
{
    static const struct {
        uint16_t machine;
        uint16_t type;
        bool alike;
    } rows[] = {
        {WH_EM_X86_64, MADE_ET_DYN, true},
        {WH_EM_X86_64, WH_ET_EXEC, true},
        {WH_EM_X86_64, WH_ET_REL, false},
        {WH_EM_AARCH64, MADE_ET_DYN, false},
        {WH_EM_386, MADE_ET_DYN, false},
    };
    wh_cleanup(clear_patch) struct elf_patch patch;

    (void)state;
    make_patch(WH_EM_X86_64, MADE_ET_DYN, &patch);
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(clear_patch) struct elf_patch other;
        wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = 1 << 16};
        make_patch(rows[i].machine, rows[i].type, &other);
        wh_autofree uint8_t *predicted = calloc(other.fresh.file.length, 1);
        assert_non_null(predicted);
        wh_status status = wh_patch_predict(WH_PATCH_ELF, made_elf_file(&patch.old),
            made_elf_file(&other.fresh), NULL, 0, &control, predicted, NULL);
        assert_int_equal(status, rows[i].alike ? WH_OK : WH_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_contents),
        cmocka_unit_test(refuses_patches),
        cmocka_unit_test(counts_copies_by_their_bytes),
        cmocka_unit_test(every_truncation_of_control),
        cmocka_unit_test(the_wrong_base),
        cmocka_unit_test(predicts_only_what_is_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
