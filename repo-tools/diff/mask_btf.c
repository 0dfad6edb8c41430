/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask_btf.c - types of kernel modules: names are labelled by what they say. */
#include "diff/masking.h"
#include "whittle/btf.h"

/* The strings of a .BTF section, which follow those of the kernel itself: the offset of the first
 * one shows in the greatest offset, which is that of the last. */
struct btf_strings {
    struct wh_bytes bytes;
    uint32_t first;
};

static struct btf_strings find_btf_strings(const struct wh_masking *mask, struct wh_bytes section)
{
    struct btf_strings strings = {0};
    uint32_t greatest = 0;

    if (section.length < 24)
        return strings;
    uint64_t start = (uint64_t)wh_load32(section.data + 4) + wh_load32(section.data + 16);
    uint64_t length = wh_load32(section.data + 20);
    if (start > section.length || length < 2 || length > section.length - start)
        return strings;
    for (size_t i = 0; i < mask->btf_count; i++) {
        uint32_t value = wh_load32(section.data + (mask->btf_fields[i] >> 1));
        if ((mask->btf_fields[i] & 1) == WH_BTF_NAME && value > greatest)
            greatest = value;
    }
    size_t last = (size_t)length - 1;
    while (last > 0 && section.data[start + last - 1] != '\0')
        last--;
    strings.bytes = (struct wh_bytes){section.data + start, (size_t)length};
    strings.first = greatest - (uint32_t)last;
    return strings;
}

static uint32_t hash_btf_name(const struct btf_strings *strings, uint32_t name)
{
    if (name < strings->first || name - strings->first >= strings->bytes.length)
        return 1;
    return wh_name_hash(strings->bytes, name - strings->first);
}

/* The fields are those of one section. */
void wh_mask_btf(struct wh_masking *mask, const struct wh_region *region)
{
    if (region->section != wh_elf_section(mask->elf, ".BTF"))
        return;
    struct wh_bytes section = wh_elf_content(mask->elf, region->section);
    const struct btf_strings strings = find_btf_strings(mask, section);

    for (size_t i = 0; i < mask->btf_count; i++) {
        size_t field = mask->btf_fields[i] >> 1;
        uint32_t value = wh_load32(section.data + field);
        bool is_name = (mask->btf_fields[i] & 1) == WH_BTF_NAME;
        if (value)
            wh_mask_put_constant(
                mask, region->offset + field, 4, is_name ? hash_btf_name(&strings, value) : 0);
    }
}
