/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_groups.c - see explain_groups.h. */
#include "explain_groups.h"

#include <inttypes.h>

#include "group_report.h"
#include "whittle/cleanup.h"

wh_status wh_explain_groups(
    const struct wh_bundle *bundle, struct json_object *object, struct wh_error *err)
{
    struct json_object *list = json_object_new_array();

    wh_json_add(object, "group_list", list); /* owns it from here on */
    for (uint32_t i = 0; i < bundle->group_count; i++) {
        const struct wh_group *group = &bundle->groups[i];
        struct json_object *row = json_object_new_object();
        (void)json_object_array_add(list, row);
        wh_json_add_number(row, "files", group->entry_count);
        WH_TRY(wh_group_report(group->codec, group->stored, row, err));
    }
    return WH_OK;
}

static void print_streams(FILE *out, struct json_object *streams, const char *key)
{
    for (int i = 0; i < WH_STREAMS; i++) {
        struct json_object *stream = json_object_object_get(
            streams, wh_stream_name((enum wh_patch_stream)i));
        (void)fprintf(out, " %11" PRIu64, wh_json_number(stream, key));
    }
}

void wh_explain_print_groups(FILE *out, struct json_object *object)
{
    struct json_object *list = json_object_object_get(object, "group_list");
    size_t count = json_object_array_length(list);

    if (count == 0)
        return;
    (void)fputs("  group codec   files       bytes     control         gap       value"
                "       extra\n",
        out);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        struct json_object *streams = json_object_object_get(row, "streams");
        (void)fprintf(out, "  %5zu %-6s %6" PRIu64 " %11" PRIu64, i, wh_json_text(row, "codec"),
            wh_json_number(row, "files"), wh_json_number(row, "bytes"));
        if (streams) {
            print_streams(out, streams, "bytes");
            (void)fprintf(out, "\n%32s", "inflated");
            print_streams(out, streams, "inflated");
        }
        (void)fputc('\n', out);
    }
}
