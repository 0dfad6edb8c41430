/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_debug.c - see made_debug.h. */
#include "made_debug.h"

#include "made_parts.h"
#include "whittle/cleanup.h"

enum { NOTE = 7, STRTAB = 3, PROGBITS = 1, ALLOC = 2, NOTES = 2, SECTIONS_MAX = 64, NAME_MAX = 48 };
enum { GLOBAL_FUNCTION = 0x12, LOCAL_FUNCTION = 2, SYMBOLS_MAX = MADE_FUNCTIONS + 2, PAGE = 0xfff };

/* A section in the making. */
struct part {
    struct wh_section section;
    const char *name;
    struct wh_bytes content;
    uint64_t alignment;
};

struct making {
    const struct made_debug_recipe *recipe;
    struct made_elf elf;
    struct wh_elf parsed;
    struct wh_buffer notes[NOTES];
    struct part parts[SECTIONS_MAX];
    uint32_t count;
    struct wh_buffer out;
};

static void word(struct making *making, uint64_t value)
{
    if (making->elf.wide)
        wh_buffer_le64(&making->out, value);
    else
        wh_buffer_le32(&making->out, (uint32_t)value);
}

static void note(
    struct wh_buffer *out, uint32_t type, const char *owner, const void *text, size_t length)
{
    *out = (struct wh_buffer){.ceiling = CEILING};
    wh_buffer_le32(out, 4);
    wh_buffer_le32(out, (uint32_t)length);
    wh_buffer_le32(out, type);
    wh_buffer_append(out, owner, 4);
    wh_buffer_append(out, text, length);
    wh_buffer_fill(out, 0, -length & 3);
}

static struct part *add_part(struct making *making, const char *name)
{
    struct part *part = &making->parts[making->count++];

    if (making->count > SECTIONS_MAX)
        abort();
    *part = (struct part){.name = name, .alignment = 1};
    return part;
}

static void add_note(struct making *making, const char *name, int number, uint64_t address)
{
    struct part *part = add_part(making, name);

    part->section.type = NOTE;
    part->section.flags = ALLOC;
    part->section.address = made_base(&making->elf) + address;
    part->content = wh_buffer_bytes(&making->notes[number]);
    part->alignment = 4;
}

static void add_notes(struct making *making)
{
    add_note(making, ".note.gnu.build-id", 0, 4);
    add_note(making, ".note.package", 1, 64);
}

static void add_table(struct making *making, const char *name, uint32_t type, uint64_t alignment)
{
    struct part *part = add_part(making, name);

    part->section.type = type;
    part->alignment = alignment;
}

