/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_model_test.c - streams made again by the model of their encoder: without a departure what
 * real zlib and GNU gzip wrote, with departures what anybody wrote. */
#include "unit.h"

#include "made_deflate.h"
#include "packed/coders.h"
#include "whittle/deflate.h"
#include "whittle/digest.h"

enum { CEILING = 1 << 20, TEXT_LENGTH = 300000, SKEWED_LENGTH = 10945 };

enum content { TEXT, MIXED, SKEWED };

/* What zlib 1.2.13 and gzip 1.12 made of the contents of made_deflate.h. */
static const struct usual {
    enum content content;
    struct wh_deflate_model model;
    size_t length;
    const char *sha256;
} usual[] = {
    {TEXT, {1, 8}, 95199, "4a6190606d27cd10b94e69edafa0dab76fb9e4d409a6c5ea730c9f4a493db7de"},
    {TEXT, {2, 8}, 96813, "84bc3c68d81a778351454ab85043989d1582c4f84a703181cf68a33132841cf0"},
    {TEXT, {3, 8}, 97479, "5df8bb3e2c627ae9d84e8dd86990726903339db3c317b9ec58dd1d185eb8d92e"},
    {TEXT, {4, 8}, 92676, "53d6c2bd57cc50bedf04b713a7cdad26de4eaea06d38a6b550a6bce5da481329"},
    {TEXT, {5, 8}, 90668, "394a03f8f49fd8c8ec91efdf18d435b0a85ebe03b47f366a36953e47a0d7f4f7"},
    {TEXT, {6, 8}, 89365, "86f9eb9b1bafb0f8fb9c84b4dfcc408fe8e2f1ed137bacf8ea946cb430f3e233"},
    {TEXT, {7, 8}, 89340, "80e050d9a82da38faf44c8102b3a679536de755e5baa74482f979603df940223"},
    {TEXT, {8, 8}, 89336, "6b92e1e260e580e9bbc44ec89000bdfa9e49c2cafb3a643e592cde7bdd294e9a"},
    {TEXT, {9, 8}, 89336, "6b92e1e260e580e9bbc44ec89000bdfa9e49c2cafb3a643e592cde7bdd294e9a"},
    {TEXT, {16, 9}, 89338, "91bb7ad3c15c421ef0e1f9c071863645a8af0f743a0ba268c0901aa9d726a4ea"},
    {TEXT, {19, 9}, 89306, "6e115b4c337ee3948b0d310eb49cc18a0351c8b9a075e174b21d31697b9cd231"},
    {TEXT, {1, 9}, 95098, "c92420f2177408a0ed5fc62241cc63af8666867bf788c91be635d873e45bd9d0"},
    {TEXT, {6, 10}, 89337, "53bfb23f1af2e9a07618347f8d35231c4483f2cd88f41a5e55f6102844a1082f"},
    {TEXT, {9, 10}, 89306, "6e115b4c337ee3948b0d310eb49cc18a0351c8b9a075e174b21d31697b9cd231"},
    {MIXED, {1, 8}, 92086, "2e2174a0393d1a98ee8f1010edf67d60de3d6d051d41a52b3f0a687dfa895782"},
    {MIXED, {2, 8}, 92812, "a14d6e1133e7406f45395a4afaeb26c72dc74a0a04d3c5e0602960b5dcfa5fc5"},
    {MIXED, {3, 8}, 93237, "b0690f5685585ec5bf881ff5a687b209e95efaa55efbdfddec7b9e132508f4a2"},
    {MIXED, {4, 8}, 91121, "5f22908dd191f544b7ce0401e5f74365e4ddf243a1b246e4bde2b1e4ddb76936"},
    {MIXED, {5, 8}, 90563, "4cb7ad525f7a46fca897a761032e5be6f1e71be2ecfccf47c1d396048b5707e8"},
    {MIXED, {6, 8}, 90314, "9b52737c4316d3561e7f5448f54401631c9237d5d7ef3518db4c6231a38fe266"},
    {MIXED, {7, 8}, 90309, "d9ef4e2ba325e75b302abf0f53150924e34a3e89ad17a58ff9c118d1f99bd6b4"},
    {MIXED, {8, 8}, 90308, "9747267677358905be15de38327abb581bb92eeac1f1b7ace03f2cdbdaa3b710"},
    {MIXED, {9, 8}, 90308, "9747267677358905be15de38327abb581bb92eeac1f1b7ace03f2cdbdaa3b710"},
    {MIXED, {16, 9}, 92435, "b0ecf4d1cbd1e46511b4f18fa2f43d2aeb63f7a84fd4020e702f6fab52296f7b"},
    {MIXED, {19, 9}, 92425, "c37bb6d55a1ed76ff3dc5eaeaab93c850195f327ef98d5d8e84b53b0255936e0"},
    {MIXED, {1, 9}, 94365, "5b3251dc3bd5aabc1cb51095013252021974244001ed5ecc5cbc5a93854b2e69"},
    {MIXED, {6, 10}, 89422, "9e766641f2cd40eb9f6d4a7fe304a2ade3eee04bbae2e25ef17665b79de3b214"},
    {MIXED, {9, 10}, 89414, "35fcd6fb492fa0bf17e91cb2e810d5819e67adcf8360ca704b156917f57681ff"},
    {SKEWED, {0, 8}, 3605, "ad1c9f742e617aaead817668e1ba84f750352b2f24a27aa7c6a82ce3e35d4a8d"},
};

