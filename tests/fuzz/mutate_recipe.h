/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_recipe.h - the recipes in a bundle's table, changed so that what a group announces still
 * is the sum of its members, or nearly. */
#ifndef WHITTLE_TESTS_MUTATE_RECIPE_H
#define WHITTLE_TESTS_MUTATE_RECIPE_H

#include "whittle/bytes.h"

/* Writes the table of a bundle with one recipe changed. False where it has none, or is none. */
bool mutate_recipe(struct wh_bytes bundle, unsigned seed, struct wh_buffer *out_table);

#endif
