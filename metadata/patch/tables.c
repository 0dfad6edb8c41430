/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tables.c - see whittle/tables.h. */
#include "whittle/tables.h"

void wh_table_form_of(const struct wh_elf *elf, uint64_t got, struct wh_table_form *out_form)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;

    for (uint32_t i = 0; i < elf->region_count; i++) {
        const struct wh_region *region = &elf->regions[i];
        if (region->kind != WH_REGION_CODE)
            continue;
        if (region->address < low)
            low = region->address;
        if (region->address + region->length > high)
            high = region->address + region->length;
    }
    *out_form = (struct wh_table_form){
        .code_low = low, .code_span = high > low ? high - low : 0, .got = got};
    if (elf->low > 0 && elf->type == WH_ET_EXEC) {
        out_form->low = elf->low;
        out_form->span = elf->high - elf->low;
    }
}

static bool leads_to_code(
    const struct wh_table_form *form, const uint8_t *at, uint64_t base, uint64_t *out_target)
{
    uint64_t target = base + (uint64_t)(int64_t)(int32_t)wh_load32(at);

    *out_target = form->got ? target & UINT32_MAX : target;
    return *out_target - form->code_low < form->code_span;
}

static bool is_pointer(
    const struct wh_table_form *form, const uint8_t *bytes, uint64_t shift, size_t at, size_t end)
{
    return form->span && ((at + shift) & 7) == 0 && at + 8 <= end &&
           wh_load64(bytes + at) - form->low < form->span;
}

bool wh_table_next(const struct wh_table_form *form, const uint8_t *bytes, uint64_t shift,
    size_t end, struct wh_table_search *search, struct wh_table_entry *out_entry)
{
    size_t at = search->at;
    uint64_t target;
    uint64_t after;

    for (; at + 4 <= end; at += 4) {
        if (search->base && leads_to_code(form, bytes + at, search->base, &target)) {
            *out_entry = (struct wh_table_entry){at, 4, search->base, target};
            search->at = at + 4;
            return true;
        }
        search->base = 0;
        if (is_pointer(form, bytes, shift, at, end)) {
            *out_entry = (struct wh_table_entry){at, 8, 0, wh_load64(bytes + at)};
            search->at = at + 8;
            return true;
        }
        uint64_t base = form->got ? form->got : at + shift;
        if (!leads_to_code(form, bytes + at, base, &target) || at + 8 > end ||
            !leads_to_code(form, bytes + at + 4, base, &after))
            continue;
        *out_entry = (struct wh_table_entry){at, 4, base, target};
        search->base = base;
        search->at = at + 4;
        return true;
    }
    search->at = at;
    return false;
}