struct content_bytes {
    uint8_t text[TEXT_LENGTH];
    uint8_t mixture[MADE_MIXTURE];
    uint8_t skewed[SKEWED_LENGTH];
};

/* Each byte as often as the two before it: codes would be longer than they may. */
static void make_skewed(uint8_t out[SKEWED_LENGTH])
{
    enum { FIRST = 60, LAST = 78 };
    size_t before = 0;
    size_t count = 1;

    for (uint8_t byte = FIRST; byte <= LAST; byte++) {
        memset(out, byte, count);
        out += count;
        size_t next = before + count;
        before = count;
        count = next;
    }
}

static struct wh_bytes content_of(const struct content_bytes *contents, enum content content)
{
    if (content == TEXT)
        return (struct wh_bytes){contents->text, sizeof contents->text};
    if (content == MIXED)
        return (struct wh_bytes){contents->mixture, sizeof contents->mixture};
    return (struct wh_bytes){contents->skewed, sizeof contents->skewed};
}

static int make_contents(void **state)
{
    struct content_bytes *contents = malloc(sizeof *contents);

    if (!contents)
        return -1;
    made_prose(contents->text, sizeof contents->text);
    made_mixture(contents->mixture);
    make_skewed(contents->skewed);
    *state = contents;
    return 0;
}

static int free_contents(void **state)
{
    free(*state);
    return 0;
}

static void pack_without_departures(
    struct wh_bytes plain, const struct wh_deflate_model *model, struct wh_buffer *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer parameters = {.ceiling = 16};

    wh_buffer_varint(&parameters, model->matching);
    wh_buffer_varint(&parameters, model->blocks);
    OK(wh_deflate_pack(plain, wh_buffer_bytes(&parameters), out, &err));
}

static void makes_what_the_usual_encoders_made(void **state)
{
    for (size_t i = 0; i < COUNT(usual); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
        struct wh_digest expected;
        struct wh_digest digest;
        pack_without_departures(content_of(*state, usual[i].content), &usual[i].model, &made);
        OK(wh_digest_of(WH_SHA256, wh_buffer_bytes(&made), &digest, &err));
        assert_true(wh_digest_from_hex(WH_SHA256, usual[i].sha256, &expected));
        if (made.length != usual[i].length || !wh_digest_equal(&digest, &expected))
            fail_msg("row %zu: %zu bytes", i, made.length);
    }
}

/* Makes a stream again from a model that is right or wrong, and gives how much departed. */
static size_t departures_of(struct wh_bytes packed, const struct wh_deflate_model *model)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};

    OK(wh_deflate_parse(packed, CEILING, &parts, &err));
    OK(wh_deflate_trace_new(&parts, model, SIZE_MAX, &trace, &err));
    OK(wh_deflate_pack(
        wh_buffer_bytes(&parts.plain), wh_buffer_bytes(&trace.parameters), &made, &err));
    assert_int_equal(made.length, packed.length);
    assert_memory_equal(made.data, packed.data, packed.length);
    if (trace.symbol_departures + trace.block_departures == 0)
        assert_int_equal(trace.parameters.length, 2);
    return trace.symbol_departures + trace.block_departures;
}

