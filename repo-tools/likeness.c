/* SPDX-License-Identifier: GPL-2.0-or-later */
/* likeness.c - see likeness.h. */
#include "likeness.h"

#include <stdlib.h>
#include <string.h>

#include "counterpart.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* All hashes of all sketches come to so many, and every file has at least a few. */
#define HASHES_ENOUGH (1u << 21)
#define HASHES_LEAST 4u
/* Files that are looked at for one hash: what more have tells little. */
#define FILES_A_HASH 16u
/* Files whose sketches are laid beside the content's. */
#define FINALISTS 4u

/* One content of the older version, under the first of its names. */
struct sketched {
    uint32_t file;
    enum wh_file_class class;
    uint64_t first; /* of its hashes */
    uint32_t count;
    bool complete;
};

struct posting {
    uint64_t hash;
    uint32_t number; /* of the content: they are numbered by class, plain ones first */
};

struct wh_likeness {
    const struct wh_package_file *origin;
    struct sketched *contents;
    uint32_t count;
    uint32_t most; /* hashes a content */
    uint64_t *hashes;
    uint64_t hash_count;
    struct posting *postings; /* by hash, then number; one a hash of a content */
};

bool wh_is_comparable(struct wh_bytes content)
{
    return content.length >= WH_COMPARABLE_MIN && !wh_is_compressed(content);
}

/* ---- building ------------------------------------------------------------------------------ */

/* Equal contents of one class side by side, the classes apart. */
static int order_contents(const void *left, const void *right, void *context)
{
    const struct wh_file *files = context;
    const struct sketched *a = left;
    const struct sketched *b = right;

    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (files[a->file].size != files[b->file].size)
        return files[a->file].size < files[b->file].size ? -1 : 1;
    int order = strcmp(files[a->file].digest, files[b->file].digest);
    return order ? order : (a->file > b->file) - (a->file < b->file);
}

static bool is_same(const struct sketched *a, const struct sketched *b, const struct wh_file *files)
{
    const char *digest = files[a->file].digest;

    return a->class == b->class && files[a->file].size == files[b->file].size &&
           digest[0] != '\0' && strcmp(digest, files[b->file].digest) == 0;
}

static wh_status list_contents(struct wh_likeness *likeness, struct wh_error *err)
{
    const struct wh_header *header = likeness->origin->header;
    struct sketched *contents = wh_array(
        header->file_count, sizeof *contents, WH_FILES_MAX * sizeof *contents, err);
    uint32_t count = 0;

    if (!contents)
        return wh_no_memory(err);
    likeness->contents = contents;
    for (uint32_t i = 0; i < header->file_count; i++)
        if (wh_is_base(&header->files[i]) && header->files[i].size >= WH_COMPARABLE_MIN)
            contents[count++] = (struct sketched){
                .file = i, .class = wh_file_class(&header->files[i])};
    qsort_r(contents, count, sizeof *contents, order_contents, header->files);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || !is_same(&contents[likeness->count - 1], &contents[i], header->files))
            contents[likeness->count++] = contents[i];
    return WH_OK;
}

static void sketch_contents(struct wh_likeness *likeness)
{
    uint64_t looked_at = 0;

    for (uint32_t i = 0; i < likeness->count; i++) {
        struct sketched *sketched = &likeness->contents[i];
        struct wh_bytes content = wh_package_content(likeness->origin, sketched->file);
        struct wh_sketch sketch;
        if (!wh_is_comparable(content))
            continue;
        wh_sketch_make(content, likeness->most, &sketch);
        *sketched = (struct sketched){
            sketched->file, sketched->class, likeness->hash_count, sketch.count, sketch.complete};
        memcpy(likeness->hashes + likeness->hash_count, sketch.hashes,
            sketch.count * sizeof *sketch.hashes);
        likeness->hash_count += sketch.count;
        looked_at += content.length;
        if (looked_at >= WH_FORGET_AFTER) {
            wh_package_forget(likeness->origin);
            looked_at = 0;
        }
    }
    wh_package_forget(likeness->origin);
}

