/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pair.c - the two versions that most tests use; see sample.h. */
#include "sample.h"

#define LINES "one line of text that stays the same in both versions\n"
#define TEXT LINES LINES LINES LINES LINES LINES LINES LINES

void sample_old(struct sample *sample)
{
    static const struct sample_file files[] = {
        {"/etc/sample.conf", "setting = 1\n" TEXT, WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/bin/sample", TEXT "code of version 1" TEXT, 0, 0, 0, NULL, 0},
        {"/usr/lib/sample", "", 0, S_IFDIR | 0755, 0, NULL, 0},
        {"/usr/lib/sample/link-a", "linked " TEXT, 0, 0, 7, NULL, 0},
        {"/usr/lib/sample/link-b", "linked " TEXT, 0, 0, 7, NULL, 0},
        {"/usr/lib/sample/same", "unchanged " TEXT, 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/small", "small 1\n", 0, 0, 0, NULL, 0},
        {"/usr/share/doc/sample/NEWS", "news of 1\n" TEXT, WH_FILE_DOC, 0, 0, NULL, 0},
        {"/usr/share/doc/sample/README", "readme " TEXT, WH_FILE_DOC, 0, 0, NULL, 0},
    };

    sample_make(sample, "1", files, sizeof files / sizeof *files, NULL);
}

void sample_new(struct sample *sample)
{
    static const struct sample_file files[] = {
        {"/dev/sample", NULL, 0, S_IFCHR | 0600, 0, NULL, 0},
        {"/etc/sample.conf", "setting = 2\n" TEXT, WH_FILE_CONFIG, 0, 0, NULL, 0},
        {"/usr/bin/sample", TEXT "code of version 2, longer" TEXT, 0, 0, 0, NULL, 0},
        {"/usr/lib/sample", "", 0, S_IFDIR | 0755, 0, NULL, 0},
        {"/usr/lib/sample/empty", "", 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/link-a", "linked again " TEXT, 0, 0, 7, NULL, 0},
        {"/usr/lib/sample/link-b", "linked again " TEXT, 0, 0, 7, NULL, 0},
        {"/usr/lib/sample/moved", "unchanged " TEXT, 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/new", "brand new\n", 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/new-twin", "brand new\n", 0, 0, 0, NULL, 0},
        {"/usr/lib/sample/pointer", NULL, 0, S_IFLNK | 0777, 0, "moved", 0},
        {"/usr/lib/sample/small", "small 2\n", 0, 0, 0, NULL, 0},
        {"/usr/share/doc/sample/NEWS", "news of 2\n" TEXT, WH_FILE_DOC, 0, 0, NULL, 0},
        {"/usr/share/doc/sample/README", "readme " TEXT, WH_FILE_DOC, 0, 0, NULL, 0},
        {"/var/log/sample", "ghost", WH_FILE_GHOST, 0, 0, NULL, 0},
    };

    sample_make(sample, "2", files, sizeof files / sizeof *files, NULL);
}
