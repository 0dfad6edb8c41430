/* SPDX-License-Identifier: GPL-2.0-or-later */
/* declined.c - see declined.h. */
#include "declined.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "whittle/cleanup.h"

#define DECLINED_NAME ".declined"
/* Encoders of another version may succeed where this one did not. */
#define DECLINED_FIRST_LINE "whittle-repo " WHITTLE_VERSION "\n"
#define DECLINED_MAX (64u << 20)
#define FROM_DIGITS 16u

int wh_declined_order(const void *left, const void *right)
{
    const struct wh_declined *a = left;
    const struct wh_declined *b = right;
    int order = strcmp(a->pkgid, b->pkgid);

    return order ? order : memcmp(a->from, b->from, sizeof a->from);
}

static bool parse_line(const char *line, size_t length, struct wh_declined *out)
{
    const char *space = memchr(line, ' ', length);
    size_t digits = space ? (size_t)(space - line) : 0;

    if (digits == 0 || digits > WH_PKGID_MAX || length != digits + 1 + FROM_DIGITS)
        return false;
    memcpy(out->pkgid, line, digits);
    return wh_unhex(space + 1, FROM_DIGITS, out->from, sizeof out->from);
}

static bool parse(const char *text, size_t length, struct wh_shelf *shelf)
{
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        if (!end ||
            !parse_line(text, (size_t)(end - text), &shelf->declined[shelf->declined_count]))
            return false;
        shelf->declined_count++;
        length -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    return true;
}

wh_status wh_declined_read(
    const struct wh_repository *repository, struct wh_shelf *shelf, struct wh_error *err)
{
    static const char first[] = DECLINED_FIRST_LINE;
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = DECLINED_MAX};
    wh_autoclose int fd = -1;
    size_t skip = sizeof first - 1;

    if (wh_open_below(repository->folder, repository->path, "whittle/" DECLINED_NAME, &fd, NULL) !=
            WH_OK ||
        wh_read_whole(fd, DECLINED_NAME, &bytes, NULL) != WH_OK || bytes.length < skip ||
        memcmp(bytes.data, first, skip) != 0)
        return WH_OK;
    shelf->declined = wh_array(
        bytes.length / FROM_DIGITS, sizeof *shelf->declined, UINT32_MAX, err);
    if (!shelf->declined)
        return wh_no_memory(err);
    if (!parse((const char *)bytes.data + skip, bytes.length - skip, shelf))
        shelf->declined_count = 0;
    if (shelf->declined_count > 0)
        qsort(shelf->declined, shelf->declined_count, sizeof *shelf->declined, wh_declined_order);
    return WH_OK;
}

wh_status wh_declined_write(
    int whittle_folder, struct wh_declined *declined, uint32_t count, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = DECLINED_MAX};

    if (count == 0) {
        (void)unlinkat(whittle_folder, DECLINED_NAME, 0);
        return WH_OK;
    }
    qsort(declined, count, sizeof *declined, wh_declined_order);
    wh_buffer_append(&text, DECLINED_FIRST_LINE, strlen(DECLINED_FIRST_LINE));
    for (uint32_t i = 0; i < count; i++) {
        char hex[FROM_DIGITS + 1];
        wh_hex(declined[i].from, sizeof declined[i].from, hex);
        wh_buffer_append(&text, declined[i].pkgid, strlen(declined[i].pkgid));
        wh_buffer_u8(&text, ' ');
        wh_buffer_append(&text, hex, FROM_DIGITS);
        wh_buffer_u8(&text, '\n');
    }
    WH_TRY(wh_buffer_check(&text, err));
    return wh_place_file(whittle_folder, DECLINED_NAME, wh_buffer_bytes(&text), err);
}