static void the_right_model_leaves_nothing_to_store(void **state)
{
    static const struct wh_deflate_model models[] = {
        {6, 8}, {9, 10}, {1, 9}, {16, 9}, {3, 1}, {0, 8}, {10, 8}, {22, 8}};

    for (size_t i = 0; i < 2 * COUNT(models); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
        const struct wh_deflate_model *model = &models[i / 2];
        struct wh_bytes plain = content_of(*state, i % 2 ? MIXED : TEXT);
        plain.length /= 2;
        pack_without_departures(plain, model, &packed);
        assert_int_equal(departures_of(wh_buffer_bytes(&packed), model), 0);
    }
}

static void another_model_stores_what_departs(void **state)
{
    static const struct wh_deflate_model models[] = {{6, 8}, {9, 10}, {1, 2}, {0, 9}};

    for (size_t i = 0; i < COUNT(models); i++) {
        for (size_t j = 0; j < COUNT(models); j++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
            pack_without_departures(content_of(*state, MIXED), &models[i], &packed);
            size_t departures = departures_of(wh_buffer_bytes(&packed), &models[j]);
            assert_true((departures == 0) == (i == j));
        }
    }
}

static void every_encoder_is_made_again(void **state)
{
    static const struct wh_deflate_model models[] = {{6, 8}, {9, 10}, {0, 1}};

    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES * COUNT(models); i++)
        (void)departures_of(made_deflates[i / COUNT(models)].packed, &models[i % COUNT(models)]);
}

static void a_few_symbols_are_looked_at(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};
    const struct wh_deflate_model literals = {0, 8};
    const struct wh_deflate_model level_6 = {6, 8};

    pack_without_departures(content_of(*state, TEXT), &literals, &packed);
    OK(wh_deflate_parse(wh_buffer_bytes(&packed), CEILING, &parts, &err));
    assert_int_equal(wh_deflate_blocks_guess(&parts), 8);
    OK(wh_deflate_trace_new(&parts, &level_6, 1000, &trace, &err));
    assert_in_range(trace.symbol_departures, 1, 1000);
    REFUSED(WH_UNSUPPORTED, "no model",
        wh_deflate_trace_new(&parts, &(struct wh_deflate_model){6, 11}, 1000, &trace, &err));
    REFUSED(WH_UNSUPPORTED, "no model",
        wh_deflate_trace_new(&parts, &(struct wh_deflate_model){1000, 8}, 1000, &trace, &err));
}

/* ---- hostile parameters --------------------------------------------------------------------- */

#define PLAIN "abcabcabcabc" /* at level 6: four literals, 8 bytes from 3 before */
#define ROW(status, why, bytes)                                                                    \
    {                                                                                              \
        status, why,                                                                               \
        {                                                                                          \
            (const uint8_t *)(bytes), sizeof(bytes) - 1                                            \
        }                                                                                          \
    }

