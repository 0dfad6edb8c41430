/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_id.c - which build-id a header tells of a file. A link is called
 * /usr/lib/.build-id/xx/yyyy and leads to ../../../../usr/bin/program. */
#include <string.h>
#include <sys/stat.h>

#include "whittle/header.h"

static const char folder[] = "/usr/lib/.build-id/";
static const char upwards[] = "../../../..";

static int value_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reads pairs of hex digits up to the terminator, or to a slash; 0 bytes for anything else. */
static uint32_t read_hex(const char *text, char terminator, uint8_t *out, uint32_t room)
{
    uint32_t length = 0;

    for (; *text != terminator; text += 2) {
        int high = value_of(text[0]);
        int low = high < 0 ? -1 : value_of(text[1]);
        if (low < 0 || length == room)
            return 0;
        out[length++] = (uint8_t)(high << 4 | low);
    }
    return length;
}

static bool leads_to(const struct wh_file *link, const struct wh_file *file)
{
    const char *path = link->linkto + sizeof upwards - 1;
    size_t directory = strlen(file->dirname);

    return S_ISLNK(link->mode) && strncmp(link->linkto, upwards, sizeof upwards - 1) == 0 &&
           strncmp(path, file->dirname, directory) == 0 &&
           strcmp(path + directory, file->basename) == 0;
}

uint32_t wh_header_build_id(
    const struct wh_header *header, uint32_t file, uint8_t out_id[WH_BUILD_ID_MAX])
{
    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *link = &header->files[i];
        if (strncmp(link->dirname, folder, sizeof folder - 1) != 0 ||
            !leads_to(link, &header->files[file]))
            continue;
        if (read_hex(link->dirname + sizeof folder - 1, '/', out_id, 1) != 1)
            continue;
        uint32_t length = read_hex(link->basename, '\0', out_id + 1, WH_BUILD_ID_MAX - 1);
        if (length > 0)
            return length + 1;
    }
    return 0;
}
