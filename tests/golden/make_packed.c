/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_packed.c - vectors of steps with recipes, good and bad, over an older package of their own.
 */
#include <string.h>

#include "made_deflate.h"
#include "make.h"
#include "need.h"
#include "packed_pair.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

static void put(
    const char *name, const struct packed_pair *pair, const struct sample_coding *coding)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    sample_step_coded(&pair->old, &pair->fresh, coding, &step);
    golden_save_buffer(name, &step);
}

static void put_old(const struct sample *old)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_error err;

    golden_must(
        wh_frame_write(wh_buffer_bytes(&old->payload), (struct wh_bytes){0}, 19, &frame, &err),
        &err);
    golden_save_buffer("packed-old.prefix", &old->prefix);
    golden_save_buffer("packed-old.payload.zst", &frame);
}

static void put_steps(const struct packed_pair *pair)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_ZIP, PACKED_TEXT, PACKED_ELF,
        PACKED_ONCE_TEXT, PACKED_FRESH, PACKED_XZ, NULL};
    struct sample_coding coding = packed_pair_coding(pair);

    put("step-packed.wht", pair, &coding);
    coding.together = together;
    put("step-packed-together.wht", pair, &coding);
    coding.patches = true;
    put("step-packed-patches-together.wht", pair, &coding);
    coding.together = NULL;
    put("step-packed-patches.wht", pair, &coding);
}

/* ---- streams of other encoders --------------------------------------------------------------- */

/* One gzip file each, that no older file is like; as departures from a model, and as symbols. */
static void put_encoders(const struct packed_pair *pair)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    static const char *const paths[MADE_DEFLATES] = {"/usr/g/0.gz", "/usr/g/1.gz", "/usr/g/2.gz",
        "/usr/g/3.gz", "/usr/g/4.gz", "/usr/g/5.gz", "/usr/g/6.gz", "/usr/g/7.gz", "/usr/g/8.gz"};
    struct made_packed packed[MADE_DEFLATES];
    struct made_change changes[MADE_DEFLATES];
    struct sample_packed rows[MADE_DEFLATES];
    struct sample_file files[MADE_DEFLATES];
    struct wh_bytes contents[MADE_DEFLATES];
    const struct sample_options options = {.reserved = 400, .contents = contents};
    struct sample fresh;

    for (int i = 0; i < MADE_DEFLATES; i++) {
        made_packed_init(WH_PACKING_GZIP, &packed[i]);
        made_packed_outer(&packed[i], head, sizeof head);
        made_packed_deflated(&packed[i], made_deflates[i].packed);
        made_packed_outer(&packed[i], "trailer.", 8);
        files[i] = (struct sample_file){paths[i], "", 0, 0, 0, NULL, 0};
        contents[i] = wh_buffer_bytes(&packed[i].bytes);
    }
    sample_make(&fresh, "3", files, MADE_DEFLATES, &options);
    for (int symbols = 0; symbols < 2; symbols++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
        for (int i = 0; i < MADE_DEFLATES; i++) {
            if (symbols)
                made_packed_as_symbols(&packed[i]);
            made_change(NULL, &packed[i], &changes[i]);
            rows[i] = (struct sample_packed){.path = paths[i],
                .recipe = &changes[i].recipe,
                .content = wh_buffer_bytes(&changes[i].fresh.plain)};
        }
        const struct sample_coding coding = {.packed = rows, .packed_count = MADE_DEFLATES};
        sample_step_coded(&pair->old, &fresh, &coding, &step);
        golden_save_buffer(
            symbols ? "step-packed-symbols.wht" : "step-packed-departures.wht", &step);
        for (int i = 0; i < MADE_DEFLATES; i++)
            made_change_clear(&changes[i]);
    }
    sample_clear(&fresh);
    for (int i = 0; i < MADE_DEFLATES; i++)
        made_packed_clear(&packed[i]);
}

/* ---- bad recipes ---------------------------------------------------------------------------- */

