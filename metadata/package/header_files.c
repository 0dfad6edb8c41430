/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_files.c - the columns of the file list, one array a tag, laid out as one row a file. */
#include "package/header_files.h"

#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status bad_column(const struct wh_header *header, rpmTagVal tag, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "%s: file list, tag %d is bad", header->name, (int)tag);
}

/* Gets a column that must have one element a file. An absent one is fine where otherwise is set. */
static wh_status get_column(struct wh_header *header, Header h, rpmTagVal tag, rpmTagClass class,
    bool optional, struct rpmtd_s *out_data, struct wh_error *err)
{
    if (!headerGet(h, tag, out_data, HEADERGET_MINMEM)) {
        rpmtdReset(out_data);
        return optional ? WH_OK : bad_column(header, tag, err);
    }
    if (rpmtdClass(out_data) == class && rpmtdCount(out_data) == header->file_count)
        return WH_OK;
    rpmtdFreeData(out_data);
    return bad_column(header, tag, err);
}

enum number_field { SIZE, FLAGS, INODE, DEVICE, MTIME, MODE, RDEV };

static void set_number(struct wh_file *file, enum number_field field, uint64_t value)
{
    switch (field) {
    case SIZE:
        file->size = value;
        break;
    case FLAGS:
        file->flags = (uint32_t)value;
        break;
    case INODE:
        file->inode = (uint32_t)value;
        break;
    case DEVICE:
        file->device = (uint32_t)value;
        break;
    case MTIME:
        file->mtime = (uint32_t)value;
        break;
    case MODE:
        file->mode = (uint16_t)value;
        break;
    case RDEV:
        file->rdev = (uint16_t)value;
        break;
    }
}

static wh_status read_numbers(struct wh_header *header, Header h, rpmTagVal tag,
    enum number_field field, struct wh_error *err)
{
    struct rpmtd_s data;

    bool optional = field == INODE || field == DEVICE || field == RDEV; /* zeros mean nothing */
    WH_TRY(get_column(header, h, tag, RPM_NUMERIC_CLASS, optional, &data, err));
    while (rpmtdNext(&data) >= 0)
        set_number(&header->files[rpmtdGetIndex(&data)], field, rpmtdGetNumber(&data));
    rpmtdFreeData(&data);
    return WH_OK;
}

enum text_field { BASENAME, LINKTO, DIGEST };

static wh_status read_texts(
    struct wh_header *header, Header h, rpmTagVal tag, enum text_field field, struct wh_error *err)
{
    struct rpmtd_s data;

    WH_TRY(get_column(header, h, tag, RPM_STRING_CLASS, field != BASENAME, &data, err));
    while (rpmtdNext(&data) >= 0) {
        struct wh_file *file = &header->files[rpmtdGetIndex(&data)];
        const char *text = rpmtdGetString(&data);
        if (field == BASENAME)
            file->basename = text;
        else if (field == LINKTO)
            file->linkto = text;
        else
            file->digest = text;
    }
    rpmtdFreeData(&data);
    return WH_OK;
}

/* DIRINDEXES has one number a file, DIRNAMES one string a folder. */
static wh_status read_folders(struct wh_header *header, Header h, struct wh_error *err)
{
    struct rpmtd_s names;
    struct rpmtd_s indexes;

    WH_TRY(get_column(header, h, RPMTAG_DIRINDEXES, RPM_NUMERIC_CLASS, false, &indexes, err));
    if (!headerGet(h, RPMTAG_DIRNAMES, &names, HEADERGET_MINMEM)) {
        rpmtdFreeData(&indexes);
        return bad_column(header, RPMTAG_DIRNAMES, err);
    }
    wh_status status = WH_OK;
    if (rpmtdClass(&names) != RPM_STRING_CLASS)
        status = bad_column(header, RPMTAG_DIRNAMES, err);
    while (status == WH_OK && rpmtdNext(&indexes) >= 0) {
        struct wh_file *file = &header->files[rpmtdGetIndex(&indexes)];
        uint64_t folder = rpmtdGetNumber(&indexes);
        if (folder >= rpmtdCount(&names) || rpmtdSetIndex(&names, (int)folder) < 0)
            status = bad_column(header, RPMTAG_DIRINDEXES, err);
        else
            file->dirname = rpmtdGetString(&names);
    }
    rpmtdFreeData(&names);
    rpmtdFreeData(&indexes);
    return status;
}

static bool is_plain(const struct wh_file *file)
{
    return S_ISREG(file->mode) && !(file->flags & WH_FILE_GHOST);
}

