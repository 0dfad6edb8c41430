/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assembly_fuzz.c - a bundle, all the way to a package file, on a system that has one of two fixed
 * older versions. Four bytes of the head that only people read, the package's size, choose what the
 * system and its report are like. Digests that stand between the fuzzer and the code are mended. */
#include <stdlib.h>
#include <string.h>

#include "assemble/assembly.h"
#include "fuzz.h"
#include "stored_bundle.h"
#include "whittle/cleanup.h"

enum { FILE_MAX = 1 << 22, CONTENT_MAX = 1 << 20 };

/* The system, and what is promised about how it is asked. */
struct system {
    struct fuzz_versions versions;
    uint16_t differs; /* a bit an old file: reported as changed */
    uint8_t lies;     /* a bit an old file: changed, but not reported */
    bool supplied;    /* a step comes with its supplements */
    struct wh_buffer file;
    uint64_t size;
};

static struct system choose(const uint8_t *bundle, size_t length)
{
    const uint8_t *choices = bundle + BUNDLE_PACKAGE_SIZE_AT;

    return (struct system){
        .versions = fuzz_versions_for(bundle, length),
        .differs = (uint16_t)(choices[0] | choices[1] << 8),
        .lies = choices[2],
        .supplied = choices[3] & 1,
        .file.ceiling = FILE_MAX,
    };
}

static wh_status read_old(void *context, uint32_t file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    const struct system *system = context;
    struct sample old = *system->versions.old;

    promise(file < old.header->file_count);
    const struct wh_file *row = &old.header->files[file];
    promise(S_ISREG(row->mode) && !(row->flags & WH_FILE_GHOST));
    promise(offset <= row->size && length > 0 && length <= row->size - offset);
    WH_TRY(sample_read(&old, file, offset, out, length, err));
    if (file < 8 && system->lies >> file & 1)
        out[0] ^= 1;
    return WH_OK;
}

static wh_status write_new(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    struct system *system = context;

    promise(offset <= system->size && length <= system->size - offset);
    return sample_sink_write(&system->file, offset, data, length, err);
}

static wh_status read_new(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    struct system *system = context;

    promise(offset <= system->size && length <= system->size - offset);
    return sample_sink_read(&system->file, offset, out, length, err);
}

static void show_progress(void *context, uint64_t done)
{
    const struct system *system = context;

    promise(done <= system->size);
}

/* The file that an assembly calls proved. */
static void check_package(const struct wh_assembly *assembly, const struct system *system)
{
    struct wh_bytes file = wh_buffer_bytes(&system->file);
    const struct sample *new = system->versions.fresh;
    struct wh_prefix prefix;
    size_t length;

    promise(file.length == system->size);
    promise(wh_prefix_measure(file, &length, NULL) == WH_OK && length <= file.length);
    promise(wh_prefix_parse((struct wh_bytes){file.data, length}, &prefix, NULL) == WH_OK);
    struct wh_bytes payload = {file.data + length, file.length - length};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    promise(wh_header_parse(prefix.header.bytes, &header, NULL) == WH_OK);
    promise(header->payload_alt_count > 0);
    for (uint32_t i = 0; i < header->payload_alt_count; i++) {
        struct wh_digest digest;
        promise(wh_digest_of(header->payload_alt[i].algorithm, payload, &digest, NULL) == WH_OK);
        promise(wh_digest_equal(&digest, &header->payload_alt[i]));
    }
    promise(fuzz_same(prefix.header.bytes, assembly->prefix.header.bytes));
    if (fuzz_same(prefix.header.bytes, new->parsed.header.bytes))
        promise(fuzz_same(payload, wh_buffer_bytes(&new->payload)));
    fuzz_accept();
}

static void check_plan(const struct wh_assembly *assembly)
{
    const struct wh_plan *plan = wh_assembly_plan(assembly);
    uint32_t files = 0;

    promise(plan && plan->instruction_count == wh_assembly_new_header(assembly)->file_count);
    for (int kind = 0; kind <= WH_EMPTY; kind++)
        files += plan->totals[kind].files;
    promise(files == plan->instruction_count);
    for (uint32_t i = 0; i < plan->instruction_count; i++) {
        const struct wh_instruction *instruction = &plan->instructions[i];
        promise(instruction->kind <= WH_EMPTY);
        if (instruction->kind == WH_KEEP)
            promise(instruction->source < wh_assembly_old_header(assembly)->file_count);
        if (instruction->kind == WH_PATCH || instruction->kind == WH_FETCH)
            promise(instruction->source <
                    wh_assembly_bundle(assembly, instruction->bundle)->group_count);
        if (instruction->kind == WH_TWIN)
            promise(instruction->source < plan->instruction_count);
    }
}

static bool is_small(const struct wh_assembly *assembly)
{
    const struct wh_header *header = wh_assembly_new_header(assembly);

    for (uint32_t i = 0; i < header->file_count; i++)
        if (header->files[i].has_content && header->files[i].size > CONTENT_MAX)
            return false;
    for (uint32_t b = 0; b < assembly->bundle_count; b++)
        for (uint32_t g = 0; g < assembly->bundles[b].group_count; g++) {
            const struct wh_group *group = &assembly->bundles[b].groups[g];
            if (group->plain_bases > CONTENT_MAX || group->plain_contents > CONTENT_MAX)
                return false;
        }
    return wh_assembly_size(assembly) <= FILE_MAX;
}

static void clear_report(struct wh_report *report)
{
    wh_report_clear(report);
}

