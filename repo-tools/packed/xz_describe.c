/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_describe.c - see xz_describe.h. Source: the .xz file format 1.2.1, and lzma's headers. */
#include "xz_describe.h"

#include <lzma.h>
#include <stdlib.h>

#include "whittle/cleanup.h"

/* ---- what the headers tell ------------------------------------------------------------------ */

struct layout {
    lzma_stream_flags flags;
    lzma_index *index;
    lzma_filter filters[LZMA_FILTERS_MAX + 1]; /* of the first block */
    lzma_block block;                          /* its header */
};

static void clear_layout(struct layout *layout)
{
    lzma_index_end(layout->index, NULL);
    for (size_t i = 0; i <= LZMA_FILTERS_MAX && layout->filters[i].id != LZMA_VLI_UNKNOWN; i++)
        free(layout->filters[i].options);
}

static wh_status malformed(struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "not an .xz stream with a block");
}

static wh_status unsupported(struct wh_error *err)
{
    return wh_fail(err, WH_UNSUPPORTED, "an .xz stream that no known settings make");
}

static wh_status read_index(struct layout *layout, struct wh_bytes packed, struct wh_error *err)
{
    enum { ENDS = 2 * LZMA_STREAM_HEADER_SIZE };
    lzma_stream_flags footer;
    size_t position = 0;

    if (packed.length < ENDS || lzma_stream_header_decode(&layout->flags, packed.data) != LZMA_OK ||
        lzma_stream_footer_decode(&footer, packed.data + packed.length - LZMA_STREAM_HEADER_SIZE) !=
            LZMA_OK ||
        footer.backward_size > packed.length - ENDS)
        return malformed(err);

    size_t length = (size_t)footer.backward_size;
    /* A record has two bytes or more, and sixteen in memory; what it claims is another matter. */
    uint64_t memory = (1u << 16) + 16 * (uint64_t)length;
    const uint8_t *index = packed.data + packed.length - LZMA_STREAM_HEADER_SIZE - length;
    lzma_ret result = lzma_index_buffer_decode(
        &layout->index, &memory, NULL, index, &position, length);
    if (result == LZMA_MEM_ERROR)
        return wh_no_memory(err);
    return result == LZMA_OK && lzma_index_block_count(layout->index) > 0 ? WH_OK : malformed(err);
}

static wh_status read_block_header(
    struct layout *layout, struct wh_bytes packed, struct wh_error *err)
{
    const uint8_t *header = packed.data + LZMA_STREAM_HEADER_SIZE;

    layout->block = (lzma_block){
        .header_size = lzma_block_header_size_decode(*header),
        .check = layout->flags.check,
        .filters = layout->filters,
    };
    if (layout->block.header_size > packed.length - LZMA_STREAM_HEADER_SIZE)
        return malformed(err);
    lzma_ret result = lzma_block_header_decode(&layout->block, NULL, header);
    if (result == LZMA_OK)
        return WH_OK;
    layout->filters[0].id = LZMA_VLI_UNKNOWN; /* liblzma has freed what it made */
    if (result == LZMA_MEM_ERROR)
        return wh_no_memory(err);
    return result == LZMA_OPTIONS_ERROR ? unsupported(err) : malformed(err);
}

/* At most one BCJ filter, from the start of the file, and LZMA2. */
static bool read_filters(const lzma_filter *filters, struct wh_xz_settings *settings)
{
    enum { BCJ_FIRST = 0x04, BCJ_LAST = 0x0b };

    if (filters->id >= BCJ_FIRST && filters->id <= BCJ_LAST && !filters->options) {
        settings->filter = (uint8_t)filters->id;
        filters++;
    }
    if (filters->id != LZMA_FILTER_LZMA2)
        return false;
    const lzma_options_lzma *options = filters->options;
    settings->dictionary = options->dict_size;
    return true;
}

/* Bytes of content in each block but the last, 0 for one block; false where blocks differ. */
static bool read_block_size(const lzma_index *index, uint64_t *out_block_size)
{
    lzma_index_iter iter;
    uint64_t first = 0;
    uint64_t before = 0; /* of the block before */

    lzma_index_iter_init(&iter, index);
    for (uint64_t i = 0; !lzma_index_iter_next(&iter, LZMA_INDEX_ITER_BLOCK); i++) {
        uint64_t size = iter.block.uncompressed_size;
        if (i == 0)
            first = size;
        else if (before != first || size > first)
            return false;
        before = size;
    }
    *out_block_size = lzma_index_block_count(index) > 1 ? first : 0;
    return *out_block_size == 0 || *out_block_size >= WH_XZ_BLOCK_MIN;
}

/* The properties of the first LZMA chunk of the first block; what is usual where it has none. */
static uint8_t read_properties(struct wh_bytes chunks)
{
    enum { END = 0, LZMA = 0x80, WITH_PROPERTIES = 0xc0, USUAL = (2 * 5 + 0) * 9 + 3 };
    struct wh_reader reader = wh_reader_over(chunks);

    for (;;) {
        uint8_t control = wh_read_u8(&reader);
        if (control == END)
            return USUAL;
        uint32_t size = wh_read_be16(&reader);
        if (control >= LZMA)
            size = wh_read_be16(&reader);
        if (control >= WITH_PROPERTIES) {
            uint8_t properties = wh_read_u8(&reader);
            return reader.failed ? USUAL : properties;
        }
        (void)wh_read_bytes(&reader, (uint64_t)size + 1);
    }
}

