/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packed_test.c - recipes, and contents that are taken apart and put together by them. */
#include "unit.h"

#include "made_packed.h"
#include "made_xz.h"
#include "whittle/limits.h"

enum { ROOM = 1 << 22 };

static struct wh_bytes text(const char *words)
{
    return (struct wh_bytes){(const uint8_t *)words, strlen(words)};
}

static struct wh_bytes plain_of(size_t length, struct wh_buffer *room)
{
    *room = (struct wh_buffer){.ceiling = ROOM};
    made_xz_plain(length, room);
    return wh_buffer_bytes(room);
}

/* ---- recipes, written and read --------------------------------------------------------------
 */

static void clear_recipe(struct wh_recipe *recipe)
{
    wh_recipe_clear(recipe);
}

static wh_status read_all(struct wh_bytes spelled, struct wh_recipe *out, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(spelled);

    WH_TRY(wh_recipe_read(&reader, out, err));
    if (wh_reader_at_end(&reader))
        return WH_OK;
    wh_recipe_clear(out);
    return wh_fail(err, WH_MALFORMED, "bytes follow");
}

static void assert_same_recipe(const struct wh_recipe *a, const struct wh_recipe *b)
{
    assert_int_equal(a->packing, b->packing);
    assert_int_equal(a->old_count, b->old_count);
    assert_int_equal(a->new_count, b->new_count);
    assert_true(a->outer_growth == b->outer_growth);
    assert_int_equal(a->cpu_ms, b->cpu_ms);
    for (uint32_t i = 0; i < a->old_count; i++) {
        assert_true(a->old_streams[i].before == b->old_streams[i].before);
        assert_int_equal(a->old_streams[i].coder, b->old_streams[i].coder);
    }
    for (uint32_t i = 0; i < a->new_count; i++) {
        const struct wh_new_stream *left = &a->new_streams[i];
        const struct wh_new_stream *right = &b->new_streams[i];
        assert_true(left->before == right->before && left->growth == right->growth);
        assert_int_equal(left->coder, right->coder);
        assert_int_equal(left->parameters.length, right->parameters.length);
        if (left->parameters.length > 0)
            assert_memory_equal(
                left->parameters.data, right->parameters.data, left->parameters.length);
    }
}

/* Spelled, read, and spelled again; with no fewer bytes. */
static void comes_back(const struct wh_recipe *recipe)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
    wh_cleanup(clear_recipe) struct wh_recipe read = {0};
    struct wh_recipe none = {0};

    wh_recipe_write(recipe, &spelled);
    OK(read_all(wh_buffer_bytes(&spelled), &read, &err));
    assert_same_recipe(&read, recipe);
    wh_recipe_write(&read, &again);
    assert_int_equal(again.length, spelled.length);
    assert_memory_equal(again.data, spelled.data, spelled.length);
    for (size_t length = 0; length < spelled.length; length++) {
        wh_autofree uint8_t *exact = malloc(length + !length);
        assert_non_null(exact);
        memcpy(exact, spelled.data, length);
        REFUSED(WH_MALFORMED, "recipe", read_all((struct wh_bytes){exact, length}, &none, &err));
    }
    assert_null(none.new_streams);
}

static uint8_t some_parameters[300];

