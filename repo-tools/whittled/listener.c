/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener.c - see listener.h. */
#include "whittled/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "whittle/bytes.h"
#include "whittle/cleanup.h"

#define HANDED_OVER 3 /* SD_LISTEN_FDS_START */
#define BACKLOG 1024
#define DEFAULT_PLACE "127.0.0.1:8077"

static void free_addresses(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}

static bool is_number(const char *name, uint64_t value)
{
    const char *text = getenv(name);
    uint64_t found;

    return text && wh_decimal(text, UINT32_MAX, &found) && found == value;
}

static bool is_handed_over(void)
{
    return is_number("LISTEN_PID", (uint64_t)getpid()) && is_number("LISTEN_FDS", 1);
}

/* Cuts ADDRESS:PORT in two; an address in brackets loses them. */
static wh_status split(const char *where, char **out_address, char **out_port, struct wh_error *err)
{
    const char *colon = strrchr(where, ':');
    size_t length = colon ? (size_t)(colon - where) : 0;
    uint64_t number;

    if (length > 1 && where[0] == '[' && where[length - 1] == ']') {
        where++;
        length -= 2;
    } else if (colon && memchr(where, ':', length)) {
        length = 0;
    }
    if (length == 0 || !wh_decimal(colon + 1, UINT16_MAX, &number))
        return wh_fail(err, WH_MALFORMED, "--listen takes ADDRESS:PORT, or [ADDRESS]:PORT");
    *out_address = strndup(where, length);
    *out_port = strdup(colon + 1);
    return *out_address && *out_port ? WH_OK : wh_no_memory(err);
}

static wh_status listen_on(
    const struct addrinfo *address, const char *where, int *out_fd, struct wh_error *err)
{
    wh_autoclose int fd = socket(
        address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    const int on = 1;

    if (fd < 0)
        return wh_fail_errno(err, "a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
        return wh_fail_errno(err, "%s", where);
    *out_fd = fd;
    fd = -1;
    return WH_OK;
}

wh_status wh_listener_open(const char *where, int *out_fd, struct wh_error *err)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    wh_cleanup(free_addresses) struct addrinfo *addresses = NULL;
    wh_autofree char *address = NULL;
    wh_autofree char *port = NULL;

    if (!where && is_handed_over()) {
        *out_fd = HANDED_OVER;
        if (fcntl(HANDED_OVER, F_SETFD, FD_CLOEXEC) < 0)
            return wh_fail_errno(err, "the socket that was handed over");
        return WH_OK;
    }
    where = where ? where : DEFAULT_PLACE;
    WH_TRY(split(where, &address, &port, err));
    int failed = getaddrinfo(address, port, &hints, &addresses);
    if (failed)
        return wh_fail(err, WH_MALFORMED, "--listen: %s: %s", where, gai_strerror(failed));
    return listen_on(addresses, where, out_fd, err);
}