static wh_status read_headers(
    struct wh_bytes packed, struct wh_xz_settings *out_settings, struct wh_error *err)
{
    wh_cleanup(clear_layout) struct layout layout = {.filters = {{.id = LZMA_VLI_UNKNOWN}}};
    struct wh_xz_settings settings = {0};

    WH_TRY(read_index(&layout, packed, err));
    WH_TRY(read_block_header(&layout, packed, err));
    if (!read_filters(layout.filters, &settings) ||
        !read_block_size(layout.index, &settings.block_size))
        return unsupported(err);

    size_t data = LZMA_STREAM_HEADER_SIZE + layout.block.header_size;
    settings.properties = read_properties(
        (struct wh_bytes){packed.data + data, packed.length - data});
    settings.threaded = layout.block.compressed_size != LZMA_VLI_UNKNOWN;
    settings.header_size = packed.data[LZMA_STREAM_HEADER_SIZE];
    settings.check = (uint8_t)layout.flags.check;
    *out_settings = settings;
    return WH_OK;
}

/* ---- what has to be tried ------------------------------------------------------------------- */

/* All ways of searching that presets stand for, the usual ones first: 7, 8 and 9 differ from 6 in
 * the dictionary alone, 5 with LZMA_PRESET_EXTREME is 3 with it, and all others with it are 6. */
static const uint32_t presets[] = {
    6, 6 | LZMA_PRESET_EXTREME, 5, 4, 3, 2, 1, 0, 3 | LZMA_PRESET_EXTREME};
enum { PRESETS = sizeof presets / sizeof *presets };

struct search {
    struct wh_bytes packed;
    struct wh_bytes plain;
    struct wh_xz_settings settings; /* what is tried now */
};

/* Is a failure one of these settings only? */
static bool is_wrong_guess(wh_status status)
{
    return status == WH_MISMATCH || status == WH_OVER_LIMIT;
}

/* Both dictionaries, the one that was right the last time first. Where they do not differ, that one
 * stays, to be tried first the next time too. */
static wh_status try_preset(
    struct search *search, uint32_t preset, bool small, struct wh_error *err)
{
    uint64_t longest = search->settings.block_size;
    if (longest == 0 || longest > search->plain.length)
        longest = search->plain.length;
    bool differ = longest < search->settings.dictionary;

    search->settings.preset = preset;
    search->settings.small = small;
    wh_status status = wh_xz_compare(search->plain, &search->settings, search->packed, err);
    if (!is_wrong_guess(status) || !differ)
        return status;
    search->settings.small = !small;
    return wh_xz_compare(search->plain, &search->settings, search->packed, err);
}

/* How many bytes of the stream the first part of the content gives with a preset. Near its end the
 * part gives other bytes than the whole content with the right preset too. */
static wh_status measure_agreement(
    const struct search *search, uint32_t preset, size_t *out_agreement, struct wh_error *err)
{
    enum { PART = 64 << 10, CHUNK_HEADER = 6 }; /* which holds the chunk's lengths */
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 2 * PART};
    struct wh_xz_settings settings = search->settings;
    struct wh_bytes part = search->plain;
    size_t at = LZMA_STREAM_HEADER_SIZE + (settings.header_size + 1u) * 4 + CHUNK_HEADER;

    if (part.length > PART)
        part.length = PART;
    settings.preset = preset;
    settings.small = true;
    settings.block_size = 0;
    WH_TRY(wh_xz_encode(part, &settings, &made, err));
    size_t start = at;
    while (
        at < made.length && at < search->packed.length && made.data[at] == search->packed.data[at])
        at++;
    *out_agreement = at - start;
    return WH_OK;
}

/* Tries in full those that agree on the first part as no other does. */
static wh_status try_best(struct search *search, uint32_t tried, bool small, struct wh_error *err)
{
    size_t agreements[PRESETS];
    size_t best = 0;

    for (size_t i = 0; i < PRESETS; i++) {
        WH_TRY(measure_agreement(search, presets[i], &agreements[i], err));
        if (agreements[i] > best)
            best = agreements[i];
    }
    for (size_t i = 0; i < PRESETS; i++) {
        if (agreements[i] < best || presets[i] == tried)
            continue;
        wh_status status = try_preset(search, presets[i], small, err);
        if (!is_wrong_guess(status))
            return status;
    }
    return unsupported(err);
}

wh_status wh_xz_describe(struct wh_bytes packed, struct wh_bytes plain,
    const struct wh_xz_settings *last, struct wh_xz_settings *out_settings, struct wh_error *err)
{
    enum { LARGE = 1 << 20 };
    struct search search = {.packed = packed, .plain = plain};
    uint32_t likely = last ? last->preset : presets[0];

    WH_TRY(read_headers(packed, &search.settings, err));
    /* A small dictionary saves clients most of the memory where the other one is large. */
    bool small = !last || last->small || search.settings.dictionary > LARGE;
    wh_status status = try_preset(&search, likely, small, err);
    if (is_wrong_guess(status))
        status = try_best(&search, likely, small, err);
    if (status == WH_OK)
        *out_settings = search.settings;
    return status;
}
