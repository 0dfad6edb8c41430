/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location_fuzz.c - names from metadata: as the location of a file, and as a package's name from
 * which a bundle's location is made. */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fuzz.h"
#include "whittle/bundle.h"
#include "whittle/cleanup.h"

/* Walks as a file system would: never above the start, and one step down for each component. */
static void check_walk(const char *location)
{
    wh_autofree char *copy = strdup(location);
    char *rest = NULL;
    size_t length = 0;

    if (!copy)
        abort();
    promise(location[0] != '/');
    for (const char *part = strtok_r(copy, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
        promise(strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
        length += strlen(part) + 1;
    }
    promise(length == strlen(location) + 1); /* else there were empty components */
    for (const char *at = location; *at; at++)
        promise((unsigned char)*at >= 0x20 && *at != 0x7f && *at != '\\');
}

static void check_bundle(const char *nvra)
{
    const uint8_t id[WH_SHA256_LENGTH] = {0xab};
    wh_autofree char *location = NULL;
    struct wh_error err = {0};

    if (!fuzz_ok(wh_bundle_location(nvra, id, &location, &err), &err))
        return;
    promise(wh_location_is_safe(location)); /* or what is published is never found again */
    promise(strncmp(location, "whittle/", 8) == 0 && !strchr(location + 8, '/'));
    promise(strncmp(location + 8, nvra, strlen(nvra)) == 0);
    promise(strlen(location + 8) <= 255);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_autofree char *text = strndup((const char *)data, size);

    if (!text)
        abort();
    if (wh_location_is_safe(text))
        check_walk(text);
    check_bundle(text);
    return 0;
}
