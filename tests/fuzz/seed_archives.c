/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_archives.c - archives as usual tools write them. */
#include "made_archives.h"
#include "seeds.h"

void seed_archives(void)
{
    for (int i = 0; i < MADE_ARCHIVES; i++)
        seed_chosen("container", made_archives[i].name, CHOICES(0x7f), made_archives[i].bytes);
    seed_chosen("container", "first-and-third", CHOICES(0x05), made_archives[MADE_PYTHON_1].bytes);
    seed_chosen("container", "streams-anywhere", CHOICES(0x82, 32, 36, 95, 1, 62, 30, 95, 2),
        made_archives[MADE_STREAMED].bytes);
    seed_text("container", "xz", "\x01\xfd\x37\x7a\x58\x5a");
    seed_text("container", "text", "\x01no container");
}