static const struct hostile {
    wh_status status;
    const char *why;
    struct wh_bytes parameters;
} hostile[] = {
    ROW(WH_MALFORMED, "parameters are cut short", ""),
    ROW(WH_MALFORMED, "parameters are cut short", "\x06"),
    ROW(WH_UNSUPPORTED, "no model 6 with blocks 0", "\x06\x00"),
    ROW(WH_UNSUPPORTED, "no model 6 with blocks 11", "\x06\x0b"),
    ROW(WH_UNSUPPORTED, "no model 127 with blocks 8", "\x7f\x08"),
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01"),
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01\x00"),
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01\x00\x10"),
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01\x00\x0c"),
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01\x00\x04\x0c"),     /* stored without end */
    ROW(WH_MALFORMED, "records of blocks", "\x06\x08\x01\x00\x07\x09\x00"), /* codes cut short */
    ROW(WH_MALFORMED, "cut short", "\x06\x08\x01\x00\x07\x08\x00"),
    ROW(WH_MALFORMED, "holds more", "\x06\x08\x01\x00\x0c\x0d"),
    ROW(WH_MALFORMED, "holds more", "\x06\x08\x01\x00\x0d\x06"),
    ROW(WH_MALFORMED, "ends before", "\x06\x08\x01\x00\x0d\x03"),
    ROW(WH_MALFORMED, "ends before", "\x06\x08\x01\x01\x0d\x00"), /* a record behind the end */
    ROW(WH_MALFORMED, "ends before", "\x06\x08\x00\x05\x00"),     /* a departure behind it */
    ROW(WH_MALFORMED, "departures of symbols", "\x06\x08\x00\x00\x00"), /* none: a literal */
    ROW(WH_MALFORMED, "departures of symbols", "\x06\x08\x00\x04\x0b"), /* none: the same match */
    ROW(WH_MALFORMED, "departures of symbols", "\x06\x08\x00\x04\x0c\x02"), /* its distance twice */
    ROW(WH_MALFORMED, "departures of symbols", "\x06\x08\x00\x00\x01"),     /* without a distance */
    ROW(WH_MALFORMED, "departures of symbols", "\x06\x08\x00\x04"),
    ROW(WH_MALFORMED, "does not give", "\x06\x08\x00\x00\x02\x02"), /* before the start */
    ROW(WH_MALFORMED, "does not give", "\x06\x08\x00\x04\x02\x01"), /* other bytes */
    ROW(WH_MALFORMED, "does not give", "\x06\x08\x00\x04\x0d"),     /* too long */
};

static void refuses_hostile_parameters(void **state)
{
    const struct wh_bytes plain = {(const uint8_t *)PLAIN, sizeof PLAIN - 1};

    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
        struct wh_error err = {0};
        wh_status status = wh_deflate_pack(plain, hostile[i].parameters, &out, &err);
        if (status != hostile[i].status || !strstr(err.message, hostile[i].why))
            fail_msg("row %zu: status %d, %s", i, (int)status, err.message);
    }
}

static void refuses_every_truncated_parameter(void **state)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.block_departures = 0};

    (void)state;
    OK(wh_deflate_parse(made_deflates[5].packed, CEILING, &parts, &err));
    OK(wh_deflate_trace_new(&parts, &(struct wh_deflate_model){6, 8}, SIZE_MAX, &trace, &err));
    assert_true(trace.parameters.length > 20);
    for (size_t length = 0; length < trace.parameters.length; length++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
        struct wh_bytes part = {trace.parameters.data, length};
        if (wh_deflate_pack(wh_buffer_bytes(&parts.plain), part, &made, NULL) == WH_OK)
            assert_true(made.length != parts.packed.length ||
                        memcmp(made.data, parts.packed.data, made.length) != 0);
    }
}

static void what_is_made_keeps_the_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = 1000};

    REFUSED(WH_OVER_LIMIT, "more than 1000",
        wh_deflate_pack(content_of(*state, TEXT), (struct wh_bytes){(const uint8_t *)"\x06\x08", 2},
            &out, &err));
}

static void an_empty_content_is_one(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};

    (void)state;
    pack_without_departures((struct wh_bytes){NULL, 0}, &(struct wh_deflate_model){6, 8}, &out);
    assert_int_equal(out.length, 2);
    assert_memory_equal(out.data, "\x03\x00", 2);
    assert_int_equal(departures_of(wh_buffer_bytes(&out), &(struct wh_deflate_model){6, 8}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_what_the_usual_encoders_made),
        cmocka_unit_test(the_right_model_leaves_nothing_to_store),
        cmocka_unit_test(another_model_stores_what_departs),
        cmocka_unit_test(every_encoder_is_made_again),
        cmocka_unit_test(a_few_symbols_are_looked_at),
        cmocka_unit_test(refuses_hostile_parameters),
        cmocka_unit_test(refuses_every_truncated_parameter),
        cmocka_unit_test(what_is_made_keeps_the_ceiling),
        cmocka_unit_test(an_empty_content_is_one),
    };

    return cmocka_run_group_tests(tests, make_contents, free_contents);
}
