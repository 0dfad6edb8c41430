/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_describe_test.c - the parameters of deflate streams, found and proved. */
#include "unit.h"

#include "made_deflate.h"
#include "packed/deflate_describe.h"
#include "whittle/cleanup.h"
#include "whittle/packed.h"

enum { CEILING = 1 << 20 };

static void pack(struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out)
{
    OK(wh_coder_find(WH_CODER_DEFLATE)->pack(plain, parameters, out, &err));
}

/* Describes a stream and makes it again; gives how much departs. */
static size_t described(
    struct wh_bytes packed, const struct wh_deflate_model *last, struct wh_deflate_model *out_model)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};

    OK(wh_deflate_parse(packed, CEILING, &parts, &err));
    OK(wh_deflate_describe(&parts, last, out_model, &trace, &err));
    pack(wh_buffer_bytes(&parts.plain), wh_buffer_bytes(&trace.parameters), &made);
    assert_int_equal(made.length, packed.length);
    assert_memory_equal(made.data, packed.data, packed.length);
    return trace.symbol_departures + trace.block_departures;
}

static void finds_the_usual_encoders(void **state)
{
    static const uint8_t models[][2] = {{6, 8}, {9, 10}, {1, 9}, {3, 1}, {19, 9}};
    wh_autofree uint8_t *mixture = malloc(MADE_MIXTURE);

    (void)state;
    assert_non_null(mixture);
    made_mixture(mixture);
    for (size_t i = 0; i < COUNT(models); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
        const struct wh_deflate_model wrong = {2, 2};
        struct wh_deflate_model found;
        pack(
            (struct wh_bytes){mixture, MADE_MIXTURE / 2}, (struct wh_bytes){models[i], 2}, &packed);
        assert_int_equal(described(wh_buffer_bytes(&packed), NULL, &found), 0);
        assert_int_equal(found.blocks, models[i][1]);
        assert_int_equal(described(wh_buffer_bytes(&packed), &wrong, &found), 0);
        assert_int_equal(found.blocks, models[i][1]);
    }
}

/* Where several models do, that of the stream before does. */
static void keeps_the_last_model_while_it_does(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    static const uint8_t text[] = "no more than a few words";
    struct wh_deflate_model model = {7, 9};
    struct wh_deflate_model found;

    (void)state;
    pack((struct wh_bytes){text, sizeof text}, (struct wh_bytes){(const uint8_t *)"\x06\x08", 2},
        &packed);
    assert_int_equal(described(wh_buffer_bytes(&packed), &model, &model), 0);
    assert_int_equal(model.matching, 7);
    assert_int_equal(model.blocks, 9);
    assert_int_equal(described(wh_buffer_bytes(&packed), NULL, &found), 0);
    assert_int_equal(found.matching, 6);
}

static void describes_every_encoder(void **state)
{
    struct wh_deflate_model model;

    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++)
        (void)described(made_deflates[i].packed, NULL, &model);
}

static void proves_what_it_found(void **state)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    struct wh_deflate_trace trace = {.block_departures = 0};
    struct wh_deflate_model model;
    uint8_t packed[] = {0x4b, 0x04, 0x00}; /* fixed, final: "a" */

    (void)state;
    OK(wh_deflate_parse((struct wh_bytes){packed, sizeof packed}, CEILING, &parts, &err));
    packed[1] ^= 1;
    REFUSED(
        WH_UNSUPPORTED, "not made again", wh_deflate_describe(&parts, NULL, &model, &trace, &err));
    assert_null(trace.parameters.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_usual_encoders),
        cmocka_unit_test(keeps_the_last_model_while_it_does),
        cmocka_unit_test(describes_every_encoder),
        cmocka_unit_test(proves_what_it_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