static void put_bad_sums(const struct packed_pair *pair)
{
    static const char *const together[] = {PACKED_GZIP, PACKED_TEXT, NULL};
    static const struct {
        const char *name;
        int64_t bases, contents;
    } rows[] = {
        {"bad-packed-bases-more.wht", 1, 0},
        {"bad-packed-bases-fewer.wht", -1, 0},
        {"bad-packed-contents-more.wht", 0, 1},
        {"bad-packed-contents-fewer.wht", 0, -1},
        {"bad-packed-bases-over-limit.wht", (int64_t)1 << 31, 0},
        {"bad-packed-contents-over-limit.wht", 0, (int64_t)1 << 31},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample_coding coding = packed_pair_coding(pair);
        coding.together = together;
        coding.bases_off = rows[i].bases;
        coding.contents_off = rows[i].contents;
        put(rows[i].name, pair, &coding);
    }
}

/* The recipe of one gzip file over another, changed in one place. */
static void put_bad_recipe(const char *name, const struct packed_pair *pair, const char *path,
    const struct wh_recipe *changed)
{
    struct sample_packed row = pair->rows[PACKED_AT_GZIP];
    const struct sample_coding coding = {.packed = &row, .packed_count = 1};

    row.path = path;
    row.recipe = changed;
    put(name, pair, &coding);
}

static void put_bad_recipes(const struct packed_pair *pair)
{
    static const uint8_t unknown_row[] = {99, 8};
    static const uint8_t unknown_blocks[] = {6, 11};
    static const uint8_t padded[] = {6, 0x88, 0};
    static const uint8_t departs[] = {6, 8, 0, 0, 0}; /* from a literal to itself */
    const struct wh_recipe right = *pair->rows[PACKED_AT_GZIP].recipe;
    struct wh_old_stream older = right.old_streams[0];
    struct wh_new_stream newer = right.new_streams[0];
    struct wh_recipe recipe = right;

    recipe.old_streams = &older;
    recipe.new_streams = &newer;
#define BAD(name, change, undo)                                                                    \
    do {                                                                                           \
        change;                                                                                    \
        put_bad_recipe("bad-packed-" name ".wht", pair, PACKED_GZIP, &recipe);                     \
        undo;                                                                                      \
    } while (0)
    BAD("unknown-coder", newer.coder = 77, newer = right.new_streams[0]);
    BAD("unknown-older-coder", older.coder = 77, older = right.old_streams[0]);
    BAD("growth-below-zero", newer.growth = -(int64_t)WH_CONTENT_MAX, newer = right.new_streams[0]);
    BAD("outer-growth-below-zero", recipe.outer_growth = -19,
        recipe.outer_growth = right.outer_growth);
    BAD("growth-more", newer.growth++, newer = right.new_streams[0]);
    BAD("growth-less", newer.growth--, newer = right.new_streams[0]);
    BAD("stream-behind-end", newer.before = 19, newer = right.new_streams[0]);
    BAD("older-stream-behind-end", older.before = 1000, older = right.old_streams[0]);
    BAD("older-stream-elsewhere", older.before = 0, older = right.old_streams[0]);
    BAD("packs-nothing", recipe.new_count = 0, recipe.new_count = 1);
    BAD("unknown-packing", recipe.packing = (enum wh_packing)5, recipe.packing = right.packing);
    BAD("packing-of-none", recipe.packing = WH_PACKING_NONE, recipe.packing = right.packing);
    BAD("another-packing", recipe.packing = WH_PACKING_XZ, recipe.packing = right.packing);
    BAD("without-parameters", newer.parameters.length = 0, newer = right.new_streams[0]);
    BAD("parameters-padded", newer.parameters = ((struct wh_bytes){padded, sizeof padded}),
        newer = right.new_streams[0]);
    BAD("unknown-row", newer.parameters = ((struct wh_bytes){unknown_row, sizeof unknown_row}),
        newer = right.new_streams[0]);
    BAD("unknown-blocks",
        newer.parameters = ((struct wh_bytes){unknown_blocks, sizeof unknown_blocks}),
        newer = right.new_streams[0]);
    BAD("departure-that-is-none", newer.parameters = ((struct wh_bytes){departs, sizeof departs}),
        newer = right.new_streams[0]);
#undef BAD
    put_bad_recipe("bad-packed-without-base.wht", pair, PACKED_FRESH, &right);
}

void golden_put_packed(void)
{
    struct packed_pair pair;

    packed_pair_make(&pair);
    put_old(&pair.old);
    put_steps(&pair);
    put_encoders(&pair);
    put_bad_sums(&pair);
    put_bad_recipes(&pair);
    packed_pair_clear(&pair);
}
