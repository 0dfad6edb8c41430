/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nevra.c - see nevra.h. */
#include "observe/nevra.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

/* Where the hyphen before the last two fields stands: names have hyphens, versions have none. */
static const char *end_of_name(const char *nevra)
{
    const char *end = nevra + strlen(nevra);

    for (int fields = 0; end > nevra; end--) {
        if (end[-1] == '-' && ++fields == 2)
            return end - 1 > nevra ? end - 1 : NULL;
    }
    return NULL;
}

char *wh_nevra_name(const char *nevra)
{
    const char *end = end_of_name(nevra);

    return end ? strndup(nevra, (size_t)(end - nevra)) : NULL;
}

static bool equals(const char *nevra, const struct wh_header *header, const char *epoch)
{
    wh_autofree char *text = NULL;

    return asprintf(&text, "%s-%s%s-%s.%s", header->name, epoch, header->version, header->release,
               header->arch) >= 0 &&
           strcmp(text, nevra) == 0;
}

bool wh_nevra_is(const char *nevra, const struct wh_header *header)
{
    char epoch[16];

    (void)snprintf(epoch, sizeof epoch, "%u:", header->epoch);
    return equals(nevra, header, epoch) || (header->epoch == 0 && equals(nevra, header, ""));
}
