/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canary_command.c - `whittle canary`. */
#include "canary/canary.h"

#include <json-c/json.h>
#include <rpm/rpmlib.h>
#include <stdio.h>
#include <string.h>

#include "whittle/commands.h"

static const char help[] =
    "Usage: whittle canary [--json]\n"
    "Installs a tiny assembled package into an empty temporary root and removes it.\n"
    "\n"
    "  --json     print one JSON object: works, and reason where it does not\n"
    "  --help     show this text\n"
    "\n"
    "Exit status: 0 assembled packages install here, 1 they do not, 2 bad arguments.\n";

static int print_json(const struct wh_error *reason)
{
    struct json_object *object = json_object_new_object();

    (void)json_object_object_add(object, "works", json_object_new_boolean(!reason));
    if (reason)
        (void)json_object_object_add(object, "reason", json_object_new_string(reason->message));
    int status = say(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    (void)json_object_put(object);
    return say("\n") != EXIT_DONE || reason ? EXIT_TROUBLE : status;
}

int run_canary(int argc, char **argv)
{
    bool json = argc >= 2 && strcmp(argv[1], "--json") == 0;
    struct wh_error err;
    int status;

    if (no_options(argc, argv, json ? 2 : 1, help, &status))
        return status;
    if (rpmReadConfigFiles(NULL, NULL) != 0) {
        (void)wh_fail(&err, WH_SYSTEM, "rpm's configuration cannot be read");
        return complain(EXIT_TROUBLE, argv[0], &err);
    }
    bool works = wh_canary_prove(&err) == WH_OK;
    if (json)
        return print_json(works ? NULL : &err);
    if (!works)
        return complain(EXIT_TROUBLE, argv[0], &err);
    return say("assembled packages install here\n");
}
