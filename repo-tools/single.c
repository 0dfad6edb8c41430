/* SPDX-License-Identifier: GPL-2.0-or-later */
/* single.c - see single.h. */
#include "single.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "files.h"
#include "group_encode.h"
#include "group_report.h"
#include "patch_file.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Reads a regular file: nothing that could block, or change while it is mapped. */
static wh_status read_file(
    const char *name, uint64_t ceiling, struct wh_buffer *out, struct wh_error *err)
{
    struct stat info;
    wh_autoclose int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return wh_fail_errno(err, "%s", name);
    if (fstat(fd, &info) < 0)
        return wh_fail_errno(err, "%s", name);
    if (!S_ISREG(info.st_mode))
        return wh_fail(err, WH_UNSUPPORTED, "%s: not a regular file", name);
    *out = (struct wh_buffer){.ceiling = (size_t)ceiling};
    return wh_read_whole(fd, name, out, err);
}

/* Where a file is to be written. */
struct destination {
    int folder;
    const char *name;
};

static void close_destination(struct destination *destination)
{
    wh_close_fd(&destination->folder);
}

/* Before any work: a device or a link must not be replaced by a file. */
static wh_status open_destination(
    const char *path, struct destination *destination, struct wh_error *err)
{
    struct stat info;

    WH_TRY(wh_open_folder_of(path, &destination->folder, &destination->name, err));
    if (destination->name[0] == '\0')
        return wh_fail(err, WH_UNSUPPORTED, "%s: not a name for a file", path);
    if (fstatat(destination->folder, destination->name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISREG(info.st_mode) ? WH_OK
                                     : wh_fail(err, WH_UNSUPPORTED, "%s: not a regular file", path);
    return errno == ENOENT ? WH_OK : wh_fail_errno(err, "%s", path);
}

static wh_status place(const char *path, const struct destination *destination,
    struct wh_bytes content, struct wh_error *err)
{
    return wh_name_file(
        path, wh_place_file(destination->folder, destination->name, content, err), err);
}

/* ---- diff ---------------------------------------------------------------------------------- */

static wh_status describe(
    struct wh_bytes old, struct wh_bytes fresh, struct wh_patch_file *patch, struct wh_error *err)
{
    struct wh_digest digest;

    patch->old_length = old.length;
    patch->new_length = fresh.length;
    WH_TRY(wh_digest_of(WH_SHA256, old, &digest, err));
    memcpy(patch->old_sha256, digest.bytes, sizeof patch->old_sha256);
    WH_TRY(wh_digest_of(WH_SHA256, fresh, &digest, err));
    memcpy(patch->new_sha256, digest.bytes, sizeof patch->new_sha256);
    return WH_OK;
}

/* A patch that does not give the new file is a fault of this program, and is not written. */
static wh_status prove(const struct wh_patch_file *patch, struct wh_bytes old, struct wh_error *err)
{
    wh_autofree uint8_t *content = NULL;

    return wh_patch_file_apply(patch, old, &content, err);
}

/* What the one that was taken costs is known well. */
static wh_status complete_costs(const struct wh_patch_file *patch, struct wh_bytes old,
    struct wh_bytes fresh, struct wh_costs *costs, struct wh_error *err)
{
    WH_TRY(wh_costs_complete(old, fresh, costs, err));
    if (patch->codec == WH_CODEC_PATCH)
        costs->patch = costs->set_patch = patch->stored.length;
    else if (patch->with_base)
        costs->prefixed = costs->set_frame = patch->stored.length;
    else
        costs->whole = patch->stored.length;
    return WH_OK;
}

static wh_status add_method(
    const struct wh_patch_file *patch, struct json_object *object, struct wh_error *err)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};

    if (patch->codec != WH_CODEC_PATCH)
        return WH_OK;
    WH_TRY(wh_streams_open(patch->stored, patch->new_length, 1, &streams, err));
    wh_json_add_text(object, "method", wh_method_name(&streams.readers[WH_STREAM_CONTROL]));
    return WH_OK;
}

static wh_status report(const struct wh_single_files *files, const struct wh_patch_file *patch,
    const struct wh_costs *costs, struct json_object **out_object, struct wh_error *err)
{
    wh_cleanup(wh_json_put) struct json_object *object = json_object_new_object();

    wh_json_add_text(object, "old", files->old_file);
    wh_json_add_text(object, "new", files->new_file);
    wh_json_add_text(object, "patch", files->patch_file);
    wh_json_add_number(object, "old_bytes", patch->old_length);
    wh_json_add_number(object, "new_bytes", patch->new_length);
    wh_json_add_number(object, "patch_bytes", WH_PATCH_FILE_HEAD + patch->stored.length);
    wh_json_add(object, "with_base", json_object_new_boolean(patch->with_base));
    WH_TRY(wh_group_report(patch->codec, patch->stored, object, err));
    WH_TRY(add_method(patch, object, err));
    wh_json_add(object, "costs", wh_costs_report(costs));
    *out_object = wh_take(object);
    return WH_OK;
}

