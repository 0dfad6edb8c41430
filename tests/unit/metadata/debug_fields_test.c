/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_fields_test.c - an ELF file less its section .gnu_debugdata: the fields become those of a
 * file without it, and come back whatever the bytes are. */
#include "packed/fields.h"

#include "made_debug.h"
#include "unit.h"
#include "whittle/word.h"

static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};

static void make(struct made_debug *debug, uint16_t machine)
{
    struct made_debug_recipe recipe = {
        .outer = {machine, MADE_ET_DYN, MADE_ALL & ~MADE_SYMBOLS, 0, false},
        .packed_length = 800,
        .build_id = 7,
        .package = "{\"version\":\"1.0\"}",
    };

    made_debug_make(&recipe, debug);
}

static struct wh_placed stream_of(const struct made_debug *debug)
{
    return (struct wh_placed){
        .start = debug->packed_at, .packed_length = debug->packed_length, .plain_length = 1};
}

static struct wh_bytes id_of(const struct made_debug *debug)
{
    return (struct wh_bytes){debug->build_id, sizeof debug->build_id};
}

/* What is left is the file that would have been made without the section's bytes. */
static void gives_a_file_without_the_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        wh_cleanup(made_debug_clear) struct made_debug debug;
        wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
        make(&debug, machines[i]);
        struct wh_placed stream = stream_of(&debug);
        size_t behind = stream.start + stream.packed_length;
        wh_autofree uint8_t *bytes = malloc(debug.whole.length);
        assert_non_null(bytes);
        memcpy(bytes, debug.whole.data, debug.whole.length);
        wh_fields_debugdata(bytes, debug.whole.length, &stream, id_of(&debug), false);
        assert_int_equal(debug.outer.length, debug.whole.length - stream.packed_length);
        assert_memory_equal(bytes, debug.outer.data, stream.start);
        assert_memory_equal(
            bytes + behind, debug.outer.data + stream.start, debug.whole.length - behind);
        assert_memory_equal(
            bytes + stream.start, debug.whole.data + stream.start, stream.packed_length);
        OK(wh_elf_parse(wh_buffer_bytes(&debug.outer), &elf, &err));
        assert_int_not_equal(wh_elf_section(&elf, ".gnu_debugdata"), 0);
        wh_fields_debugdata(bytes, debug.whole.length, &stream, id_of(&debug), true);
        assert_memory_equal(bytes, debug.whole.data, debug.whole.length);
    }
}

static void leaves_other_build_ids(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;

    (void)state;
    make(&debug, WH_EM_X86_64);
    struct wh_placed stream = stream_of(&debug);
    static const size_t lengths[] = {0, 8, 19};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct wh_bytes id = {debug.build_id, lengths[i]};
        wh_autofree uint8_t *bytes = malloc(debug.whole.length);
        wh_autofree uint8_t *other = malloc(debug.whole.length);
        assert_true(bytes && other);
        memcpy(bytes, debug.whole.data, debug.whole.length);
        memcpy(other, debug.whole.data, debug.whole.length);
        wh_fields_debugdata(bytes, debug.whole.length, &stream, id, false);
        wh_fields_debugdata(other, debug.whole.length, &stream, id_of(&debug), false);
        size_t differences = 0;
        for (size_t k = 0; k < debug.whole.length; k++)
            differences += bytes[k] != other[k];
        assert_in_range(differences, 1, sizeof debug.build_id);
    }
}

static void comes_back(
    const uint8_t *whole, size_t length, const struct wh_placed *stream, struct wh_bytes id)
{
    wh_autofree uint8_t *bytes = malloc(length ? length : 1);

    assert_non_null(bytes);
    memcpy(bytes, whole, length);
    wh_fields_debugdata(bytes, length, stream, id, false);
    wh_fields_debugdata(bytes, length, stream, id, true);
    assert_memory_equal(bytes, whole, length);
    wh_fields_debugdata(bytes, length, stream, id, true);
    wh_fields_debugdata(bytes, length, stream, id, false);
    assert_memory_equal(bytes, whole, length);
}

