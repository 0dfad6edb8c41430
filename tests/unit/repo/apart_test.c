/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apart_test.c - contents that are compressed themselves, taken apart by the publisher: what is
 * found out about them leads back to them. */
#include "unit.h"

#include <stdlib.h>

#include "made_deflate.h"
#include "made_packed.h"
#include "made_xz.h"
#include "packed/apart.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { ROOM = 1 << 21, MARGIN = 1 << 20 };

static struct wh_habits habits;
static const struct wh_apart_means usual = {.habits = &habits, .margin = MARGIN};
static const struct wh_apart_means without_liblzma = {
    .habits = &habits, .margin = MARGIN, .without_liblzma = true};

static struct wh_bytes text(const char *words)
{
    return (struct wh_bytes){(const uint8_t *)words, strlen(words)};
}

static void free_apart(struct wh_apart **apart)
{
    wh_apart_free(*apart);
}

static void clear_unpacked(struct wh_unpacked *unpacked)
{
    wh_unpacked_clear(unpacked);
}

static struct wh_whole whole(const struct made_packed *packed)
{
    if (!packed)
        return (struct wh_whole){0};
    return (struct wh_whole){wh_buffer_bytes(&packed->bytes), packed->build_id};
}

/* base NULL: none. */
static wh_status take_apart(const struct made_packed *base, const struct made_packed *content,
    const struct wh_apart_means *means, struct wh_apart **out, struct wh_error *err)
{
    const struct wh_whole old = whole(base);
    const struct wh_whole fresh = whole(content);

    return wh_apart_new(&old, &fresh, means, out, err);
}

/* What a client does with the recipe gives the content. */
static void leads_back(
    const struct wh_apart *apart, const struct made_packed *base, const struct made_packed *content)
{
    wh_autofree uint8_t *old = malloc(base ? base->bytes.length : 1);
    wh_autofree uint8_t *made = malloc(content->bytes.length);
    wh_autofree uint64_t *lengths = calloc(apart->recipe.new_count + 1, sizeof *lengths);
    wh_cleanup(clear_unpacked) struct wh_unpacked unpacked = {0};
    struct wh_container container = {old, base ? base->bytes.length : 0, {0}};
    const struct wh_container fresh = {made, content->bytes.length, content->build_id};
    uint64_t total;

    assert_true(old && made && lengths);
    if (base) {
        memcpy(old, base->bytes.data, base->bytes.length);
        container.build_id = base->build_id;
    }
    OK(wh_unpack(&apart->recipe, &container, ROOM, &unpacked, &err));
    OK(wh_recipe_lengths(&apart->recipe, &unpacked, ROOM, lengths, &total, &err));
    assert_int_equal(total, apart->content.plain.length);
    OK(wh_pack(&apart->recipe, wh_buffer_bytes(&apart->content.plain), lengths, &fresh, &err));
    assert_memory_equal(made, content->bytes.data, content->bytes.length);
    if (unpacked.plain.length == 0)
        return;
    assert_int_equal(unpacked.plain.length, apart->base.plain.length);
    assert_memory_equal(unpacked.plain.data, apart->base.plain.data, unpacked.plain.length);
}

static void same_recipe(const struct wh_recipe *a, const struct wh_recipe *b)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer left = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer right = {.ceiling = ROOM};

    wh_recipe_write(a, &left);
    wh_recipe_write(b, &right);
    assert_int_equal(left.length, right.length);
    assert_memory_equal(left.data, right.data, left.length);
}

/* ---- what is taken apart -------------------------------------------------------------------- */

enum { CONTENTS = MADE_ARCHIVES + 8 };

static const uint8_t ids[2][20] = {{1, 2, 3}, {4, 5, 6}};

static void make_contents(struct made_packed contents[CONTENTS])
{
    static uint8_t prose[2][20000];
    size_t count = 0;

    made_prose(prose[0], sizeof prose[0]);
    memcpy(prose[1], prose[0], sizeof prose[0]);
    memcpy(prose[1] + 5000, "something else", 14);
    for (int i = 0; i < MADE_ARCHIVES; i++)
        made_packed_archive(i, &contents[count++]);
    for (int i = 0; i < 2; i++) {
        struct wh_bytes plain = {prose[i], sizeof prose[i]};
        made_packed_gzip(plain, &contents[count++]);
        made_packed_xz_file(plain, &contents[count++]);
        made_packed_elf(plain, (struct wh_bytes){ids[i], 20}, &contents[count++]);
    }
    made_packed_text((struct wh_bytes){prose[0], sizeof prose[0]}, &contents[count++]);
    made_packed_gzip(text(""), &contents[count++]);
    assert_int_equal(count, CONTENTS);
}

