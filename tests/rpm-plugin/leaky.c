/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leaky.c - takes the place of what gives memory back (--wrap), so that the plugin leaks it. */
#include <rpm/rpmtd.h>

void __wrap_free(void *memory);
void __wrap_rpmtdFreeData(rpmtd data);

void __wrap_free(void *memory)
{
    (void)memory;
}

void __wrap_rpmtdFreeData(rpmtd data)
{
    (void)data;
}