static void recipes_come_back(void **state)
{
    struct wh_old_stream old[] = {{0, 1}, {WH_CONTENT_MAX, UINT32_MAX}, {127, 128}};
    struct wh_new_stream new[] = {
        {0, 0, 0, {0}},
        {WH_CONTENT_MAX, (int64_t)WH_CONTENT_MAX, UINT32_MAX, {some_parameters, 300}},
        {1, -(int64_t)WH_CONTENT_MAX, 2, {some_parameters, 1}},
    };
    const struct wh_recipe rows[] = {
        {.packing = WH_PACKING_GZIP, .new_streams = new, .new_count = 1},
        {.packing = WH_PACKING_ZIP,
            .old_streams = old,
            .old_count = 3,
            .new_streams = new,
            .new_count = 3,
            .outer_growth = (int64_t)WH_CONTENT_MAX,
            .cpu_ms = UINT32_MAX},
        {.packing = WH_PACKING_XZ,
            .old_streams = old,
            .old_count = 2,
            .new_streams = new,
            .new_count = 1,
            .outer_growth = -(int64_t)WH_CONTENT_MAX,
            .cpu_ms = 1},
        {.packing = WH_PACKING_DEBUGDATA,
            .old_streams = old,
            .old_count = 1,
            .new_streams = new,
            .new_count = 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        comes_back(&rows[i]);
}

static void recipes_out_of_their_ranges(void **state)
{
    struct wh_old_stream old[] = {{0, 1}, {0, 1}};
    struct wh_new_stream new[] = {{0, 5, 1, {0}}, {0, 5, 1, {0}}};
    struct wh_old_stream far_old = {WH_CONTENT_MAX + 1, 1};
    struct wh_new_stream far_new = {WH_CONTENT_MAX + 1, 5, 1, {0}};
    struct wh_new_stream grown = {0, (int64_t)WH_CONTENT_MAX + 1, 1, {0}};
    struct wh_new_stream shrunk = {0, -(int64_t)WH_CONTENT_MAX - 1, 1, {0}};
    const struct {
        const char *why;
        struct wh_recipe recipe;
    } rows[] = {
        {"packs nothing", {.packing = WH_PACKING_NONE, .new_streams = new, .new_count = 1}},
        {"packs nothing", {.packing = WH_PACKING_ZIP, .old_streams = old, .old_count = 1}},
        {"out of its range", {.packing = 5, .new_streams = new, .new_count = 1}},
        {"not one stream", {WH_PACKING_DEBUGDATA, old, 2, new, 1, 0, 0}},
        {"not one stream", {WH_PACKING_DEBUGDATA, old, 1, new, 2, 0, 0}},
        {"out of its range", {WH_PACKING_ZIP, &far_old, 1, new, 1, 0, 0}},
        {"out of its range", {WH_PACKING_ZIP, old, 1, &far_new, 1, 0, 0}},
        {"out of its range", {WH_PACKING_ZIP, old, 1, &grown, 1, 0, 0}},
        {"out of its range", {WH_PACKING_ZIP, old, 1, &shrunk, 1, 0, 0}},
        {"out of its range", {WH_PACKING_ZIP, old, 1, new, 1, (int64_t)WH_CONTENT_MAX + 1, 0}},
        {"out of its range", {WH_PACKING_ZIP, old, 1, new, 1, -(int64_t)WH_CONTENT_MAX - 1, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
        struct wh_recipe none = {0};
        wh_recipe_write(&rows[i].recipe, &spelled);
        REFUSED(WH_MALFORMED, rows[i].why, read_all(wh_buffer_bytes(&spelled), &none, &err));
        assert_null(none.new_streams);
    }
}

/* Counts go by the bytes that are there, before anything is allocated. */
static void counts_that_no_bytes_back(void **state)
{
    static const uint64_t counts[][2] = {
        {4, 1}, {1, 3}, {65535, 1}, {65536, 1}, {1, 65535}, {1, 65536}, {UINT64_MAX, UINT64_MAX}};

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
        struct wh_recipe none = {0};
        wh_buffer_varint(&spelled, WH_PACKING_ZIP);
        wh_buffer_varint(&spelled, counts[i][0]);
        wh_buffer_varint(&spelled, counts[i][1]);
        wh_buffer_fill(&spelled, 1, 6);
        REFUSED(WH_MALFORMED, "out of its range", read_all(wh_buffer_bytes(&spelled), &none, &err));
    }
}

static void as_many_streams_as_there_may_be(void **state)
{
    static const uint32_t counts[] = {WH_PACKED_STREAMS_MAX, WH_PACKED_STREAMS_MAX + 1};

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        uint32_t count = counts[i];
        wh_autofree struct wh_old_stream *old = calloc(count, sizeof *old);
        wh_autofree struct wh_new_stream *new = calloc(count, sizeof *new);
        wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
        wh_cleanup(clear_recipe) struct wh_recipe read = {0};
        struct wh_recipe recipe = {WH_PACKING_ZIP, old, count, new, count, 0, 0};
        assert_true(old && new);
        wh_recipe_write(&recipe, &spelled);
        if (i == 0)
            OK(read_all(wh_buffer_bytes(&spelled), &read, &err));
        else
            REFUSED(
                WH_MALFORMED, "out of its range", read_all(wh_buffer_bytes(&spelled), &read, &err));
        if (i == 0)
            assert_same_recipe(&read, &recipe);
    }
}

/* ---- there and back --------------------------------------------------------------------------
 */

static void clear_unpacked(struct wh_unpacked *unpacked)
{
    wh_unpacked_clear(unpacked);
}

/* Takes a copy of the content apart, in memory of exactly its size. */
static wh_status unpack(const struct wh_recipe *recipe, const struct made_packed *old,
    uint64_t ceiling, struct wh_unpacked *out, struct wh_error *err)
{
    static uint8_t nothing[1];
    size_t length = old ? old->bytes.length : 0;
    wh_autofree uint8_t *copy = malloc(length + !length);
    struct wh_container container = {old ? copy : nothing, length, {0}};

    assert_non_null(copy);
    if (old) {
        memcpy(copy, old->bytes.data, length);
        container.build_id = old->build_id;
    }
    return wh_unpack(recipe, &container, ceiling, out, err);
}

/* What a client does, between a base and the plain form that a codec gave it. */
static wh_status remake(const struct wh_recipe *recipe, const struct made_packed *old,
    struct wh_bytes plain, const struct made_packed *fresh, struct wh_error *err)
{
    wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};
    wh_autofree uint64_t *lengths = calloc(recipe->new_count + 1, sizeof *lengths);
    wh_autofree uint8_t *made = malloc(fresh->bytes.length);
    const struct wh_container container = {made, fresh->bytes.length, fresh->build_id};
    uint64_t total;

    assert_true(lengths && made);
    WH_TRY(unpack(recipe, old, ROOM, &unpacked, err));
    WH_TRY(wh_recipe_lengths(recipe, &unpacked, ROOM, lengths, &total, err));
    if (total != plain.length)
        return wh_fail(
            err, WH_MISMATCH, "%u bytes instead of %u", (unsigned)total, (unsigned)plain.length);
    WH_TRY(wh_pack(recipe, plain, lengths, &container, err));
    assert_memory_equal(made, fresh->bytes.data, fresh->bytes.length);
    return WH_OK;
}

static void leads(const struct made_packed *old, const struct made_packed *fresh)
{
    wh_cleanup(made_change_clear) struct made_change change;

    made_change(old, fresh, &change);
    OK(remake(&change.recipe, old, wh_buffer_bytes(&change.fresh.plain), fresh, &err));
    comes_back(&change.recipe);
}

static void every_content_from_every_other(void **state)
{
    enum { CONTENTS = MADE_ARCHIVES + 9 };
    static const uint8_t ids[2][20] = {{1, 2, 3}, {4, 5, 6}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer room;
    struct wh_bytes plain = plain_of(20000, &room);
    struct made_packed contents[CONTENTS];
    size_t count = 0;

    (void)state;
    for (int i = 0; i < MADE_ARCHIVES; i++)
        made_packed_archive(i, &contents[count++]);
    made_packed_gzip(text("a short text\n"), &contents[count++]);
    made_packed_gzip(plain, &contents[count++]);
    made_packed_gzip(text(""), &contents[count++]);
    made_packed_xz_file(plain, &contents[count++]);
    made_packed_xz_file(text("another short text\n"), &contents[count++]);
    made_packed_elf(plain, (struct wh_bytes){ids[0], 20}, &contents[count++]);
    made_packed_elf(text("symbols"), (struct wh_bytes){ids[1], 8}, &contents[count++]);
    made_packed_archive(MADE_PYTHON_1, &contents[count]);
    made_packed_as_symbols(&contents[count++]);
    made_packed_gzip(plain, &contents[count]);
    made_packed_as_symbols(&contents[count++]);
    assert_int_equal(count, CONTENTS);
    for (size_t i = 0; i < count; i++) {
        leads(NULL, &contents[i]);
        for (size_t k = 0; k < count; k++)
            if (contents[k].count < 2 || contents[i].packing != WH_PACKING_DEBUGDATA)
                leads(&contents[k], &contents[i]);
    }
    for (size_t i = 0; i < count; i++)
        made_packed_clear(&contents[i]);
}

/* What the fields are for: an archive that differs in one stream only, and nowhere else. */
static void outer_bytes_do_not_change_with_a_stream(void **state)
{
    static const uint8_t id[20] = {7};
    struct made_packed contents[3][2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct wh_bytes plain = text(i ? "what is in it, longer now" : "what is in it");
        made_packed_gzip(plain, &contents[0][i]);
        made_packed_xz_file(plain, &contents[1][i]);
        made_packed_elf(plain, (struct wh_bytes){id, sizeof id}, &contents[2][i]);
    }
    for (size_t i = 0; i < COUNT(contents); i++) {
        wh_cleanup(made_change_clear) struct made_change change;
        made_change(&contents[i][0], &contents[i][1], &change);
        assert_int_equal(change.recipe.outer_growth, 0);
        assert_int_equal(change.recipe.new_streams[0].growth, 12);
        assert_int_equal(change.old.lengths[0], 13);
        assert_int_equal(change.old.lengths[1], change.fresh.lengths[1]);
        assert_memory_equal(
            change.old.plain.data + 13, change.fresh.plain.data + 25, change.old.lengths[1]);
        made_packed_clear(&contents[i][0]);
        made_packed_clear(&contents[i][1]);
    }
}

static void several_streams_that_grow_and_shrink(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer room;
    struct wh_bytes plain = plain_of(30000, &room);
    wh_cleanup(made_packed_clear) struct made_packed old;
    wh_cleanup(made_packed_clear) struct made_packed fresh;
    wh_cleanup(made_change_clear) struct made_change change;

    (void)state;
    made_packed_init(WH_PACKING_ZIP, &old);
    made_packed_init(WH_PACKING_ZIP, &fresh);
    made_packed_outer(&old, "head", 4);
    made_packed_xz(&old, (struct wh_bytes){plain.data, 100});
    made_packed_deflate(&old, (struct wh_bytes){plain.data, 20000});
    made_packed_outer(&old, "tail", 4);
    made_packed_deflate(&fresh, (struct wh_bytes){plain.data, 25000}); /* at once */
    made_packed_outer(&fresh, "between", 7);
    made_packed_xz(&fresh, (struct wh_bytes){plain.data, 1});
    made_packed_xz(&fresh, (struct wh_bytes){plain.data + 100, 29900}); /* one more, at the end */
    made_change(&old, &fresh, &change);
    assert_int_equal(change.recipe.new_streams[0].growth, 24900);
    assert_int_equal(change.recipe.new_streams[1].growth, -19999);
    assert_int_equal(change.recipe.new_streams[2].growth, 29900);
    assert_int_equal(change.recipe.outer_growth, -1);
    OK(remake(&change.recipe, &old, wh_buffer_bytes(&change.fresh.plain), &fresh, &err));
    leads(&fresh, &old);
}

/* ---- hostile recipes: taking apart -----------------------------------------------------------
 */

static void refuses_streams_that_are_not_there(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed gzip;
    struct wh_unpacked none = {0};

    (void)state;
    made_packed_gzip(text("what is in it"), &gzip);
    uint64_t length = gzip.bytes.length;
    const struct {
        const char *why;
        wh_status status;
        struct wh_old_stream stream;
    } rows[] = {
        {"coder 0 is not known", WH_UNSUPPORTED, {10, 0}},
        {"coder 4 is not known", WH_UNSUPPORTED, {10, 4}},
        {"coder 4294967295 is not known", WH_UNSUPPORTED, {10, UINT32_MAX}},
        {"behind the older content", WH_MALFORMED, {length + 1, WH_CODER_DEFLATE}},
        {"behind the older content", WH_MALFORMED, {WH_CONTENT_MAX, WH_CODER_DEFLATE}},
        {"deflate", WH_MALFORMED, {length, WH_CODER_DEFLATE}},
        {"deflate", WH_MALFORMED, {length, WH_CODER_TOKENS}},
        {".xz", WH_MALFORMED, {length, WH_CODER_XZ}}, {".xz", WH_MALFORMED, {10, WH_CODER_XZ}},
        {"deflate", WH_MALFORMED, {0, WH_CODER_DEFLATE}}, /* its first bytes are none */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_old_stream stream = rows[i].stream;
        struct wh_recipe recipe = {
            .packing = WH_PACKING_GZIP, .old_streams = &stream, .old_count = 1};
        REFUSED(rows[i].status, rows[i].why, unpack(&recipe, &gzip, ROOM, &none, &err));
    }
    struct wh_old_stream twice[] = {{10, WH_CODER_DEFLATE}, {9, WH_CODER_DEFLATE}};
    struct wh_recipe recipe = {.packing = WH_PACKING_ZIP, .old_streams = twice, .old_count = 2};
    REFUSED(WH_MALFORMED, "behind the older content", unpack(&recipe, &gzip, ROOM, &none, &err));
    REFUSED(WH_MALFORMED, "behind the older content", unpack(&recipe, NULL, ROOM, &none, &err));
    assert_null(none.lengths);
}

/* A recipe for a base with a stream, and a base without one. */
static void refuses_a_base_without_the_streams(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed old;
    wh_cleanup(made_packed_clear) struct made_packed fresh;
    wh_cleanup(made_packed_clear) struct made_packed plain;
    wh_cleanup(made_change_clear) struct made_change change;

    (void)state;
    made_packed_xz_file(text("the base as it should be"), &old);
    made_packed_xz_file(text("the content"), &fresh);
    made_packed_text(text("the base as it is, no .xz stream at all"), &plain);
    made_change(&old, &fresh, &change);
    struct wh_bytes form = wh_buffer_bytes(&change.fresh.plain);
    OK(remake(&change.recipe, &old, form, &fresh, &err));
    REFUSED(WH_MALFORMED, "not an .xz stream", remake(&change.recipe, &plain, form, &fresh, &err));
    for (size_t length = 0; length < old.bytes.length; length++) {
        struct made_packed cut = old;
        cut.bytes.length = length;
        REFUSED(WH_MALFORMED, ".xz stream", remake(&change.recipe, &cut, form, &fresh, &err));
    }
}

static void the_plain_form_has_a_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer room;
    struct wh_bytes plain = plain_of(5000, &room);
    struct made_packed contents[4];

    (void)state;
    made_packed_gzip(plain, &contents[0]);
    made_packed_xz_file(plain, &contents[1]);
    made_packed_gzip(plain, &contents[2]);
    made_packed_as_symbols(&contents[2]);
    made_packed_text(plain, &contents[3]);
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct wh_recipe recipe = {.packing = WH_PACKING_GZIP,
            .old_streams = contents[i].streams,
            .old_count = contents[i].count};
        struct wh_unpacked unpacked = {0};
        OK(unpack(&recipe, &contents[i], ROOM, &unpacked, &err));
        uint64_t length = unpacked.plain.length;
        wh_unpacked_clear(&unpacked);
        for (uint64_t ceiling = 0; ceiling < length; ceiling += ceiling + 50 < length ? 50 : 1)
            REFUSED(WH_OVER_LIMIT, "more than",
                unpack(&recipe, &contents[i], ceiling, &unpacked, &err));
        OK(unpack(&recipe, &contents[i], length, &unpacked, &err));
        assert_int_equal(unpacked.plain.length, length);
        wh_unpacked_clear(&unpacked);
        made_packed_clear(&contents[i]);
    }
}

