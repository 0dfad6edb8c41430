/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packed_pair.c - see packed_pair.h. */
#include "packed_pair.h"

#include <string.h>

#include "need.h"
#include "whittle/cleanup.h"

#define LINE "a line that stays as it is, and one more time as it is\n"
#define BUILD_ID_FOLDER "/usr/lib/.build-id/"
#define ZEROS "0000000000000000000000000000000000"
#define BUILD_ID_TARGET "../../../.." PACKED_ELF

enum { ID_LENGTH = 20 };

/* As the links of both versions tell them. */
static const uint8_t build_ids[2][ID_LENGTH] = {{0xab, 0xcd, 0x01}, {0xab, 0xce, 0x02}};

static const char *const paths[PACKED_ROWS] = {
    [PACKED_AT_GZIP] = PACKED_GZIP,
    [PACKED_AT_ZIP] = PACKED_ZIP,
    [PACKED_AT_XZ] = PACKED_XZ,
    [PACKED_AT_ELF] = PACKED_ELF,
    [PACKED_AT_LINK] = PACKED_LINK,
    [PACKED_AT_CONFIG] = PACKED_CONFIG,
    [PACKED_AT_FRESH] = PACKED_FRESH,
    [PACKED_AT_ONCE_TEXT] = PACKED_ONCE_TEXT,
};

static struct wh_bytes words(const char *text)
{
    return (struct wh_bytes){(const uint8_t *)text, strlen(text)};
}

static void make_bases(struct made_packed *bases)
{
    made_packed_gzip(words(LINE "page 1\n" LINE LINE), &bases[PACKED_AT_GZIP]);
    made_packed_archive(MADE_PYTHON_1, &bases[PACKED_AT_ZIP]);
    made_packed_xz_file(words(LINE LINE "module 1" LINE), &bases[PACKED_AT_XZ]);
    made_packed_elf(words(LINE "symbols of 1\n" LINE), (struct wh_bytes){build_ids[0], ID_LENGTH},
        &bases[PACKED_AT_ELF]);
    made_packed_gzip(words("linked 1 " LINE), &bases[PACKED_AT_LINK]);
    made_packed_gzip(words("setting = 1\n" LINE), &bases[PACKED_AT_CONFIG]);
    made_packed_text(words(LINE "a text, once\n"), &bases[PACKED_AT_ONCE_TEXT]);
}

static void make_contents(struct made_packed *contents)
{
    made_packed_gzip(words(LINE "page 2, longer\n" LINE LINE LINE), &contents[PACKED_AT_GZIP]);
    made_packed_archive(MADE_PYTHON_2, &contents[PACKED_AT_ZIP]);
    made_packed_xz_file(words(LINE LINE "module 2 is longer" LINE), &contents[PACKED_AT_XZ]);
    made_packed_elf(words(LINE "symbols of 2, more of them\n" LINE),
        (struct wh_bytes){build_ids[1], ID_LENGTH}, &contents[PACKED_AT_ELF]);
    made_packed_gzip(words("linked 2 " LINE), &contents[PACKED_AT_LINK]);
    made_packed_as_symbols(&contents[PACKED_AT_LINK]);
    made_packed_gzip(words("setting = 2\n" LINE), &contents[PACKED_AT_CONFIG]);
    made_packed_gzip(words("nothing older " LINE LINE), &contents[PACKED_AT_FRESH]);
    made_packed_gzip(words(LINE "a text, once\n"), &contents[PACKED_AT_ONCE_TEXT]);
}

/* A file that is packed in that version; its content comes by its number. */
#define PACKED_FILE(path, flags, inode)                                                            \
    {                                                                                              \
        path, "", flags, 0, inode, NULL, 0                                                         \
    }

static void make_sample(const struct made_packed *packed, bool is_new, struct sample *out_sample)
{
    const struct sample_file files[] = {
        PACKED_FILE(PACKED_CONFIG, WH_FILE_CONFIG, 0), PACKED_FILE(PACKED_ELF, 0, 0),
        {is_new ? BUILD_ID_FOLDER "ab/ce02" ZEROS : BUILD_ID_FOLDER "ab/cd01" ZEROS, NULL, 0,
            S_IFLNK | 0777, 0, BUILD_ID_TARGET, 0},
        PACKED_FILE("/usr/lib/sample/link-a.gz", 0, 7), PACKED_FILE(PACKED_LINK, 0, 7),
        PACKED_FILE(PACKED_XZ, 0, 0), PACKED_FILE(PACKED_GZIP, 0, 0), PACKED_FILE(PACKED_ZIP, 0, 0),
        {PACKED_TEXT, is_new ? LINE "text 2" : LINE "text 1", 0, 0, 0, NULL, 0},
        PACKED_FILE(PACKED_ONCE_TEXT, 0, 0), PACKED_FILE("/usr/lib/sample/twin.gz", 0, 0),
        PACKED_FILE(PACKED_FRESH, 0, 0), /* and whatever else is in one version only */
    };
    enum { COUNT = sizeof files / sizeof *files };
    const struct wh_buffer *bytes[COUNT] = {
        &packed[PACKED_AT_CONFIG].bytes,
        &packed[PACKED_AT_ELF].bytes,
        NULL,
        NULL, /* the last hardlink has the content */
        &packed[PACKED_AT_LINK].bytes,
        &packed[PACKED_AT_XZ].bytes,
        &packed[PACKED_AT_GZIP].bytes,
        &packed[PACKED_AT_ZIP].bytes,
        NULL,
        &packed[PACKED_AT_ONCE_TEXT].bytes,
        &packed[PACKED_AT_GZIP].bytes,
        &packed[PACKED_AT_FRESH].bytes,
    };
    struct wh_bytes contents[COUNT] = {{0}};
    const struct sample_options options = {.reserved = 400, .contents = contents};

    for (size_t i = 0; i < COUNT; i++)
        if (bytes[i])
            contents[i] = wh_buffer_bytes(bytes[i]);
    contents[3] = contents[4];
    sample_make(out_sample, is_new ? "2" : "1", files, is_new ? COUNT : COUNT - 1, &options);
}

void packed_pair_make(struct packed_pair *pair)
{
    *pair = (struct packed_pair){0};
    make_bases(pair->bases);
    make_contents(pair->contents);
    make_sample(pair->bases, false, &pair->old);
    make_sample(pair->contents, true, &pair->fresh);
    for (uint32_t i = 0; i < PACKED_ROWS; i++) {
        struct made_change *change = &pair->changes[i];
        made_change(i == PACKED_AT_FRESH ? NULL : &pair->bases[i], &pair->contents[i], change);
        pair->rows[i] = (struct sample_packed){
            .path = paths[i],
            .recipe = &change->recipe,
            .base = wh_buffer_bytes(&change->old.plain),
            .content = wh_buffer_bytes(&change->fresh.plain),
            .inner_base = (size_t)change->old.lengths[0],
            .inner_content = (size_t)change->fresh.lengths[0],
        };
    }
}

void packed_pair_clear(struct packed_pair *pair)
{
    sample_clear(&pair->old);
    sample_clear(&pair->fresh);
    for (uint32_t i = 0; i < PACKED_ROWS; i++) {
        made_packed_clear(&pair->bases[i]);
        made_packed_clear(&pair->contents[i]);
        made_change_clear(&pair->changes[i]);
    }
}

struct sample_coding packed_pair_coding(const struct packed_pair *pair)
{
    return (struct sample_coding){.packed = pair->rows, .packed_count = PACKED_ROWS};
}