static int order_postings(const void *left, const void *right)
{
    const struct posting *a = left;
    const struct posting *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static wh_status fill_postings(struct wh_likeness *likeness, struct wh_error *err)
{
    struct posting *postings = wh_array(likeness->hash_count, sizeof *postings, SIZE_MAX, err);
    uint64_t count = 0;

    if (!postings)
        return wh_no_memory(err);
    likeness->postings = postings;
    for (uint32_t i = 0; i < likeness->count; i++)
        for (uint32_t k = 0; k < likeness->contents[i].count; k++)
            postings[count++] = (struct posting){
                likeness->hashes[likeness->contents[i].first + k], i};
    qsort(postings, count, sizeof *postings, order_postings);
    return WH_OK;
}

wh_status wh_likeness_new(
    const struct wh_package_file *origin, struct wh_likeness **out_likeness, struct wh_error *err)
{
    wh_cleanup(wh_likeness_cleanup) struct wh_likeness *likeness = calloc(1, sizeof *likeness);

    if (!likeness)
        return wh_no_memory(err);
    likeness->origin = origin;
    WH_TRY(list_contents(likeness, err));
    likeness->most = likeness->count > 0 ? HASHES_ENOUGH / likeness->count : 0;
    if (likeness->most < HASHES_LEAST)
        likeness->most = HASHES_LEAST;
    if (likeness->most > WH_SKETCH_MAX)
        likeness->most = WH_SKETCH_MAX;
    likeness->hashes = wh_array(
        (uint64_t)likeness->count * likeness->most, sizeof *likeness->hashes, SIZE_MAX, err);
    if (!likeness->hashes)
        return wh_no_memory(err);
    sketch_contents(likeness);
    WH_TRY(fill_postings(likeness, err));
    *out_likeness = wh_take(likeness);
    return WH_OK;
}

void wh_likeness_free(struct wh_likeness *likeness)
{
    if (!likeness)
        return;
    free(likeness->contents);
    free(likeness->hashes);
    free(likeness->postings);
    free(likeness);
}

void wh_likeness_cleanup(struct wh_likeness **likeness)
{
    wh_likeness_free(*likeness);
}

/* ---- finding ------------------------------------------------------------------------------- */

/* Contents that have a hash of the one that is sought, as often as they have. */
struct hits {
    uint32_t numbers[WH_SKETCH_MAX * FILES_A_HASH];
    uint32_t count;
};

static bool may_be_base(const struct wh_likeness *likeness, const struct sketched *sketched,
    uint64_t size, enum wh_file_class class)
{
    return wh_class_may_use(class, sketched->class) &&
           likeness->origin->header->files[sketched->file].size / WH_COMPARABLE_RATIO <= size;
}

static void collect(const struct wh_likeness *likeness, uint64_t hash, uint64_t size,
    enum wh_file_class class, struct hits *hits)
{
    uint64_t low = 0;
    uint64_t high = likeness->hash_count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (likeness->postings[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint64_t i = low; i < likeness->hash_count && i - low < FILES_A_HASH; i++) {
        if (likeness->postings[i].hash != hash)
            break;
        uint32_t number = likeness->postings[i].number;
        if (may_be_base(likeness, &likeness->contents[number], size, class))
            hits->numbers[hits->count++] = number;
    }
}

static int order_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Those with most hits, in no more than a few places. */
struct finalists {
    uint32_t numbers[FINALISTS];
    uint32_t hits[FINALISTS];
    uint32_t count;
};

static void enter(struct finalists *finalists, uint32_t number, uint32_t hits)
{
    uint32_t at = finalists->count;

    while (at > 0 && finalists->hits[at - 1] < hits)
        at--;
    if (at == FINALISTS)
        return;
    if (finalists->count < FINALISTS)
        finalists->count++;
    for (uint32_t i = finalists->count - 1; i > at; i--) {
        finalists->numbers[i] = finalists->numbers[i - 1];
        finalists->hits[i] = finalists->hits[i - 1];
    }
    finalists->numbers[at] = number;
    finalists->hits[at] = hits;
}

static struct finalists choose_finalists(struct hits *hits)
{
    struct finalists finalists = {0};
    uint32_t begin = 0;

    qsort(hits->numbers, hits->count, sizeof *hits->numbers, order_numbers);
    for (uint32_t i = 1; i <= hits->count; i++) {
        if (i < hits->count && hits->numbers[i] == hits->numbers[begin])
            continue;
        enter(&finalists, hits->numbers[begin], i - begin);
        begin = i;
    }
    return finalists;
}

static struct wh_common compare(
    const struct wh_likeness *likeness, uint32_t number, const struct wh_sketch *content)
{
    const struct sketched *sketched = &likeness->contents[number];
    struct wh_sketch source = {.count = sketched->count, .complete = sketched->complete};

    memcpy(
        source.hashes, likeness->hashes + sketched->first, sketched->count * sizeof *source.hashes);
    return wh_sketch_compare(content, &source);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

struct wh_found wh_likeness_find(const struct wh_likeness *likeness,
    const struct wh_sketch *content, uint64_t size, enum wh_file_class class)
{
    const struct wh_file *files = likeness->origin->header->files;
    struct wh_found best = {.file = WH_NO_FILE};
    struct hits hits = {.count = 0};

    for (uint32_t i = 0; i < content->count; i++)
        collect(likeness, content->hashes[i], size, class, &hits);
    struct finalists finalists = choose_finalists(&hits);
    for (uint32_t i = 0; i < finalists.count; i++) {
        struct wh_found found = {likeness->contents[finalists.numbers[i]].file,
            compare(likeness, finalists.numbers[i], content)};
        uint32_t score = wh_common_score(found.common);
        uint32_t highest = wh_common_score(best.common);
        bool is_closer = best.file != WH_NO_FILE && distance(files[found.file].size, size) <
                                                        distance(files[best.file].size, size);
        if (best.file == WH_NO_FILE || score > highest || (score == highest && is_closer))
            best = found;
    }
    return best;
}