static bool is_same(const struct made_packed *a, const struct made_packed *b)
{
    return a->bytes.length == b->bytes.length &&
           memcmp(a->bytes.data, b->bytes.data, a->bytes.length) == 0;
}

/* Of all packings; what it takes is the same each time. */
static void every_content_over_every_other(void **state)
{
    static struct made_packed contents[CONTENTS];
    size_t taken = 0;

    (void)state;
    make_contents(contents);
    for (size_t from = 0; from < CONTENTS; from++)
        for (size_t to = 0; to < CONTENTS; to++) {
            wh_cleanup(free_apart) struct wh_apart *apart = NULL;
            wh_cleanup(free_apart) struct wh_apart *again = NULL;
            bool is_nothing = is_same(&contents[from], &contents[to]) || !contents[to].packing;
            bool may_have_all = from < MADE_ARCHIVES && to < MADE_ARCHIVES; /* some do */
            struct wh_error why;
            wh_status status = take_apart(&contents[from], &contents[to], &usual, &apart, &why);
            if (is_nothing || (may_have_all && status == WH_UNSUPPORTED)) {
                assert_int_equal(status, WH_UNSUPPORTED);
                continue;
            }
            if (status != WH_OK)
                fail_msg("%zu over %zu: %s", to, from, why.message);
            leads_back(apart, &contents[from], &contents[to]);
            OK(take_apart(&contents[from], &contents[to], &usual, &again, &err));
            same_recipe(&again->recipe, &apart->recipe);
            taken++;
        }
    assert_true(taken > CONTENTS * (CONTENTS - 3));
    for (size_t i = 0; i < CONTENTS; i++)
        made_packed_clear(&contents[i]);
}

static void only_what_changed_is_made_again(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed old;
    wh_cleanup(made_packed_clear) struct made_packed fresh;
    wh_cleanup(free_apart) struct wh_apart *apart = NULL;

    (void)state;
    made_packed_archive(MADE_PYTHON_1, &old);
    made_packed_archive(MADE_PYTHON_2, &fresh);
    OK(take_apart(&old, &fresh, &usual, &apart, &err));
    assert_int_equal(apart->recipe.packing, WH_PACKING_ZIP);
    assert_int_equal(
        apart->shares.kept + apart->recipe.new_count, made_archives[MADE_PYTHON_2].count);
    assert_int_equal(apart->shares.predicted, apart->recipe.new_count);
    assert_int_equal(apart->shares.parameters, 2 * apart->recipe.new_count);
    assert_int_equal(apart->recipe.cpu_ms, 0);
    leads_back(apart, &old, &fresh);
}

static void what_liblzma_makes_costs(void **state)
{
    struct made_packed contents[2][2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        made_packed_xz_file(text(i ? "one" : "another"), &contents[0][i]);
        made_packed_elf(
            text(i ? "one" : "another"), (struct wh_bytes){ids[i], 20}, &contents[1][i]);
    }
    for (size_t row = 0; row < COUNT(contents); row++) {
        wh_cleanup(free_apart) struct wh_apart *apart = NULL;
        OK(take_apart(&contents[row][0], &contents[row][1], &usual, &apart, &err));
        assert_int_equal(apart->shares.liblzma, 1);
        assert_true(apart->recipe.cpu_ms > 0);
        assert_int_equal(wh_apart_is_debugdata(apart), row == 1);
        REFUSED(WH_UNSUPPORTED, "encoded with LZMA",
            take_apart(&contents[row][0], &contents[row][1], &without_liblzma, &apart, &err));
        REFUSED(WH_UNSUPPORTED, "encoded with LZMA",
            take_apart(NULL, &contents[row][1], &usual, &apart, &err));
        made_packed_clear(&contents[row][0]);
        made_packed_clear(&contents[row][1]);
    }
}