/* Plans around every file that turns out to be changed, as the client does. */
static wh_status produce(struct wh_assembly *assembly, struct system *system)
{
    wh_cleanup(clear_report) struct wh_report report = {0};
    const struct wh_source source = {read_old, system};
    const struct wh_sink sink = {write_new, read_new, system};
    struct wh_error err = {0};
    wh_status status;

    if (wh_report_init(&report, system->versions.old->header, NULL) != WH_OK)
        abort();
    for (uint32_t i = 0; i < report.file_count; i++)
        report.differs[i] = i < 16 && system->differs >> i & 1;
    system->size = wh_assembly_size(assembly);
    for (uint32_t round = 0; round <= report.file_count; round++) {
        status = wh_assembly_plan_for(assembly, &report, &err);
        if (!fuzz_ok(status, &err))
            return status;
        check_plan(assembly);
        system->file.length = 0;
        status = wh_assembly_run(assembly, &source, &sink, show_progress, system, &err);
        if (fuzz_ok(status, &err))
            check_package(assembly, system);
        if (status != WH_MISSING)
            return status;
    }
    promise_not_reached("every round marks one more file");
}

/* The bundles of one package: the step first. */
struct bundles {
    struct wh_buffer bundle[WH_PLAN_BUNDLES_MAX];
    uint32_t count;
};

static void add_bundle(struct bundles *bundles, struct wh_bytes bytes)
{
    struct wh_buffer *bundle = &bundles->bundle[bundles->count++];

    bundle->ceiling = bytes.length;
    wh_buffer_append(bundle, bytes.data, bytes.length);
    if (bundle->failed)
        abort();
}

static void clear_bundles(struct bundles *bundles)
{
    for (uint32_t i = 0; i < bundles->count; i++)
        wh_buffer_clear(&bundles->bundle[i]);
}

/* All bundles say that this is the prefix which they lead to. */
static void agree_on_prefix(struct bundles *bundles, const uint8_t digest[WH_SHA256_LENGTH])
{
    for (uint32_t i = 0; i < bundles->count; i++)
        memmove(bundles->bundle[i].data + BUNDLE_PREFIX_DIGEST_AT, digest, WH_SHA256_LENGTH);
}

/* Once more where the prefix came out as another one than the bundles say. */
static void assemble(struct bundles *bundles, struct system system)
{
    struct wh_bytes bytes[WH_PLAN_BUNDLES_MAX];
    const struct wh_assembly_input input = {.old_header = system.versions.old->parsed.header.bytes,
        .bundles = bytes,
        .bundle_count = bundles->count};

    agree_on_prefix(bundles, bundles->bundle[0].data + BUNDLE_PREFIX_DIGEST_AT);
    for (uint32_t i = 0; i < bundles->count; i++)
        bytes[i] = wh_buffer_bytes(&bundles->bundle[i]);
    for (int attempt = 0; attempt < 2; attempt++) {
        wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
        struct wh_digest digest;
        struct wh_error err = {0};

        if (!fuzz_ok(wh_assembly_new(&input, &assembly, &err), &err) || !is_small(assembly))
            return;
        wh_status status = produce(assembly, &system);
        wh_buffer_clear(&system.file);
        if (status != WH_MISMATCH)
            return;
        if (wh_digest_of(WH_SHA256, assembly->prefix.bytes, &digest, NULL) != WH_OK)
            abort();
        agree_on_prefix(bundles, digest.bytes);
    }
}

/* What belongs to a pair of versions. */
struct usual_bundles {
    struct wh_buffer step, config, doc;
};

static const struct usual_bundles *usual_bundles(const struct system *system)
{
    static struct usual_bundles plain, packed;
    bool is_packed = system->versions.old == &fuzz_packed()->old;
    struct usual_bundles *usual = is_packed ? &packed : &plain;
    const struct sample_coding coding = is_packed ? packed_pair_coding(fuzz_packed())
                                                  : (struct sample_coding){0};

    if (usual->step.data)
        return usual;
    sample_step_coded(system->versions.old, system->versions.fresh, &coding, &usual->step);
    sample_supplement(system->versions.fresh, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &usual->config);
    sample_supplement(system->versions.fresh, WH_BUNDLE_DOC, WH_FILE_DOC, &usual->doc);
    return usual;
}

/* The bundles that the input comes with: its own kind chooses. */
static void complete(struct bundles *bundles, struct wh_bytes input, const struct system *system)
{
    const struct usual_bundles *usual = usual_bundles(system);
    bool is_step = input.data[BUNDLE_KIND_AT] == WH_BUNDLE_STEP;

    add_bundle(bundles, is_step ? input : wh_buffer_bytes(&usual->step));
    if (!is_step)
        add_bundle(bundles, input);
    if (is_step && system->supplied) {
        add_bundle(bundles, wh_buffer_bytes(&usual->config));
        add_bundle(bundles, wh_buffer_bytes(&usual->doc));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_bundles) struct bundles bundles = {0};
    wh_autofree uint8_t *mended = NULL;

    if (size < WH_BUNDLE_HEAD_LENGTH)
        return 0;
    mended = malloc(size);
    if (!mended)
        abort();
    memcpy(mended, data, size);
    stored_bundle_mend(mended, size, fuzz_versions_for(data, size).old->header);
    struct system system = choose(mended, size);
    complete(&bundles, (struct wh_bytes){mended, size}, &system);
    assemble(&bundles, system);
    return 0;
}