/* A gigabyte of zeros in a few kilobytes: one stream of it is too much, whatever the group
 * announces. */
static void a_bomb_is_found_out(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed bomb;
    struct wh_unpacked none = {0};

    (void)state;
    made_packed_init(WH_PACKING_XZ, &bomb);
    made_xz_bomb(&bomb.bytes);
    struct wh_old_stream stream = {0, WH_CODER_XZ};
    struct wh_recipe recipe = {.packing = WH_PACKING_XZ, .old_streams = &stream, .old_count = 1};
    REFUSED(WH_OVER_LIMIT, "more than", unpack(&recipe, &bomb, WH_CONTENT_MAX, &none, &err));
    REFUSED(WH_OVER_LIMIT, "more than", unpack(&recipe, &bomb, 1000, &none, &err));
}

/* The same stream again and again: none is over its limit, all together are over the ceiling. */
static void many_streams_have_one_ceiling(void **state)
{
    enum { EACH = 1 << 18, TIMES = 8 };
    wh_cleanup(made_packed_clear) struct made_packed old;
    wh_autofree uint8_t *zeros = calloc(EACH, 1);
    struct wh_unpacked unpacked = {0};

    (void)state;
    assert_non_null(zeros);
    made_packed_init(WH_PACKING_ZIP, &old);
    for (int i = 0; i < TIMES; i++)
        made_packed_deflate(&old, (struct wh_bytes){zeros, EACH});
    struct wh_recipe recipe = {
        .packing = WH_PACKING_ZIP, .old_streams = old.streams, .old_count = old.count};
    REFUSED(WH_OVER_LIMIT, "more than", unpack(&recipe, &old, TIMES * EACH - 1, &unpacked, &err));
    OK(unpack(&recipe, &old, TIMES * EACH, &unpacked, &err));
    assert_int_equal(unpacked.plain.length, TIMES * EACH);
    assert_int_equal(unpacked.lengths[TIMES], 0);
    wh_unpacked_clear(&unpacked);
}