static void deflate_needs_no_base_and_no_liblzma(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed gzip;
    wh_cleanup(made_packed_clear) struct made_packed zip;
    const struct made_packed *contents[] = {&gzip, &zip};

    (void)state;
    made_packed_gzip(text("what is in it"), &gzip);
    made_packed_archive(MADE_PYTHON_1, &zip);
    for (size_t i = 0; i < COUNT(contents); i++) {
        wh_cleanup(free_apart) struct wh_apart *apart = NULL;
        OK(take_apart(NULL, contents[i], &without_liblzma, &apart, &err));
        assert_int_equal(apart->recipe.old_count, 0);
        assert_int_equal(apart->base.plain.length, 0);
        leads_back(apart, NULL, contents[i]);
    }
}

/* Bases of another packing, or of none, are bases as they are. */
static void a_base_of_another_packing(void **state)
{
    struct made_packed bases[3];
    wh_cleanup(made_packed_clear) struct made_packed fresh;

    (void)state;
    made_packed_xz_file(text("what is in it"), &bases[0]);
    made_packed_text(text("what is in it"), &bases[1]);
    made_packed_archive(MADE_PYTHON_1, &bases[2]);
    made_packed_gzip(text("what is in it now"), &fresh);
    for (size_t i = 0; i < COUNT(bases); i++) {
        wh_cleanup(free_apart) struct wh_apart *apart = NULL;
        OK(take_apart(&bases[i], &fresh, &usual, &apart, &err));
        assert_int_equal(apart->recipe.packing, WH_PACKING_GZIP);
        assert_int_equal(apart->recipe.old_count, 0);
        assert_int_equal(apart->base.plain.length, bases[i].bytes.length);
        assert_memory_equal(apart->base.plain.data, bases[i].bytes.data, bases[i].bytes.length);
        leads_back(apart, &bases[i], &fresh);
        made_packed_clear(&bases[i]);
    }
}

static void the_base_can_be_dropped(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed old;
    wh_cleanup(made_packed_clear) struct made_packed fresh;
    wh_cleanup(free_apart) struct wh_apart *apart = NULL;

    (void)state;
    made_packed_archive(MADE_PYTHON_1, &old);
    made_packed_archive(MADE_PYTHON_2, &fresh);
    OK(take_apart(&old, &fresh, &usual, &apart, &err));
    assert_true(apart->recipe.old_count > 0);
    wh_apart_drop_base(apart);
    assert_int_equal(apart->recipe.old_count, 0);
    leads_back(apart, NULL, &fresh);
}

/* Each of these encoders is modelled, or departs from the model, or is spelled as symbols. */
static void gzip_files_of_many_encoders(void **state)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    wh_cleanup(made_packed_clear) struct made_packed old;
    uint32_t predicted = 0;
    uint32_t others = 0;

    (void)state;
    made_packed_gzip(text("what is in it"), &old);
    for (int i = 0; i < MADE_DEFLATES; i++) {
        wh_cleanup(made_packed_clear) struct made_packed fresh;
        wh_cleanup(free_apart) struct wh_apart *apart = NULL;
        wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = ROOM};
        const struct wh_coder *deflate = wh_coder_find(WH_CODER_DEFLATE);
        size_t length;
        OK(deflate->unpack(made_deflates[i].packed, &plain, &length, &err));
        wh_cleanup(made_packed_clear) struct made_packed alike;
        made_packed_gzip(wh_buffer_bytes(&plain), &alike); /* with its trailer */
        made_packed_init(WH_PACKING_GZIP, &fresh);
        made_packed_outer(&fresh, head, sizeof head);
        made_packed_outer(&fresh, made_deflates[i].packed.data, made_deflates[i].packed.length);
        made_packed_outer(&fresh, alike.bytes.data + alike.bytes.length - 8, 8);
        OK(take_apart(&old, &fresh, &usual, &apart, &err));
        leads_back(apart, &old, &fresh);
        assert_int_equal(apart->recipe.new_count, 1);
        assert_int_equal(
            apart->shares.predicted + apart->shares.departing + apart->shares.tokens, 1);
        predicted += apart->shares.predicted;
        others += apart->shares.departing + apart->shares.tokens;
    }
    assert_true(predicted > 0 && others > 0);
}

