/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differs.c - see differs.h. */
#include "upgrade/differs.h"

#include <stdio.h>
#include <string.h>

#include "whittle/limits.h"

void wh_differs_put(struct wh_buffer *out, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0, end; i < count; i = end) {
        char text[32];
        for (end = i + 1; end < count && numbers[end] == numbers[end - 1] + 1; end++)
            ;
        int length = end - i == 1
                         ? snprintf(text, sizeof text, " %u", numbers[i])
                         : snprintf(text, sizeof text, " %u-%u", numbers[i], numbers[end - 1]);
        wh_buffer_append(out, i ? text : text + 1, (size_t)length - (i ? 0 : 1));
    }
}

/* In its shortest spelling. */
static bool take_number(const char **at, uint32_t *out_number)
{
    size_t digits = strspn(*at, "0123456789");
    uint32_t number = 0;

    if (digits == 0 || (**at == '0' && digits > 1))
        return false;
    for (; digits > 0; digits--) {
        number = 10 * number + (uint32_t)(*(*at)++ - '0');
        if (number >= WH_FILES_MAX)
            return false;
    }
    *out_number = number;
    return true;
}

/* A number or a range, none of it below least. */
static bool take_range(const char **at, uint32_t least, uint32_t *out_first, uint32_t *out_last)
{
    if (!take_number(at, out_first) || *out_first < least)
        return false;
    *out_last = *out_first;
    if (**at != '-')
        return true;
    (*at)++;
    return take_number(at, out_last) && *out_last > *out_first;
}

/* numbers: NULL to count only. */
static wh_status scan(
    const char *at, uint32_t ceiling, uint32_t *numbers, uint32_t *out_count, struct wh_error *err)
{
    uint32_t count = 0;
    uint32_t first;
    uint32_t last;

    for (uint32_t least = 0;; least = last + 2) {
        if (!take_range(&at, least, &first, &last) || (*at != ' ' && *at != '\0'))
            return wh_fail(err, WH_MALFORMED, "file numbers are spelled wrongly");
        if (last - first >= ceiling - count)
            return wh_fail(err, WH_OVER_LIMIT, "too many files");
        for (uint32_t i = 0; numbers && i <= last - first; i++)
            numbers[count + i] = first + i;
        count += last - first + 1;
        if (*at++ == '\0')
            break;
    }
    *out_count = count;
    return WH_OK;
}

wh_status wh_differs_read(const char *text, uint32_t ceiling, uint32_t **out_numbers,
    uint32_t *out_count, struct wh_error *err)
{
    uint32_t count = 0;

    WH_TRY(scan(text, ceiling, NULL, &count, err));
    uint32_t *numbers = wh_array(count, sizeof *numbers, WH_FILES_MAX * sizeof *numbers, err);
    if (!numbers)
        return WH_NO_MEMORY;
    *out_numbers = numbers;
    return scan(text, ceiling, numbers, out_count, err);
}