/* A file in which one byte is another one, at each byte that is looked at. */
static void damaged_files_come_back(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};

    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        wh_cleanup(made_debug_clear) struct made_debug debug;
        make(&debug, machines[i]);
        struct wh_placed stream = stream_of(&debug);
        for (size_t at = 0; at < debug.whole.length; at++) {
            if (at == 64) /* then the notes, and the headers behind the stream */
                at = stream.start - 128;
            for (size_t c = 0; c < COUNT(changes); c++) {
                debug.whole.data[at] ^= changes[c];
                comes_back(debug.whole.data, debug.whole.length, &stream, id_of(&debug));
                debug.whole.data[at] ^= changes[c];
            }
        }
    }
}

static void cut_files_come_back(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;

    (void)state;
    make(&debug, WH_EM_X86_64);
    struct wh_placed stream = stream_of(&debug);
    for (size_t length = 0; length < debug.whole.length; length += 1 + length / 64)
        comes_back(debug.whole.data, length, &stream, id_of(&debug));
}

/* The section headers may say anything of offsets and lengths around the stream. */
static void offsets_at_the_edges_come_back(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;

    (void)state;
    make(&debug, WH_EM_386);
    struct wh_placed stream = stream_of(&debug);
    size_t sections = wh_load32(debug.whole.data + 32);
    uint32_t start = (uint32_t)stream.start;
    uint32_t by = (uint32_t)stream.packed_length;
    const uint32_t offsets[] = {0, start - 1, start, start + 1, start + by - 1, start + by,
        start + by + 1, 0u - by - 1, 0u - by, 0u - by + 1, UINT32_MAX};
    const uint32_t lengths[] = {0, 1, by - 1, by, by + 1, UINT32_MAX};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        for (size_t k = 0; k < COUNT(lengths); k++) {
            wh_store32(debug.whole.data + sections + 40 + 16, offsets[i]);
            wh_store32(debug.whole.data + sections + 40 + 20, lengths[k]);
            comes_back(debug.whole.data, debug.whole.length, &stream, id_of(&debug));
        }
    }
}

/* Streams that are not where one can be. */
static void leaves_impossible_streams(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;

    (void)state;
    make(&debug, WH_EM_X86_64);
    const size_t length = debug.whole.length;
    const struct wh_placed rows[] = {
        {.start = 0, .packed_length = 100},
        {.start = 63, .packed_length = 100},
        {.start = debug.packed_at, .packed_length = 0},
        {.start = length, .packed_length = 1},
        {.start = length - 1, .packed_length = 2},
        {.start = SIZE_MAX, .packed_length = SIZE_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_autofree uint8_t *bytes = malloc(length);
        assert_non_null(bytes);
        memcpy(bytes, debug.whole.data, length);
        wh_fields_debugdata(bytes, length, &rows[i], id_of(&debug), false);
        assert_memory_equal(bytes, debug.whole.data, length);
    }
}

/* An id that lies where another section seems to begin: which one is the id's does not change. */
static void build_id_among_sections(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;

    (void)state;
    make(&debug, WH_EM_X86_64);
    struct wh_placed stream = stream_of(&debug);
    size_t sections = (size_t)wh_load64(debug.whole.data + 40);
    static const uint8_t note[16] = {4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
    size_t at = 64;
    while (memcmp(debug.whole.data + at, note, sizeof note) != 0)
        at++;
    uint8_t *header = debug.whole.data + sections + 64; /* the first section */
    wh_store32(header + 4, 7);
    wh_store64(header + 32, 36);
    for (size_t shift = 0; shift <= 40; shift++) {
        wh_store64(header + 24, at - 20 + shift);
        for (size_t i = 0; i < sizeof debug.build_id; i++) /* less the id: the note again */
            debug.whole.data[at + 16 + i] = (uint8_t)(debug.build_id[i] +
                                                      (i >= 4 ? note[i - 4] : 0));
        comes_back(debug.whole.data, debug.whole.length, &stream, id_of(&debug));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_file_without_the_stream),
        cmocka_unit_test(leaves_other_build_ids),
        cmocka_unit_test(damaged_files_come_back),
        cmocka_unit_test(cut_files_come_back),
        cmocka_unit_test(offsets_at_the_edges_come_back),
        cmocka_unit_test(leaves_impossible_streams),
        cmocka_unit_test(build_id_among_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
