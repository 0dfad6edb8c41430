/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counterpart.c - see counterpart.h. */
#include "counterpart.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "differences.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* A file under one of its names. */
struct named {
    uint64_t key; /* of the name */
    uint64_t size;
    uint32_t file;
    enum wh_file_class class;
};

enum naming { BY_FOLDED_FOLDER, BY_FOLDED_PATH, BY_BASENAME, BY_FOLDED_BASENAME, NAMINGS };

struct wh_counterparts {
    const struct wh_header *header;
    const struct wh_file_map *map;
    uint32_t count;               /* files that may be bases: the same in every naming */
    struct named *names[NAMINGS]; /* by key, class, size */
};

/* ---- names --------------------------------------------------------------------------------- */

#define KEY_START 0xcbf29ce484222325u

/* FNV-1a. Two names of one key would only lead to a bad base. */
static uint64_t add_byte(uint64_t key, char byte)
{
    return (key ^ (uint8_t)byte) * 0x100000001b3u;
}

static uint64_t add_text(uint64_t key, const char *text)
{
    for (; *text; text++)
        key = add_byte(key, *text);
    return key;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Digits, and dots between digits: 1.22.3 */
static const char *skip_number(const char *at)
{
    if (!is_digit(*at))
        return at;
    while (is_digit(*at) || (*at == '.' && is_digit(at[1])))
        at++;
    return at;
}

/* The end of the hash that begins here, or `at`. */
static const char *skip_hash(const char *at)
{
    enum { SHORTEST = 6 };
    const char *end = at;
    bool digits = false;
    bool letters = false;

    for (; is_digit(*end) || (*end >= 'a' && *end <= 'f'); end++) {
        digits |= is_digit(*end);
        letters |= !is_digit(*end);
    }
    return digits && letters && end - at >= SHORTEST && !is_letter(*end) ? end : at;
}

/* Every number and every hash counts as one '0'. */
static uint64_t add_folded(uint64_t key, const char *text)
{
    bool begins_word = true;

    while (*text) {
        const char *end = begins_word ? skip_hash(text) : text;
        if (end == text)
            end = skip_number(text);
        begins_word = end == text && !is_letter(*text);
        key = add_byte(key, end == text ? *text++ : '0');
        if (end > text)
            text = end;
    }
    return key;
}

uint64_t wh_folded_key(const char *dirname, const char *basename)
{
    return add_folded(add_folded(KEY_START, dirname), basename);
}

static uint64_t key_of(const struct wh_file *file, enum naming naming)
{
    switch (naming) {
    case BY_FOLDED_FOLDER:
        return add_text(add_folded(KEY_START, file->dirname), file->basename);
    case BY_FOLDED_PATH:
        return wh_folded_key(file->dirname, file->basename);
    case BY_BASENAME:
        return add_text(KEY_START, file->basename);
    case BY_FOLDED_BASENAME:
    case NAMINGS:
        break;
    }
    return wh_folded_key("", file->basename);
}

/* ---- the files ----------------------------------------------------------------------------- */

bool wh_is_base(const struct wh_file *file)
{
    return S_ISREG(file->mode) && !(file->flags & WH_FILE_GHOST) && file->size > 0 &&
           file->size <= WH_CONTENT_MAX;
}

static int order_names(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return (a->file > b->file) - (a->file < b->file);
}

static wh_status fill_naming(
    struct wh_counterparts *counterparts, enum naming naming, struct wh_error *err)
{
    const struct wh_header *header = counterparts->header;
    struct named *names = wh_array(
        header->file_count, sizeof *names, WH_FILES_MAX * sizeof *names, err);
    uint32_t count = 0;

    if (!names)
        return wh_no_memory(err);
    counterparts->names[naming] = names;
    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        if (wh_is_base(file))
            names[count++] = (struct named){
                key_of(file, naming), file->size, i, wh_file_class(file)};
    }
    qsort(names, count, sizeof *names, order_names);
    counterparts->count = count;
    return WH_OK;
}

