/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_frames.c - unwind tables of made_elf.h: two kinds of records, one with a language's own
 * data, and the index of them. */
#include "made_parts.h"

enum { HERE4 = 0x1b, FROM4 = 0x3b, INDIRECT_HERE4 = 0x9b };

static void number(struct made_elf *elf, size_t value)
{
    wh_buffer_le32(made_bytes(elf, MADE_EH_FRAME), (uint32_t)value);
}

/* The instructions that unwind; none of them is looked at. */
static void instructions(struct made_elf *elf, unsigned seed)
{
    made_text(elf, MADE_EH_FRAME, 7, seed);
}

static void common_record(struct made_elf *elf, const char *letters, bool with_data)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_EH_FRAME);
    const struct made_place routine = {MADE_LSDA, 0};

    number(elf, with_data ? 28 : 20);
    number(elf, 0);
    wh_buffer_u8(bytes, 1);
    wh_buffer_append(bytes, letters, strlen(letters) + 1);
    wh_buffer_u8(bytes, 1);    /* unit of code */
    wh_buffer_u8(bytes, 0x78); /* unit of data: -8 */
    wh_buffer_u8(bytes, 16);   /* return register */
    wh_buffer_u8(bytes, with_data ? 7 : 1);
    if (with_data) {
        wh_buffer_u8(bytes, INDIRECT_HERE4);
        wh_buffer_le32(bytes, 0);
        made_refer(elf, MADE_EH_FRAME, MADE_HERE, routine);
        wh_buffer_u8(bytes, HERE4);
    }
    wh_buffer_u8(bytes, HERE4);
    wh_buffer_fill(bytes, 0, 7);
}

static void start_of(struct made_elf *elf, unsigned function)
{
    const struct made_place place = {MADE_EH_FRAME, made_bytes(elf, MADE_EH_FRAME)->length};
    const struct made_place start = made_function(elf, function);

    number(elf, 0);
    if (elf->recipe.type != WH_ET_REL)
        made_refer(elf, MADE_EH_FRAME, MADE_HERE, start);
    else
        made_relocation(elf, MADE_RELA_FRAMES, place, 1,
            elf->recipe.machine == WH_EM_AARCH64 ? 261 : 2, &start);
}

static void record(struct made_elf *elf, unsigned function, size_t common, bool with_data)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_EH_FRAME);
    uint64_t length = elf->functions[function + 1] - elf->functions[function];

    if (function == MADE_FUNCTIONS / 2 - 1)
        length -= elf->recipe.inserted;
    number(elf, with_data ? 24 : 20);
    number(elf, bytes->length - common);
    start_of(elf, function);
    number(elf, length);
    wh_buffer_u8(bytes, with_data ? 4 : 0);
    if (with_data) {
        number(elf, 0);
        made_refer(elf, MADE_EH_FRAME, MADE_HERE, (struct made_place){MADE_LSDA, 8 * function});
    }
    instructions(elf, function);
}

static void index_row(struct made_elf *elf, struct made_place place)
{
    const struct made_place start = {MADE_FRAME_INDEX, 0};

    wh_buffer_le32(made_bytes(elf, MADE_FRAME_INDEX), 0);
    made_refer_from(elf, MADE_FRAME_INDEX, place, start);
}

static void index_head(struct made_elf *elf)
{
    static const uint8_t encodings[] = {1, HERE4, 3, FROM4};
    struct wh_buffer *bytes = made_bytes(elf, MADE_FRAME_INDEX);

    wh_buffer_append(bytes, encodings, sizeof encodings);
    wh_buffer_le32(bytes, 0);
    made_refer(elf, MADE_FRAME_INDEX, MADE_HERE, (struct made_place){MADE_EH_FRAME, 0});
    wh_buffer_le32(bytes, MADE_FUNCTIONS);
}

void made_frames(struct made_elf *elf)
{
    const bool linked = elf->recipe.type != WH_ET_REL;
    size_t commons[2] = {0, 0};

    made_text(elf, MADE_LSDA, (size_t)8 * MADE_FUNCTIONS, 5);
    if (linked)
        index_head(elf);
    common_record(elf, "zR", false);
    commons[1] = made_bytes(elf, MADE_EH_FRAME)->length;
    if (linked)
        common_record(elf, "zPLR", true);
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        bool with_data = linked && i % 8 == 3;
        if (linked) {
            index_row(elf, made_function(elf, i));
            index_row(
                elf, (struct made_place){MADE_EH_FRAME, made_bytes(elf, MADE_EH_FRAME)->length});
        }
        record(elf, i, commons[with_data], with_data);
    }
    number(elf, 0);
}
