/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seeds.c - writes valid inputs of every harness: FOLDER/HARNESS/NAME. The fuzzers start from them,
 * and what they find stands beside them. */
#include "seeds.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored_bundle.h"
#include "whittle/cleanup.h"

enum { CEILING = 1 << 20 };

static const char *folder;

void seed_must(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return;
    (void)fprintf(stderr, "seeds: %s\n", err->message);
    abort();
}

void seed(const char *harness, const char *name, struct wh_bytes bytes)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, harness);
    (void)mkdir(path, 0755);
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, harness, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length || fclose(file) != 0) {
        (void)fprintf(stderr, "seeds: %s: cannot be written\n", path);
        exit(1);
    }
}

void seed_text(const char *harness, const char *name, const char *text)
{
    seed(harness, name, (struct wh_bytes){(const uint8_t *)text, strlen(text)});
}

void seed_chosen(
    const char *harness, const char *name, struct wh_bytes choices, struct wh_bytes bytes)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = CEILING};

    wh_buffer_append(&whole, choices.data, choices.length);
    wh_buffer_append(&whole, bytes.data, bytes.length);
    seed(harness, name, wh_buffer_bytes(&whole));
}

/* ---- test vectors --------------------------------------------------------------------------- */

static void read_vector(const char *vectors, const char *name, struct wh_buffer *out)
{
    char path[4096];
    uint8_t chunk[4096];
    size_t length;

    (void)snprintf(path, sizeof path, "%s/%s", vectors, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        (void)fprintf(stderr, "seeds: %s: cannot be read\n", path);
        exit(1);
    }
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        wh_buffer_append(out, chunk, length);
    (void)fclose(file);
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* The vectors' older version is not always the samples', so their prefixes must do without it. */
static void seed_bundle(const char *name, struct wh_bytes bytes, const struct wh_buffer *old)
{
    wh_cleanup(stored_bundle_clear) struct stored_bundle bundle = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = CEILING};
    struct wh_prefix prefix;
    struct wh_error err;

    seed_must(wh_prefix_parse(wh_buffer_bytes(old), &prefix, &err), &err);
    if (!stored_bundle_open(bytes, prefix.header.bytes, &bundle))
        abort();
    stored_bundle_close(&bundle, &stored);
    seed("bundle", name, wh_buffer_bytes(&stored));
    seed_assembly(name, wh_buffer_bytes(&stored), CHOICES(0, 0, 0, 0));
}

static void seed_vector(const char *name, struct wh_bytes bytes, const struct wh_buffer *old)
{
    if (ends_with(name, ".wht"))
        seed_bundle(name, bytes, old);
    else if (ends_with(name, ".prefix"))
        seed("prefix", name, bytes);
    else if (strncmp(name, "upgrade", 7) == 0 || strncmp(name, "instructions", 12) == 0)
        seed("upgrade", name, bytes);
    else if (ends_with(name, ".xml") || ends_with(name, ".xml.zst"))
        seed("index", name, bytes);
    if (ends_with(name, ".zst"))
        seed_chosen("frame", name, CHOICES(0, 0, 0), bytes);
}

/* Vectors that are refused by design teach a fuzzer nothing, nor do those that start from a package
 * which the samples do not have; large ones only slow it down. */
static bool is_seed(const char *name)
{
    return name[0] != '.' && strncmp(name, "bad-", 4) != 0 && !strstr(name, "patch") &&
           !strstr(name, "packed") && !strstr(name, "mebibytes");
}

static void seed_vectors(const char *vectors)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer old = {.ceiling = CEILING};
    struct dirent **entries;
    int count = scandir(vectors, &entries, NULL, alphasort);

    if (count < 0) {
        perror(vectors);
        exit(1);
    }
    read_vector(vectors, "old.prefix", &old);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = CEILING};
        if (is_seed(name)) {
            read_vector(vectors, name, &bytes);
            seed_vector(name, wh_buffer_bytes(&bytes), &old);
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: fuzz_seeds FOLDER VECTORS\n");
        return 2;
    }
    folder = argv[1];
    seed_vectors(argv[2]);
    seed_archives();
    seed_bundles();
    seed_deflate();
    seed_elf();
    seed_packages();
    seed_debugdata();
    seed_patches();
    seed_recipes();
    seed_texts();
    seed_xz();
    return 0;
}
