/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_key.c - see store_key.h. */
#include "whittled/store_key.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "whittle/cleanup.h"

void wh_store_key_clear(struct wh_store_key *key)
{
    explicit_bzero(key, sizeof *key);
}

/* What systemd hands to a service may show rights of a group: of the list that lets in the service
 * alone. The folder keeps others out. */
static bool is_credential(const char *path)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t length = folder ? strlen(folder) : 0;

    return length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static wh_status open_key(const char *path, int *out_fd, struct wh_error *err)
{
    mode_t refused = is_credential(path) ? 0037 : 0077;
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0)
        return wh_fail_errno(err, "%s", path);
    if (!S_ISREG(info.st_mode) || (info.st_mode & refused) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: a key that others than its owner may read", path);
    *out_fd = fd;
    fd = -1;
    return WH_OK;
}

/* Printable, without blanks, and with nothing that ends it but its line. */
static bool take_line(struct wh_reader *text, char out_part[WH_KEY_MAX + 1])
{
    size_t length = 0;

    while (text->at < text->end && *text->at != '\n') {
        uint8_t byte = *text->at++;
        if (byte <= ' ' || byte > '~' || length == WH_KEY_MAX)
            return false;
        out_part[length++] = (char)byte;
    }
    out_part[length] = '\0';
    if (text->at < text->end)
        text->at++;
    return length > 0;
}

wh_status wh_store_key_read(const char *path, struct wh_store_key *out_key, struct wh_error *err)
{
    uint8_t bytes[2 * (WH_KEY_MAX + 1) + 1];
    wh_autoclose int fd = -1;

    WH_TRY(open_key(path, &fd, err));
    ssize_t length = read(fd, bytes, sizeof bytes);
    if (length < 0)
        return wh_fail_errno(err, "%s", path);
    struct wh_reader text = wh_reader_over((struct wh_bytes){bytes, (size_t)length});
    bool right = take_line(&text, out_key->id) && take_line(&text, out_key->secret) &&
                 wh_reader_at_end(&text);
    explicit_bzero(bytes, sizeof bytes);
    if (!right) {
        wh_store_key_clear(out_key);
        return wh_fail(err, WH_MALFORMED, "%s: not a key's id and its secret, a line each", path);
    }
    return WH_OK;
}
