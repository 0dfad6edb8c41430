/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.c - runs a harness over each file of the corpus folders, without libFuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

/* In memory of exactly the input's size, so that a read past its end shows. */
static void run_file(const char *path)
{
    static uint8_t whole[INPUT_MAX];
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(1);
    }
    size_t length = fread(whole, 1, sizeof whole, file);
    bool bad = ferror(file) != 0 || !feof(file);
    (void)fclose(file);
    uint8_t *input = malloc(length ? length : 1);
    if (!input || bad) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    for (size_t i = 0; i < length; i++)
        input[i] = whole[i];
    (void)LLVMFuzzerTestOneInput(input, length);
    free(input);
}

static unsigned long run_folder(const char *folder)
{
    struct dirent **entries;
    unsigned long files = 0;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0) {
        perror(folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            run_file(path);
            files++;
        }
        free(entries[i]);
    }
    free(entries);
    return files;
}

int main(int argc, char **argv)
{
    unsigned long files = 0;

    for (int i = 1; i < argc; i++)
        files += run_folder(argv[i]);
    (void)printf("%lu files, %lu accepted\n", files, fuzz_accepted());
    if (files > 0 && fuzz_accepted() > 0)
        return 0;
    (void)fprintf(stderr, "%s: no input is accepted: make the seeds anew\n", argv[0]);
    return 1;
}
