/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_debugdata.c - writes patches of files with MiniDebugInfo into a folder, for an oracle that
 * shares no code with their decoder: CASE.PART, one file for each part. */
#include <stdio.h>
#include <stdlib.h>

#include "diff/debugdata_diff.h"
#include "made_debug.h"
#include "whittle/cleanup.h"

static const char *folder;

static void write_part(unsigned number, const char *part, struct wh_bytes bytes)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%u.%s", folder, number, part);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_residue(unsigned number, const struct wh_residue *residue)
{
    static const char *const names[WH_STREAMS] = {"control", "gap", "value", "extra"};

    for (int i = 0; i < WH_STREAMS; i++)
        write_part(number, names[i], wh_buffer_bytes(&residue->streams[i]));
}

static void write_case(unsigned number, const struct made_debug_recipe recipes[2])
{
    wh_cleanup(made_debug_clear) struct made_debug old;
    wh_cleanup(made_debug_clear) struct made_debug fresh;
    wh_cleanup(wh_residue_clear) struct wh_residue residue = {0};
    struct wh_error err = {0};

    made_debug_make(&recipes[0], &old);
    made_debug_make(&recipes[1], &fresh);
    const struct wh_debug_file old_file = made_debug_file(&old);
    const struct wh_debug_file file = made_debug_file(&fresh);
    if (wh_debugdata_diff(&old_file, &file, WH_EFFORT_DEFAULT, &residue, &err) != WH_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    write_part(number, "old-inner", old_file.inner);
    write_part(number, "old-outer", old_file.outer);
    write_part(number, "old-id", old_file.build_id);
    write_part(number, "inner", file.inner);
    write_part(number, "outer", file.outer);
    write_part(number, "id", file.build_id);
    write_residue(number, &residue);
}

int main(int argc, char **argv)
{
    static const struct {
        unsigned old_changes;
        unsigned changes;
        unsigned missing; /* part of the old program */
    } cases[] = {
        {0, 0, 0},
        {0, MADE_SYMBOL_REMOVED, 0},
        {MADE_SYMBOL_REMOVED, 0, 0},
        {0, MADE_SYMBOLS_RENAMED, 0},
        {MADE_SYMBOLS_RENAMED, MADE_SYMBOLS_TURNED, 0},
        {0, MADE_SYMBOL_STRANGE | MADE_SYMBOLS_RENAMED, MADE_CONSTANTS},
        {MADE_SYMBOL_STRANGE, 0, MADE_DYNAMIC},
    };

    if (argc != 2) {
        (void)fprintf(stderr, "usage: golden_debugdata FOLDER\n");
        return 2;
    }
    folder = argv[1];
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned parts = MADE_ALL & ~MADE_SYMBOLS;
        const struct made_debug_recipe recipes[2] = {
            {.outer = {WH_EM_X86_64, MADE_ET_DYN, parts & ~cases[i].missing, 0, false},
                .changes = cases[i].old_changes,
                .build_id = 1,
                .package = "{\"version\":\"9\"}"},
            {.outer = {WH_EM_X86_64, MADE_ET_DYN, parts, 80, true},
                .changes = cases[i].changes,
                .build_id = 2,
                .package = "{\"version\":\"10, and longer\"}"},
        };
        write_case(i, recipes);
    }
    return 0;
}
