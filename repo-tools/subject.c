/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subject.c - see subject.h. */
#include "subject.h"

#include <string.h>

#include "jobs.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

const char *wh_skip_text(enum wh_skip skip)
{
    static const char *const texts[WH_SKIPS] = {
        [WH_SKIP_NOT] = "has bundles",
        [WH_SKIP_SOURCE] = "source package",
        [WH_SKIP_NO_OLDER] = "no older version",
        [WH_SKIP_NO_DIGEST] = "no digest of the plain payload in its header",
        [WH_SKIP_WEAK] = "weak file digests",
        [WH_SKIP_SIGNATURE] = "signatures that cannot be carried over",
        [WH_SKIP_UNSUPPORTED] = "of a form that is not supported",
        [WH_SKIP_NO_GAIN] = "bundles would save too little",
    };

    return texts[skip];
}

static bool has_weak_digests(const struct wh_header *header)
{
    return header->file_count > 0 && !wh_digest_is_strong(header->digest_algorithm);
}

enum wh_skip wh_subject_refuse(const struct wh_package_file *file)
{
    if (file->header->is_source)
        return WH_SKIP_SOURCE;
    if (file->header->payload_alt_count == 0)
        return WH_SKIP_NO_DIGEST;
    if (has_weak_digests(file->header))
        return WH_SKIP_WEAK;
    if (wh_prefix_can_rewrite(&file->prefix, NULL) != WH_OK)
        return WH_SKIP_SIGNATURE;
    return WH_SKIP_NOT;
}

enum wh_skip wh_origin_refuse(const struct wh_package_file *file)
{
    if (file->header->is_source)
        return WH_SKIP_SOURCE;
    return has_weak_digests(file->header) ? WH_SKIP_WEAK : WH_SKIP_NOT;
}

/* What reads the whole file, and what unpacks it: neither waits for the other. */
struct preparation {
    struct wh_subject *subject;
    const struct wh_digest *pkgid;
    wh_status status[2];
    struct wh_error error[2];
};

static bool prepare_one(void *context, uint32_t number)
{
    struct preparation *preparation = context;
    struct wh_subject *subject = preparation->subject;
    struct wh_error *err = &preparation->error[number];

    preparation->status[number] = number == 0 ? wh_package_digest(&subject->file,
                                                    preparation->pkgid, &subject->digests, err)
                                              : wh_package_unpack(&subject->file, err);
    return preparation->status[number] == WH_OK;
}

static wh_status digest_and_unpack(
    struct wh_subject *subject, const struct wh_digest *pkgid, struct wh_error *err)
{
    struct preparation preparation = {.subject = subject, .pkgid = pkgid};
    const struct wh_jobs jobs = {prepare_one, &preparation, 2, 2};

    wh_jobs_run(&jobs);
    for (int i = 0; i < 2; i++) {
        if (preparation.status[i] == WH_OK)
            continue;
        if (err)
            *err = preparation.error[i];
        return preparation.status[i];
    }
    return WH_OK;
}

wh_status wh_subject_prepare(struct wh_package_file *file, const struct wh_digest *pkgid,
    struct wh_subject *out_subject, struct wh_error *err)
{
    wh_cleanup(wh_subject_clear) struct wh_subject subject = {
        .file = *file, .correction.ceiling = WH_SKELETON_MAX};
    struct wh_digest digest;

    *file = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
    WH_TRY(wh_digest_of(WH_SHA256, subject.file.prefix.bytes, &digest, err));
    memcpy(subject.prefix_sha256, digest.bytes, sizeof subject.prefix_sha256);
    WH_TRY(digest_and_unpack(&subject, pkgid, err));
    WH_TRY(wh_skeleton_compare(subject.file.header, &subject.file.skeleton,
        &subject.correction_mode, &subject.correction, err));
    *out_subject = subject;
    subject = (struct wh_subject)WH_SUBJECT_NONE;
    return WH_OK;
}

void wh_subject_clear(struct wh_subject *subject)
{
    wh_package_clear(&subject->file);
    wh_buffer_clear(&subject->correction);
    *subject = (struct wh_subject)WH_SUBJECT_NONE;
}