static struct part *find_part(struct making *making, const char *name)
{
    for (uint32_t i = 1; i < making->count; i++)
        if (strcmp(making->parts[i].name, name) == 0)
            return &making->parts[i];
    abort();
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_section(struct making *making, const struct part *part)
{
    const struct wh_section *section = &part->section;

    wh_buffer_le32(&making->out, section->name);
    wh_buffer_le32(&making->out, section->type);
    word(making, section->flags);
    word(making, section->address);
    word(making, section->offset);
    word(making, section->length);
    wh_buffer_le32(&making->out, section->link);
    wh_buffer_le32(&making->out, section->info);
    word(making, part->alignment);
    word(making, section->entry);
}

/* Contents in their order, each as it is aligned. Those that have no bytes lie nowhere yet. */
static void put_contents(struct making *making)
{
    for (uint32_t i = 1; i < making->count; i++) {
        struct part *part = &making->parts[i];
        if (!part->content.data)
            continue;
        wh_buffer_fill(&making->out, 0, -making->out.length & (part->alignment - 1));
        part->section.offset = making->out.length;
        part->section.length = part->content.length;
        wh_buffer_append(&making->out, part->content.data, part->content.length);
    }
}

static void put_half(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_sections(struct making *making)
{
    bool wide = making->elf.wide;

    wh_buffer_fill(&making->out, 0, -making->out.length & (wide ? 7u : 3u));
    size_t start = making->out.length;
    for (uint32_t i = 0; i < making->count; i++)
        put_section(making, &making->parts[i]);
    must(wh_buffer_check(&making->out, NULL), &(struct wh_error){0});
    wh_store(making->out.data + (wide ? 40 : 32), wide ? 8 : 4, start);
    put_half(making->out.data + (wide ? 60 : 48), making->count);
    put_half(making->out.data + (wide ? 62 : 50),
        (unsigned)(find_part(making, ".shstrtab") - making->parts));
}

/* Names of those sections first that come last, as binutils has them. */
static void name_parts(struct making *making, struct wh_strings *strings)
{
    struct wh_bytes names[SECTIONS_MAX];
    uint32_t numbers[SECTIONS_MAX];
    uint32_t count = 0;

    for (int loaded = 0; loaded < 2; loaded++) {
        for (uint32_t i = 1; i < making->count; i++) {
            const struct part *part = &making->parts[i];
            if (((part->section.flags & ALLOC) != 0) != loaded)
                continue;
            numbers[count] = i;
            names[count++] = (struct wh_bytes){(const uint8_t *)part->name, strlen(part->name)};
        }
    }
    struct wh_error err;
    must(wh_strings_build(names, count, CEILING, strings, &err), &err);
    for (uint32_t i = 0; i < count; i++)
        making->parts[numbers[i]].section.name = strings->offsets[i];
    find_part(making, ".shstrtab")->content = wh_buffer_bytes(&strings->table);
}

/* Sections of the image, as the program has them. */
static void add_image(struct making *making, bool empty)
{
    making->count = 0;
    for (uint32_t i = 0; i < making->parsed.section_count; i++) {
        const struct wh_section *section = &making->parsed.sections[i];
        if (i > 0 && !(section->flags & ALLOC))
            continue;
        struct part *part = add_part(making, wh_elf_section_name(&making->parsed, section));
        part->section = *section;
        part->alignment = i > 0 ? 16 : 0;
        if (empty && i > 0)
            part->section.type = WH_SHT_NOBITS;
    }
}

/* ---- the outer file ------------------------------------------------------------------------ */

static void make_outer(struct making *making, struct wh_bytes packed, struct wh_buffer *out_file)
{
    wh_cleanup(wh_strings_clear) struct wh_strings strings = {0};
    struct wh_bytes program = made_elf_file(&making->elf);

    making->out = (struct wh_buffer){.ceiling = CEILING};
    wh_buffer_append(&making->out, program.data, making->elf.sections_at);
    add_image(making, false);
    add_notes(making);
    add_table(making, ".gnu_debugdata", PROGBITS, 1);
    add_table(making, ".shstrtab", STRTAB, 1);
    find_part(making, ".gnu_debugdata")->content = packed;
    name_parts(making, &strings);
    put_contents(making);
    put_sections(making);
    *out_file = making->out;
}

/* ---- the inner file ------------------------------------------------------------------------ */

struct names {
    char text[SYMBOLS_MAX][NAME_MAX];
    struct wh_symbol symbols[SYMBOLS_MAX];
    size_t count;
};

/* Some are alike, some end in the same way, the last ones are exported too. */
static void name_function(const struct making *making, unsigned number, char *out)
{
    bool renamed = (making->recipe->changes & MADE_SYMBOLS_RENAMED) && number % 7 == 3;

    if (number >= MADE_FUNCTIONS - 16)
        (void)snprintf(out, NAME_MAX, "export_%u_of_the_program", number);
    else if (number % 11 == 5)
        (void)snprintf(out, NAME_MAX, "cleanup");
    else
        (void)snprintf(out, NAME_MAX, "%s%u_tail%u%s", number % 5 == 2 ? "un" : "",
            number % 5 == 2 ? number - 1 : number, number % 3, renamed ? ".part.0" : "");
}

static void add_symbol(const struct making *making, struct names *names, unsigned number)
{
    struct wh_symbol *symbol = &names->symbols[names->count];
    char *text = names->text[names->count++];

    name_function(making, number, text);
    *symbol = (struct wh_symbol){
        .name = {(const uint8_t *)text, strlen(text)},
        .value = made_address(&making->elf, made_function(&making->elf, number)),
        .size = making->elf.functions[number + 1] - making->elf.functions[number],
        .section = (uint16_t)making->elf.sections[MADE_TEXT].number,
        .info = number < MADE_FUNCTIONS - 16 ? LOCAL_FUNCTION : GLOBAL_FUNCTION,
    };
    if (number == MADE_FUNCTIONS / 2 - 1)
        symbol->size -= making->recipe->outer.inserted;
    if ((making->recipe->changes & MADE_SYMBOL_STRANGE) && number == 20) {
        symbol->value += 3;
        symbol->size = 1;
    }
}

static void list_symbols(const struct making *making, struct names *names)
{
    unsigned changes = making->recipe->changes;

    names->count = 1; /* the first one is nothing */
    for (unsigned i = 0; i < MADE_FUNCTIONS - 16; i++)
        if (!(changes & MADE_SYMBOL_REMOVED) || i != 40)
            add_symbol(making, names, changes & MADE_SYMBOLS_TURNED ? MADE_FUNCTIONS - 17 - i : i);
    for (unsigned i = MADE_FUNCTIONS - 16; i < MADE_FUNCTIONS; i++)
        add_symbol(making, names, i);
}

static void put_symbols(struct making *making, struct names *names, struct wh_strings *strings,
    struct wh_buffer *out_table)
{
    struct wh_bytes texts[SYMBOLS_MAX];
    uint8_t record[24];
    struct wh_error err;
    uint32_t locals = 0;

    for (size_t i = 0; i < names->count; i++)
        texts[i] = names->symbols[i].name;
    must(wh_strings_build(texts, names->count, CEILING, strings, &err), &err);
    for (size_t i = 0; i < names->count; i++) {
        names->symbols[i].string = strings->offsets[i];
        locals += names->symbols[i].info >> 4 == 0;
        wh_symbol_store(&names->symbols[i], making->elf.wide, record);
        wh_buffer_append(out_table, record, wh_symbol_length(making->elf.wide));
    }
    struct part *table = find_part(making, ".symtab");
    struct part *texts_part = find_part(making, ".strtab");
    table->content = wh_buffer_bytes(out_table);
    table->section.info = locals;
    table->section.link = (uint32_t)(texts_part - making->parts);
    table->section.entry = wh_symbol_length(making->elf.wide);
    texts_part->content = wh_buffer_bytes(&strings->table);
}

/* Sections without bytes: each segment's first one as its address lies in the page, others there
 * too. */
static void place_image(struct making *making)
{
    uint64_t last = making->elf.headers_end;

    for (uint32_t i = 1; i < making->count; i++) {
        struct part *part = &making->parts[i];
        if (part->section.type != WH_SHT_NOBITS)
            continue;
        if (strcmp(part->name, ".text") == 0 || strcmp(part->name, ".rodata") == 0 ||
            strcmp(part->name, ".data") == 0)
            last = 0x1000 | (part->section.address & PAGE);
        part->section.offset = last;
    }
}

/* Loaded segments have the bytes of the notes or none, and lie as their address does in the page.
 */
static void place_segments(struct making *making)
{
    bool wide = making->elf.wide;
    unsigned width = wide ? 8 : 4;
    size_t length = wide ? 56 : 32;
    const struct wh_section *note = &find_part(making, ".note.package")->section;

    for (size_t i = 0; i < 4; i++) {
        uint8_t *offset = making->out.data + (wide ? 64 + 8 : 52 + 4) + i * length;
        uint64_t address = wh_load(offset + width, width);
        if (i > 0)
            wh_store(offset, width, 0x1000 | (address & PAGE));
        wh_store(offset + 3 * (size_t)width, width, i > 0 ? 0 : note->offset + note->length);
    }
}

static void make_inner(struct making *making, struct wh_buffer *out_file)
{
    wh_cleanup(wh_strings_clear) struct wh_strings section_names = {0};
    wh_cleanup(wh_strings_clear) struct wh_strings strings = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer table = {.ceiling = CEILING};
    struct names *names = need(calloc(1, sizeof *names));
    struct wh_bytes program = made_elf_file(&making->elf);

    making->out = (struct wh_buffer){.ceiling = CEILING};
    wh_buffer_append(&making->out, program.data, making->elf.headers_end);
    add_image(making, true);
    add_notes(making);
    place_image(making);
    add_table(making, ".symtab", WH_SHT_SYMTAB, 8);
    add_table(making, ".strtab", STRTAB, 1);
    add_table(making, ".shstrtab", STRTAB, 1);
    list_symbols(making, names);
    put_symbols(making, names, &strings, &table);
    name_parts(making, &section_names);
    put_contents(making);
    place_segments(making);
    put_sections(making);
    *out_file = making->out;
    free(names);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void make_notes(struct making *making, const uint8_t *build_id)
{
    const char *package = making->recipe->package;

    for (int i = 0; i < NOTES; i++)
        wh_buffer_clear(&making->notes[i]);
    note(&making->notes[0], 3, "GNU", build_id, MADE_BUILD_ID);
    note(&making->notes[1], 0xcafe1a7e, "FDO", package, strlen(package));
}

void made_debug_make(const struct made_debug_recipe *recipe, struct made_debug *out_debug)
{
    static const uint8_t no_id[MADE_BUILD_ID];
    struct making *making = need(calloc(1, sizeof *making));
    uint8_t *packed = need(malloc(recipe->packed_length + 1));
    struct wh_error err;
    uint32_t random = recipe->build_id;

    *out_debug = (struct made_debug){.packed_length = recipe->packed_length};
    making->recipe = recipe;
    made_elf_make(&recipe->outer, &making->elf);
    must(wh_elf_parse(made_elf_file(&making->elf), &making->parsed, &err), &err);
    for (int i = 0; i < MADE_BUILD_ID; i++)
        out_debug->build_id[i] = (uint8_t)made_random(&random);
    for (size_t i = 0; i < recipe->packed_length; i++)
        packed[i] = (uint8_t)made_random(&random);
    make_notes(making, no_id);
    make_outer(making, (struct wh_bytes){packed, 0}, &out_debug->outer);
    make_notes(making, out_debug->build_id);
    make_outer(making, (struct wh_bytes){packed, recipe->packed_length}, &out_debug->whole);
    out_debug->packed_at = find_part(making, ".gnu_debugdata")->section.offset;
    make_inner(making, &out_debug->inner);
    for (int i = 0; i < NOTES; i++)
        wh_buffer_clear(&making->notes[i]);
    wh_elf_clear(&making->parsed);
    made_elf_clear(&making->elf);
    free(packed);
    free(making);
}

void made_debug_clear(struct made_debug *debug)
{
    wh_buffer_clear(&debug->inner);
    wh_buffer_clear(&debug->outer);
    wh_buffer_clear(&debug->whole);
}

struct wh_debug_file made_debug_file(const struct made_debug *debug)
{
    return (struct wh_debug_file){
        .inner = wh_buffer_bytes(&debug->inner),
        .outer = wh_buffer_bytes(&debug->outer),
        .build_id = {debug->build_id, sizeof debug->build_id},
    };
}
