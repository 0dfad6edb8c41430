/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_debugdata.c - inputs of debugdata_fuzz.c: each pair as it is, both ways, and a change in
 * each list. */
#include <stdio.h>

#include "seeds.h"

enum { MACHINES = 3, CHANGES = 16, LISTS = 7, CHANGED_PATCH = 0x40, CHANGE = 6 };

static void seed_pair(unsigned machine, unsigned changes)
{
    char name[32];

    for (unsigned patch = 0; patch < 2; patch++) {
        uint8_t choice = (uint8_t)(machine | changes << 2 | (patch ? CHANGED_PATCH : 0));
        (void)snprintf(name, sizeof name, "%s-%u-%u", patch ? "patch" : "pair", machine, changes);
        seed("debugdata", name, CHOICES(choice, 0, 0, 0, 0, 0, 0, 0));
    }
}

/* One change, in the list of that number. */
static void seed_change(uint8_t choice, unsigned list, uint8_t at)
{
    uint8_t input[1 + LISTS + CHANGE] = {choice};
    char name[32];

    input[1 + list] = 1;
    input[2 + list] = at;
    input[4 + list] = 1;
    (void)snprintf(name, sizeof name, "change-%u-%u-%u", choice, list, at);
    seed("debugdata", name, (struct wh_bytes){input, sizeof input});
}

void seed_debugdata(void)
{
    for (unsigned machine = 0; machine < MACHINES; machine++)
        for (unsigned changes = 0; changes < CHANGES; changes += 5)
            seed_pair(machine, changes);
    for (unsigned list = 0; list < LISTS; list++) {
        seed_change(CHANGED_PATCH, list, 4);
        seed_change(0, list, 40);
    }
}