wh_status wh_single_diff(const struct wh_single_files *files, const struct wh_means *means,
    struct json_object **out_object, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer old = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer fresh = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {
        .ceiling = WH_BUNDLE_MAX + WH_PATCH_FILE_HEAD};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    wh_cleanup(wh_json_put) struct json_object *object = NULL;
    wh_cleanup(close_destination) struct destination destination = {.folder = -1};
    struct wh_patch_file patch = {0};

    WH_TRY(open_destination(files->patch_file, &destination, err));
    WH_TRY(read_file(files->old_file, WH_CONTENT_MAX, &old, err));
    WH_TRY(read_file(files->new_file, WH_CONTENT_MAX, &fresh, err));
    WH_TRY(describe(wh_buffer_bytes(&old), wh_buffer_bytes(&fresh), &patch, err));
    wh_status status = wh_groups_encode_one(
        wh_buffer_bytes(&old), wh_buffer_bytes(&fresh), means, &groups, err);
    WH_TRY(wh_name_file(files->new_file, status, err));
    patch.codec = groups.groups[0].codec;
    patch.with_base = groups.entries[0].base != WH_NO_FILE;
    patch.stored = groups.groups[0].stored;
    WH_TRY(wh_name_file(files->patch_file, prove(&patch, wh_buffer_bytes(&old), err), err));
    WH_TRY(complete_costs(
        &patch, wh_buffer_bytes(&old), wh_buffer_bytes(&fresh), &groups.costs[0], err));
    WH_TRY(report(files, &patch, &groups.costs[0], &object, err));
    wh_patch_file_write(&patch, &bytes);
    WH_TRY(wh_buffer_check(&bytes, err));
    WH_TRY(place(files->patch_file, &destination, wh_buffer_bytes(&bytes), err));
    *out_object = wh_take(object);
    return WH_OK;
}

void wh_single_print(FILE *out, struct json_object *object)
{
    uint64_t patch = wh_json_number(object, "patch_bytes");
    uint64_t fresh = wh_json_number(object, "new_bytes");
    const char *method = wh_json_text(object, "method");

    wh_print_name(out, wh_json_text(object, "patch"));
    (void)fprintf(out, ": %" PRIu64 " bytes, ", patch);
    if (fresh > 0)
        (void)fprintf(out, "%.2f %% of ", 100.0 * (double)patch / (double)fresh);
    wh_print_name(out, wh_json_text(object, "new"));
    (void)fprintf(out, " [%s%s%s]\n", wh_json_text(object, "codec"), *method ? ", " : "", method);
    (void)fputs("by codec: ", out);
    wh_costs_print(out, json_object_object_get(object, "costs"));
    (void)fputc('\n', out);
}

/* ---- patch --------------------------------------------------------------------------------- */

static double cpu_seconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static wh_status decode(const struct wh_patch_file *patch, struct wh_bytes old,
    uint8_t **out_content, struct json_object *object, struct wh_error *err)
{
    double start = cpu_seconds();
    wh_status status = wh_patch_file_decode(patch, old, out_content, err);

    wh_json_add(object, "decoder_cpu_s", json_object_new_double(cpu_seconds() - start));
    return status;
}

wh_status wh_single_patch(
    const struct wh_single_files *files, struct json_object **out_object, struct wh_error *err)
{
    wh_cleanup(wh_json_put) struct json_object *object = json_object_new_object();
    wh_cleanup(wh_buffer_clear) struct wh_buffer old = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {0};
    wh_cleanup(close_destination) struct destination destination = {.folder = -1};
    wh_autofree uint8_t *content = NULL;
    struct wh_patch_file patch;

    WH_TRY(open_destination(files->new_file, &destination, err));
    WH_TRY(read_file(files->patch_file, WH_BUNDLE_MAX + WH_PATCH_FILE_HEAD, &bytes, err));
    wh_status status = wh_patch_file_parse(wh_buffer_bytes(&bytes), &patch, err);
    WH_TRY(wh_name_file(files->patch_file, status, err));
    WH_TRY(read_file(files->old_file, WH_CONTENT_MAX, &old, err));
    status = wh_patch_file_check(&patch, wh_buffer_bytes(&old), err);
    WH_TRY(wh_name_file(files->old_file, status, err));
    status = decode(&patch, wh_buffer_bytes(&old), &content, object, err);
    WH_TRY(wh_name_file(files->patch_file, status, err));
    const struct wh_bytes made = {content, (size_t)patch.new_length};
    WH_TRY(wh_name_file(files->patch_file, wh_patch_file_prove(&patch, made, err), err));
    WH_TRY(place(files->new_file, &destination, made, err));
    wh_json_add_text(object, "new", files->new_file);
    wh_json_add_number(object, "new_bytes", made.length);
    *out_object = wh_take(object);
    return WH_OK;
}