struct by_inode {
    uint32_t device;
    uint32_t inode;
    uint32_t file;
};

static int compare_inodes(const void *left, const void *right)
{
    const struct by_inode *a = left;
    const struct by_inode *b = right;

    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->file < b->file ? -1 : a->file > b->file;
}

/* Members of one hardlink set stand next to each other in links, in index order. */
static void join_set(struct wh_header *header, const struct by_inode *links, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct wh_file *file = &header->files[links[i].file];
        file->link_next = links[(i + 1) % count].file;
        file->link_count = count;
        file->has_content = i == count - 1 && file->size > 0;
    }
}

/* Two files are links of each other as rpm sees it: same device, same inode that is not 0. */
static wh_status find_links(struct wh_header *header, struct wh_error *err)
{
    wh_autofree struct by_inode *links = wh_array(
        header->file_count, sizeof *links, WH_FILES_MAX * sizeof *links, err);
    uint32_t count = 0;

    if (!links)
        return WH_NO_MEMORY;
    for (uint32_t i = 0; i < header->file_count; i++) {
        struct wh_file *file = &header->files[i];
        file->link_next = WH_NO_FILE;
        file->link_count = 1;
        file->has_content = is_plain(file) && file->size > 0;
        if (is_plain(file) && file->inode != 0)
            links[count++] = (struct by_inode){file->device, file->inode, i};
    }
    qsort(links, count, sizeof *links, compare_inodes);
    for (uint32_t start = 0, end; start < count; start = end) {
        end = start + 1;
        while (end < count && links[end].device == links[start].device &&
               links[end].inode == links[start].inode)
            end++;
        if (end - start > 1)
            join_set(header, links + start, end - start);
    }
    return WH_OK;
}

static wh_status check_rows(const struct wh_header *header, struct wh_error *err)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        if (strlen(file->dirname) + strlen(file->basename) > WH_PATH_MAX)
            return wh_fail(
                err, WH_OVER_LIMIT, "%s: the path of file %u is too long", header->name, i);
        if (file->has_content && __builtin_add_overflow(total, file->size, &total))
            return wh_fail(err, WH_MALFORMED, "%s: file sizes overflow", header->name);
    }
    if (total > INT64_MAX)
        return wh_fail(err, WH_MALFORMED, "%s: file sizes overflow", header->name);
    return WH_OK;
}

wh_status wh_header_read_files(struct wh_header *header, Header h, struct wh_error *err)
{
    struct rpmtd_s names;

    header->stripped = headerIsEntry(h, RPMTAG_LONGFILESIZES);
    header->digest_algorithm = (uint32_t)headerGetNumber(h, RPMTAG_FILEDIGESTALGO);
    if (header->digest_algorithm == 0)
        header->digest_algorithm = WH_MD5;
    header->has_basenames = headerGet(h, RPMTAG_BASENAMES, &names, HEADERGET_MINMEM);
    if (header->has_basenames) {
        header->file_count = rpmtdCount(&names);
        rpmtdFreeData(&names);
    }
    header->files = wh_array(
        header->file_count, sizeof *header->files, WH_FILES_MAX * sizeof *header->files, err);
    if (!header->files) {
        header->file_count = 0;
        return err && err->status == WH_OVER_LIMIT ? WH_OVER_LIMIT : WH_NO_MEMORY;
    }
    if (header->file_count == 0)
        return WH_OK;

    for (uint32_t i = 0; i < header->file_count; i++)
        header->files[i].linkto = header->files[i].digest = "";
    WH_TRY(read_texts(header, h, RPMTAG_BASENAMES, BASENAME, err));
    WH_TRY(read_texts(header, h, RPMTAG_FILELINKTOS, LINKTO, err));
    WH_TRY(read_texts(header, h, RPMTAG_FILEDIGESTS, DIGEST, err));
    WH_TRY(read_folders(header, h, err));
    rpmTagVal sizes = header->stripped ? RPMTAG_LONGFILESIZES : RPMTAG_FILESIZES;
    WH_TRY(read_numbers(header, h, sizes, SIZE, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILEFLAGS, FLAGS, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILEINODES, INODE, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILEDEVICES, DEVICE, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILEMTIMES, MTIME, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILEMODES, MODE, err));
    WH_TRY(read_numbers(header, h, RPMTAG_FILERDEVS, RDEV, err));
    WH_TRY(find_links(header, err));
    return check_rows(header, err);
}