/* An empty deflate stream is two bytes. */
static void as_many_streams_are_taken_apart(void **state)
{
    enum { COUNT_OF = WH_PACKED_STREAMS_MAX };
    wh_autofree struct wh_old_stream *old = calloc(COUNT_OF, sizeof *old);
    wh_autofree struct wh_new_stream *new = calloc(COUNT_OF, sizeof *new);
    wh_autofree uint64_t *lengths = calloc(COUNT_OF + 1, sizeof *lengths);
    wh_autofree uint8_t *made = malloc(2 * (size_t)COUNT_OF);
    static const uint8_t model[] = {6, 8};
    wh_cleanup(made_packed_clear) struct made_packed whole;
    wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};
    uint64_t total;

    (void)state;
    assert_true(old && new &&lengths &&made);
    made_packed_init(WH_PACKING_ZIP, &whole);
    for (uint32_t i = 0; i < COUNT_OF; i++) {
        made_packed_outer(&whole, "\x03\x00", 2);
        old[i].coder = WH_CODER_DEFLATE;
        new[i] = (struct wh_new_stream){0, 0, WH_CODER_DEFLATE, {model, sizeof model}};
    }
    struct wh_recipe recipe = {WH_PACKING_ZIP, old, COUNT_OF, new, COUNT_OF, 0, 0};
    OK(unpack(&recipe, &whole, ROOM, &unpacked, &err));
    assert_int_equal(unpacked.plain.length, 0);
    OK(wh_recipe_lengths(&recipe, &unpacked, 0, lengths, &total, &err));
    assert_int_equal(total, 0);
    const struct wh_container fresh = {made, whole.bytes.length, {0}};
    OK(wh_pack(&recipe, wh_buffer_bytes(&unpacked.plain), lengths, &fresh, &err));
    assert_memory_equal(made, whole.bytes.data, whole.bytes.length);
}