/* ---- what is not ---------------------------------------------------------------------------- */

static void what_is_not_taken_apart(void **state)
{
    wh_cleanup(made_packed_clear) struct made_packed plain;
    wh_cleanup(made_packed_clear) struct made_packed gzip;
    wh_cleanup(free_apart) struct wh_apart *apart = NULL;

    (void)state;
    made_packed_text(text("a text"), &plain);
    made_packed_gzip(text("what is in it"), &gzip);
    REFUSED(WH_UNSUPPORTED, "is not compressed", take_apart(&gzip, &plain, &usual, &apart, &err));
    REFUSED(
        WH_UNSUPPORTED, "no stream that changed", take_apart(&gzip, &gzip, &usual, &apart, &err));
    for (size_t at = gzip.bytes.length - 8; at < gzip.bytes.length; at++) {
        gzip.bytes.data[at] ^= 1; /* a sum that is wrong */
        REFUSED(WH_UNSUPPORTED, "", take_apart(&plain, &gzip, &usual, &apart, &err));
        gzip.bytes.data[at] ^= 1;
    }
    assert_null(apart);
}

/* A plain form that is so much larger would have to be held by every client. */
static void plain_forms_have_a_limit(void **state)
{
    enum { LONG = 100000 };
    wh_autofree uint8_t *zeros = calloc(LONG, 1);
    struct wh_apart_means means = usual;
    struct made_packed pairs[2][2];

    (void)state;
    assert_non_null(zeros);
    for (int i = 0; i < 2; i++) {
        struct wh_bytes plain = {zeros, LONG - (size_t)i};
        made_packed_gzip(plain, &pairs[0][i]);
        made_packed_xz_file(plain, &pairs[1][i]);
    }
    for (size_t i = 0; i < COUNT(pairs); i++) {
        wh_cleanup(free_apart) struct wh_apart *apart = NULL;
        means.margin = LONG - 1000;
        REFUSED(WH_OVER_LIMIT, "more than",
            take_apart(&pairs[i][0], &pairs[i][1], &means, &apart, &err));
        means.margin = LONG;
        OK(take_apart(&pairs[i][0], &pairs[i][1], &means, &apart, &err));
        made_packed_clear(&pairs[i][0]);
        made_packed_clear(&pairs[i][1]);
    }
}

/* Whatever the bytes are: what is taken apart leads back to them. */
static void damaged_contents_lead_back_too(void **state)
{
    static struct made_packed contents[CONTENTS];
    static const size_t chosen[] = {MADE_PYTHON_1, MADE_STREAMED, MADE_GZIP, MADE_ARCHIVES + 2};
    size_t taken = 0;

    (void)state;
    make_contents(contents);
    for (size_t i = 0; i < COUNT(chosen); i++) {
        struct made_packed *content = &contents[chosen[i]];
        size_t step = content->bytes.length / 100 + 1;
        const struct made_packed *base = &contents[(chosen[i] + 3) % CONTENTS];
        for (size_t at = 0; at < content->bytes.length; at += step) {
            wh_cleanup(free_apart) struct wh_apart *apart = NULL;
            struct wh_error err;
            content->bytes.data[at] ^= 0x21;
            wh_status status = take_apart(base, content, &usual, &apart, &err);
            if (status == WH_OK)
                leads_back(apart, base, content);
            else
                assert_true(status == WH_UNSUPPORTED || status == WH_OVER_LIMIT);
            taken += status == WH_OK;
            content->bytes.data[at] ^= 0x21;
        }
    }
    assert_true(taken > 50);
    for (size_t i = 0; i < CONTENTS; i++)
        made_packed_clear(&contents[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_content_over_every_other),
        cmocka_unit_test(only_what_changed_is_made_again),
        cmocka_unit_test(what_liblzma_makes_costs),
        cmocka_unit_test(deflate_needs_no_base_and_no_liblzma),
        cmocka_unit_test(a_base_of_another_packing),
        cmocka_unit_test(the_base_can_be_dropped),
        cmocka_unit_test(gzip_files_of_many_encoders),
        cmocka_unit_test(what_is_not_taken_apart),
        cmocka_unit_test(plain_forms_have_a_limit),
        cmocka_unit_test(damaged_contents_lead_back_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