wh_status wh_counterparts_new(const struct wh_header *old_header, const struct wh_file_map *old_map,
    struct wh_counterparts **out_counterparts, struct wh_error *err)
{
    wh_cleanup(wh_counterparts_cleanup) struct wh_counterparts *counterparts = calloc(
        1, sizeof *counterparts);

    if (!counterparts)
        return wh_no_memory(err);
    counterparts->header = old_header;
    counterparts->map = old_map;
    for (enum naming i = 0; i < NAMINGS; i++)
        WH_TRY(fill_naming(counterparts, i, err));
    *out_counterparts = wh_take(counterparts);
    return WH_OK;
}

void wh_counterparts_free(struct wh_counterparts *counterparts)
{
    if (!counterparts)
        return;
    for (int i = 0; i < NAMINGS; i++)
        free(counterparts->names[i]);
    free(counterparts);
}

void wh_counterparts_cleanup(struct wh_counterparts **counterparts)
{
    wh_counterparts_free(*counterparts);
}

/* ---- finding ------------------------------------------------------------------------------- */

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Keeps the closest ones, of equally close ones the first in the file list. */
static void offer(const struct wh_counterparts *counterparts, const struct named *named,
    uint64_t size, struct wh_candidates *candidates)
{
    const struct wh_file *files = counterparts->header->files;
    uint64_t far = distance(named->size, size);
    uint32_t at = candidates->count;

    for (; at > 0; at--) {
        uint32_t before = candidates->files[at - 1];
        uint64_t other = distance(files[before].size, size);
        if (other < far || (other == far && before < named->file))
            break;
    }
    if (at == WH_CANDIDATES_MAX)
        return;
    if (candidates->count < WH_CANDIDATES_MAX)
        candidates->count++;
    for (uint32_t i = candidates->count - 1; i > at; i--)
        candidates->files[i] = candidates->files[i - 1];
    candidates->files[at] = named->file;
}

/* Those next to the place where the key, class and size would be. */
static void offer_around(const struct wh_counterparts *counterparts, enum naming naming,
    const struct named *sought, struct wh_candidates *candidates)
{
    const struct named *names = counterparts->names[naming];
    uint32_t low = 0;
    uint32_t high = counterparts->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (order_names(&names[middle], sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = 0; i < WH_CANDIDATES_MAX && low + i < counterparts->count; i++) {
        const struct named *named = &names[low + i];
        if (named->key != sought->key || named->class != sought->class)
            break;
        offer(counterparts, named, sought->size, candidates);
    }
    for (uint32_t i = 1; i <= WH_CANDIDATES_MAX && i <= low; i++) {
        const struct named *named = &names[low - i];
        if (named->key != sought->key || named->class != sought->class)
            break;
        offer(counterparts, named, sought->size, candidates);
    }
}

void wh_counterparts_find(const struct wh_counterparts *counterparts, const struct wh_file *file,
    struct wh_candidates *out_candidates)
{
    const struct wh_file *files = counterparts->header->files;
    enum wh_file_class class = wh_file_class(file);
    uint32_t same = wh_file_map_path(counterparts->map, file->dirname, file->basename);

    *out_candidates = (struct wh_candidates){0};
    if (same != WH_NO_FILE && wh_is_base(&files[same]) &&
        wh_class_may_use(class, wh_file_class(&files[same]))) {
        *out_candidates = (struct wh_candidates){{same}, 1};
        return;
    }
    for (enum naming i = 0; i < NAMINGS && out_candidates->count == 0; i++) {
        for (enum wh_file_class old = 0; old < WH_CLASSES; old++) {
            struct named sought = {key_of(file, i), file->size, 0, old};
            if (wh_class_may_use(class, old))
                offer_around(counterparts, i, &sought, out_candidates);
        }
    }
}