/* ---- hostile recipes: lengths ----------------------------------------------------------------
 */

static void lengths_are_the_older_ones_and_growth(void **state)
{
    uint64_t old[] = {10, 20, 30};
    struct wh_old_stream old_streams[2] = {{0}};
    const struct wh_unpacked unpacked = {.lengths = old};
    struct wh_new_stream new[] = {{.growth = -10}, {.growth = 5}, {.growth = 7}};
    struct wh_recipe recipe = {WH_PACKING_ZIP, old_streams, 2, new, 3, -30, 0};
    uint64_t lengths[4];
    uint64_t total = 99;

    (void)state;
    OK(wh_recipe_lengths(&recipe, &unpacked, 32, lengths, &total, &err));
    assert_int_equal(total, 32);
    assert_int_equal(lengths[0], 0);
    assert_int_equal(lengths[1], 25);
    assert_int_equal(lengths[2], 7);
    assert_int_equal(lengths[3], 0);
    REFUSED(WH_OVER_LIMIT, "more plain bytes than are announced",
        wh_recipe_lengths(&recipe, &unpacked, 31, lengths, &total, &err));
}

static void refuses_lengths_that_cannot_be(void **state)
{
    enum { LARGE = WH_PACKED_STREAM_MAX };
    const int64_t most = (int64_t)WH_CONTENT_MAX;
    uint64_t old[] = {10, 20, 30};
    struct wh_old_stream old_streams[2] = {{0}};
    const struct wh_unpacked unpacked = {.lengths = old};
    const struct {
        const char *why;
        wh_status status;
        int64_t first, second, third, outer;
    } rows[] = {
        {"less than nothing", WH_MALFORMED, -11, 0, 0, 0},
        {"less than nothing", WH_MALFORMED, 0, -21, 0, 0},
        {"less than nothing", WH_MALFORMED, 0, 0, -1, 0}, /* there is no third older one */
        {"less than nothing", WH_MALFORMED, 0, 0, 0, -31},
        {"less than nothing", WH_MALFORMED, -most, most, 0, 0},
        {"less than nothing", WH_MALFORMED, INT64_MIN, 0, 0, 0},
        {"a stream holds more", WH_OVER_LIMIT, LARGE - 9, 0, 0, 0},
        {"a stream holds more", WH_OVER_LIMIT, 0, 0, LARGE + 1, 0},
        {"announced", WH_OVER_LIMIT, 0, 0, 0, most},
        {"announced", WH_OVER_LIMIT, 0, 0, 0, most - 59},
        {"announced", WH_OVER_LIMIT, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {"announced", WH_OVER_LIMIT, LARGE - 10, LARGE - 20, LARGE, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_new_stream new[] = {
            {.growth = rows[i].first}, {.growth = rows[i].second}, {.growth = rows[i].third}};
        struct wh_recipe recipe = {WH_PACKING_ZIP, old_streams, 2, new, 3, rows[i].outer, 0};
        uint64_t lengths[4];
        uint64_t total = 99;
        REFUSED(rows[i].status, rows[i].why,
            wh_recipe_lengths(&recipe, &unpacked, WH_CONTENT_MAX, lengths, &total, &err));
        assert_int_equal(total, 99);
    }
    struct wh_new_stream new[] = {{.growth = LARGE - 10}, {.growth = LARGE - 20}};
    struct wh_recipe recipe = {WH_PACKING_ZIP, old_streams, 2, new, 2, most - 2 * LARGE - 30, 0};
    uint64_t lengths[3];
    uint64_t total = 0;
    OK(wh_recipe_lengths(&recipe, &unpacked, WH_CONTENT_MAX, lengths, &total, &err));
    assert_true(total == WH_CONTENT_MAX);
}

/* ---- hostile recipes: putting together -------------------------------------------------------
 */

/* Into a content of another length than it would get. */
static void refuses_a_content_of_another_length(void **state)
{
    static const uint8_t id[20] = {9};
    wh_cleanup(wh_buffer_clear) struct wh_buffer room;
    struct wh_bytes plain = plain_of(3000, &room);
    struct made_packed contents[5];

    (void)state;
    made_packed_gzip(plain, &contents[0]);
    made_packed_xz_file(plain, &contents[1]);
    made_packed_elf(plain, (struct wh_bytes){id, sizeof id}, &contents[2]);
    made_packed_archive(MADE_PYTHON_1, &contents[3]);
    made_packed_archive(MADE_PYTHON_2, &contents[4]);
    made_packed_as_symbols(&contents[4]);
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct made_packed *fresh = &contents[i];
        wh_cleanup(made_change_clear) struct made_change change;
        size_t length = fresh->bytes.length;
        made_change(NULL, fresh, &change);
        struct wh_bytes form = wh_buffer_bytes(&change.fresh.plain);
        for (size_t other = 1; other < length; other += other + 9 < length ? 9 : 1) {
            fresh->bytes.length = other;
            REFUSED(
                WH_MALFORMED, "another length", remake(&change.recipe, NULL, form, fresh, &err));
        }
        fresh->bytes.length = length + 1;
        REFUSED(WH_MALFORMED, "another length", remake(&change.recipe, NULL, form, fresh, &err));
        fresh->bytes.length = length;
        OK(remake(&change.recipe, NULL, form, fresh, &err));
        made_packed_clear(fresh);
    }
}

static void refuses_streams_that_nothing_makes(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed gzip;
    wh_cleanup(made_change_clear) struct made_change change;

    (void)state;
    made_packed_gzip(text("what is in it"), &gzip);
    made_change(NULL, &gzip, &change);
    struct wh_bytes form = wh_buffer_bytes(&change.fresh.plain);
    struct wh_new_stream *stream = change.recipe.new_streams;
    const struct wh_new_stream right = *stream;
    const struct {
        const char *why;
        wh_status status;
        struct wh_new_stream stream;
    } rows[] = {
        {"coder 0 is not known", WH_UNSUPPORTED, {10, 13, 0, right.parameters}},
        {"coder 99 is not known", WH_UNSUPPORTED, {10, 13, 99, right.parameters}},
        {"behind the content", WH_MALFORMED, {19, 13, WH_CODER_DEFLATE, right.parameters}},
        {"behind the content", WH_MALFORMED,
            {WH_CONTENT_MAX, 13, WH_CODER_DEFLATE, right.parameters}},
        {"cut short", WH_MALFORMED, {10, 13, WH_CODER_DEFLATE, {0}}},
        {"garbled", WH_MALFORMED, {10, 13, WH_CODER_XZ, right.parameters}},
        {"", WH_MALFORMED, {10, 13, WH_CODER_TOKENS, right.parameters}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        *stream = rows[i].stream;
        REFUSED(rows[i].status, rows[i].why, remake(&change.recipe, NULL, form, &gzip, &err));
    }
    *stream = right;
    OK(remake(&change.recipe, NULL, form, &gzip, &err));
}

/* Whatever the bytes say, something comes of it, or a refusal. */
static void survives_any_changed_byte(void **state)
{
    static const uint8_t id[20] = {9};
    struct made_packed old[3];
    struct made_packed fresh[3];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct made_packed *side = i ? fresh : old;
        made_packed_archive(i ? MADE_PYTHON_2 : MADE_PYTHON_1, &side[0]);
        made_packed_gzip(text(i ? "in it" : "what is in it"), &side[1]);
        made_packed_elf(text(i ? "in it" : "what is in it"), (struct wh_bytes){id, 20}, &side[2]);
    }
    for (size_t i = 0; i < COUNT(old); i++) {
        wh_cleanup(made_change_clear) struct made_change change;
        wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
        size_t refused = 0;
        made_change(&old[i], &fresh[i], &change);
        wh_recipe_write(&change.recipe, &spelled);
        for (size_t at = 0; at < spelled.length; at++)
            for (int bit = 0; bit < 8; bit++) {
                wh_cleanup(clear_recipe) struct wh_recipe read = {0};
                wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};
                uint64_t lengths[MADE_PACKED_MAX + 1];
                wh_autofree uint8_t *made = malloc(fresh[i].bytes.length);
                const struct wh_container container = {made, fresh[i].bytes.length, {0}};
                struct wh_error err;
                uint64_t total = 0;
                assert_non_null(made);
                spelled.data[at] ^= (uint8_t)(1 << bit);
                wh_status status = read_all(wh_buffer_bytes(&spelled), &read, &err);
                if (status == WH_OK && read.new_count <= MADE_PACKED_MAX)
                    status = unpack(&read, &old[i], ROOM, &unpacked, &err);
                if (status == WH_OK && read.new_count <= MADE_PACKED_MAX)
                    status = wh_recipe_lengths(&read, &unpacked, ROOM, lengths, &total, &err);
                if (status == WH_OK && total == change.fresh.plain.length)
                    status = wh_pack(
                        &read, wh_buffer_bytes(&change.fresh.plain), lengths, &container, &err);
                refused += status != WH_OK;
                spelled.data[at] ^= (uint8_t)(1 << bit);
            }
        assert_true(refused > spelled.length); /* the others change costs, and the like */
        made_packed_clear(&old[i]);
        made_packed_clear(&fresh[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_come_back),
        cmocka_unit_test(recipes_out_of_their_ranges),
        cmocka_unit_test(counts_that_no_bytes_back),
        cmocka_unit_test(as_many_streams_as_there_may_be),
        cmocka_unit_test(every_content_from_every_other),
        cmocka_unit_test(outer_bytes_do_not_change_with_a_stream),
        cmocka_unit_test(several_streams_that_grow_and_shrink),
        cmocka_unit_test(refuses_streams_that_are_not_there),
        cmocka_unit_test(refuses_a_base_without_the_streams),
        cmocka_unit_test(the_plain_form_has_a_ceiling),
        cmocka_unit_test(a_bomb_is_found_out),
        cmocka_unit_test(many_streams_have_one_ceiling),
        cmocka_unit_test(as_many_streams_are_taken_apart),
        cmocka_unit_test(lengths_are_the_older_ones_and_growth),
        cmocka_unit_test(refuses_lengths_that_cannot_be),
        cmocka_unit_test(refuses_a_content_of_another_length),
        cmocka_unit_test(refuses_streams_that_nothing_makes),
        cmocka_unit_test(survives_any_changed_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
