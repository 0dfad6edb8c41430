/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correction_test.c - what leads from the rules to a real skeleton, and hostile ones. */
#include "unit.h"

static const struct sample_file files[] = {
    {"/a", "first", 0, 0, 0, NULL, 0},
    {"/b", "second", 0, 0, 0, NULL, 0},
    {"/c", "", 0, 0, 0, NULL, 0},
};

/* Compares real with the rules and leads from them to it again. */
static enum wh_correction_mode round_trip(
    const struct wh_header *header, const struct wh_skeleton *real)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer correction = {.ceiling = 1 << 20};
    struct wh_skeleton made = {0};
    enum wh_correction_mode mode;

    OK(wh_skeleton_compare(header, real, &mode, &correction, &err));
    assert_int_equal(correction.length == 0, mode == WH_CORRECTION_NONE);
    OK(wh_skeleton_corrected(header, mode, wh_buffer_bytes(&correction), &made, &err));
    assert_int_equal(made.length, real->length);
    assert_memory_equal(made.bytes, real->bytes, made.length);
    assert_int_equal(made.piece_count, real->piece_count);
    for (uint32_t i = 0; i < made.piece_count; i++) {
        assert_int_equal(made.pieces[i].file, real->pieces[i].file);
        assert_int_equal(made.pieces[i].skeleton_length, real->pieces[i].skeleton_length);
    }
    assert_int_equal(made.payload_length, real->payload_length);
    wh_skeleton_clear(&made);
    return mode;
}

static void chooses_the_cheapest_mode(void **state)
{
    static const struct sample_options uid = {.uid = 1000};
    struct sample plain;
    struct sample owned;

    (void)state;
    sample_make(&plain, "1", files, COUNT(files), NULL);
    sample_make(&owned, "1", files, COUNT(files), &uid);
    assert_int_equal(round_trip(plain.header, &plain.skeleton), WH_CORRECTION_NONE);
    assert_int_equal(round_trip(owned.header, &owned.skeleton), WH_CORRECTION_XOR);

    struct wh_piece first = plain.skeleton.pieces[0]; /* another order of the contents */
    plain.skeleton.pieces[0].file = plain.skeleton.pieces[1].file;
    plain.skeleton.pieces[1].file = first.file;
    assert_int_equal(round_trip(plain.header, &plain.skeleton), WH_CORRECTION_FULL);
    sample_clear(&plain);
    sample_clear(&owned);
}

static void only_full_works_without_rules(void **state)
{
    struct sample sample;
    struct wh_skeleton made;

    (void)state;
    sample_make(&sample, "1", files, COUNT(files), NULL);
    sample.header->has_alignment = true;
    assert_int_equal(round_trip(sample.header, &sample.skeleton), WH_CORRECTION_FULL);
    REFUSED(WH_UNSUPPORTED, "aligned",
        wh_skeleton_corrected(
            sample.header, WH_CORRECTION_NONE, (struct wh_bytes){0}, &made, &err));
    REFUSED(WH_UNSUPPORTED, "aligned",
        wh_skeleton_corrected(sample.header, WH_CORRECTION_XOR, (struct wh_bytes){0}, &made, &err));
    REFUSED(WH_UNSUPPORTED, "correction mode 3",
        wh_skeleton_corrected(
            sample.header, (enum wh_correction_mode)3, (struct wh_bytes){0}, &made, &err));
    sample_clear(&sample);
}

#define ROW(part, bytes)                                                                           \
    {                                                                                              \
        part, bytes, sizeof(bytes) - 1                                                             \
    }

static void refuses_hostile_corrections(void **state)
{
    static const struct {
        const char *part, *bytes;
        size_t length;
    } rows[] = {
        ROW("cut short", ""),
        ROW("cut short", "\x00"), /* not even a trailer */
        ROW("cut short", "\x04"
                         "x"), /* more pieces than files */
        ROW("cut short", "\x80\x00"
                         "x"), /* padded count */
        ROW("bad piece 0", "\x01"),
        ROW("bad piece 0", "\x01\x00\x03x"),                 /* no such file */
        ROW("bad piece 0", "\x01\x00\x02x"),                 /* a file without content */
        ROW("bad piece 1", "\x02\x00\x00\x00\x00x"),         /* twice */
        ROW("bad piece 0", "\x01\x81\x80\x80\x80\x02\x00x"), /* past the limit */
        ROW("cut short", "\x01\x02\x00x"),                   /* more skeleton than there is */
        ROW("cut short", "\x02\x01\x00\x01\x01x"),
        ROW("cut short", "\x01\x00\x00"),
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, "1", files, COUNT(files), NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_skeleton made;
        wh_autofree uint8_t *bytes = malloc(rows[i].length + 1);
        memcpy(bytes, rows[i].bytes, rows[i].length);
        REFUSED(WH_MALFORMED, rows[i].part,
            wh_skeleton_corrected(sample.header, WH_CORRECTION_FULL,
                (struct wh_bytes){bytes, rows[i].length}, &made, &err));
    }
    struct wh_skeleton made;
    struct wh_bytes shorter = {sample.skeleton.bytes, sample.skeleton.length - 1};
    REFUSED(WH_MALFORMED, "correction has",
        wh_skeleton_corrected(sample.header, WH_CORRECTION_XOR, shorter, &made, &err));
    sample_clear(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_the_cheapest_mode),
        cmocka_unit_test(only_full_works_without_rules),
        cmocka_unit_test(refuses_hostile_corrections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
