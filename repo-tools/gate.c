/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gate.c - see gate.h. */
#include "gate.h"

#include <pthread.h>
#include <rpm/rpmcli.h>
#include <rpm/rpmkeyring.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <string.h>

#include "differences.h"
#include "files.h"
#include "whittle/cleanup.h"

/* ---- what rpm says ------------------------------------------------------------------------- */

static pthread_mutex_t rpm_lock = PTHREAD_MUTEX_INITIALIZER;

/* rpm would print its verdict; the caller's error says it instead. */
static int swallow(rpmlogRec record, rpmlogCallbackData data)
{
    (void)record;
    (void)data;
    return 0;
}

wh_status wh_gate_begin(struct wh_error *err)
{
    if (rpmReadConfigFiles(NULL, NULL) != 0)
        return wh_fail(err, WH_MISSING, "librpm cannot read its configuration");
    (void)rpmlogSetCallback(swallow, NULL);
    return WH_OK;
}

void wh_gate_end(void)
{
    rpmFreeRpmrc();
    rpmFreeMacros(NULL);
}

static int verify_locked(char *path)
{
    char *paths[] = {path, NULL};
    rpmKeyring keyring = rpmKeyringNew(); /* empty: digests are what whittle could break */
    rpmts ts = rpmtsCreate();

    (void)rpmtsSetKeyring(ts, keyring);
    (void)rpmtsSetVfyLevel(ts, RPMSIG_DIGEST_TYPE);
    (void)rpmtsSetVfyFlags(ts, RPMVSF_MASK_NOSIGNATURES);
    int bad = rpmcliVerifySignatures(ts, paths);
    (void)rpmtsFree(ts);
    (void)rpmKeyringFree(keyring);
    return bad;
}

wh_status wh_gate_rpm(int fd, const char *name, struct wh_error *err)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    (void)pthread_mutex_lock(&rpm_lock);
    int bad = verify_locked(path);
    (void)pthread_mutex_unlock(&rpm_lock);
    return bad ? wh_fail(err, WH_MISMATCH, "%s: rpm does not accept what was assembled", name)
               : WH_OK;
}

/* ---- assembling ---------------------------------------------------------------------------- */

/* Where old contents come from. */
struct old_contents {
    const struct wh_package_file *origin;
    uint64_t read; /* bytes since its pages were given back */
};

static wh_status read_old(void *context, uint32_t file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    struct old_contents *old = context;
    const struct wh_package_file *origin = old->origin;
    struct wh_bytes content = wh_package_content(origin, file);

    if (!content.data || offset > content.length || length > content.length - offset)
        return wh_fail(err, WH_MISSING, "%s: file %u has no such bytes", origin->path, file);
    while (length > 0) { /* in parts, so that little of it is here twice */
        size_t part = length < WH_FORGET_AFTER ? length : WH_FORGET_AFTER;
        memcpy(out, content.data + offset, part);
        out += part;
        offset += part;
        length -= part;
        old->read += part;
        if (old->read < WH_FORGET_AFTER)
            continue;
        wh_package_forget(origin);
        old->read = 0;
    }
    return WH_OK;
}

static wh_status sink_write(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    return wh_write_at(*(const int *)context, "a temporary file", offset, data, length, err);
}

static wh_status sink_read(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    return wh_read_at(*(const int *)context, "a temporary file", offset, out, length, err);
}

/* What takes the place of a file: the payload that is to come out. */
struct expected {
    const struct wh_package_file *target;
    uint64_t start; /* of the payload in what is assembled */
    uint64_t read;  /* bytes since its pages were given back */
};

static wh_status locate_expected(struct expected *expected, uint64_t offset, size_t length,
    const uint8_t **out_bytes, struct wh_error *err)
{
    struct wh_bytes payload = expected->target->payload;

    if (expected->read >= WH_FORGET_AFTER) {
        wh_package_forget(expected->target);
        expected->read = 0;
    }
    expected->read += length;
    if (offset < expected->start || offset - expected->start > payload.length ||
        length > payload.length - (offset - expected->start))
        return wh_fail(
            err, WH_MISMATCH, "%s: the payload has another length", expected->target->path);
    *out_bytes = payload.data + (offset - expected->start);
    return WH_OK;
}

static wh_status compare_write(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    struct expected *expected = context;
    const uint8_t *bytes = NULL;

    if (offset == 0 && length == expected->start) /* the prefix, which its digest proves */
        return WH_OK;
    WH_TRY(locate_expected(expected, offset, length, &bytes, err));
    if (memcmp(bytes, data, length) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: a content does not come out", expected->target->path);
    return WH_OK;
}

static wh_status compare_read(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    const uint8_t *bytes = NULL;

    WH_TRY(locate_expected(context, offset, length, &bytes, err));
    memcpy(out, bytes, length);
    return WH_OK;
}

static void mark_absent(
    const struct wh_gate_input *input, const struct wh_header *header, struct wh_report *report)
{
    for (uint32_t i = 0; i < header->file_count; i++) {
        enum wh_file_class class = wh_file_class(&header->files[i]);
        if ((input->without_config && class == WH_CLASS_CONFIG) ||
            (input->without_doc && class == WH_CLASS_DOC))
            report->differs[i] = 1;
    }
    for (uint32_t i = 0; i < input->differs_count; i++)
        report->differs[input->differs[i]] = 1;
}

static wh_status assemble_and_compare(struct wh_assembly *assembly, const struct wh_source *source,
    const struct wh_package_file *target, struct wh_error *err)
{
    uint64_t size = wh_assembly_size(assembly);
    struct expected expected = {.target = target};
    const struct wh_sink sink = {compare_write, compare_read, &expected};

    if (size < target->payload.length)
        return wh_fail(err, WH_MISMATCH, "%s: the payload has another length", target->path);
    expected.start = size - target->payload.length;
    return wh_assembly_run(assembly, source, &sink, NULL, NULL, err);
}

static wh_status assemble_for_rpm(
    struct wh_assembly *assembly, const struct wh_source *source, struct wh_error *err)
{
    wh_autoclose int fd = -1;
    const struct wh_sink sink = {sink_write, sink_read, &fd};

    WH_TRY(wh_anonymous_file(&fd, err));
    WH_TRY(wh_assembly_run(assembly, source, &sink, NULL, NULL, err));
    return wh_gate_rpm(fd, wh_assembly_new_header(assembly)->name, err);
}

wh_status wh_gate_check(const struct wh_gate_input *input, struct wh_error *err)
{
    const struct wh_assembly_input assembly_input = {
        .old_header = input->origin->prefix.header.bytes,
        .bundles = input->bundles,
        .bundle_count = input->bundle_count,
        .old_files = input->listed,
        .old_file_count = input->listed_count,
    };
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    wh_cleanup(wh_report_clear) struct wh_report report = {0};
    struct old_contents old = {input->origin, 0};
    const struct wh_source source = {read_old, &old};

    WH_TRY(wh_assembly_new(&assembly_input, &assembly, err));
    const struct wh_header *old_header = wh_assembly_old_header(assembly);
    WH_TRY(wh_report_init(&report, old_header, err));
    mark_absent(input, old_header, &report);
    WH_TRY(wh_assembly_plan_for(assembly, &report, err));
    return input->target ? assemble_and_compare(assembly, &source, input->target, err)
                         : assemble_for_rpm(assembly, &source, err);
}
