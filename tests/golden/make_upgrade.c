/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_upgrade.c - vectors of what a client reports to a backend, and of what it is answered. */
#include <string.h>

#include "make.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20 };

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define OTHER_ID "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define HASH "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
#define DIGEST " sha256='" HASH "'"
#define PACKAGE(id, inside) "<package pkgid='" id "'>" inside "</package>"

#define UPGRADE(version, inside) "<upgrade version='" version "'>" inside "</upgrade>\n"
#define SHORT "<installed header='" HASH "'/>"
#define DIFFERS(numbers) "<installed header='" HASH "' differs='" numbers "'/>"
#define LONG(files) "<installed header='" HASH "'>" files "</installed>"
#define FILE_OF(path, size) "<file path='" path "' size='" size "'" DIGEST "/>"
#define REQUEST(installed) UPGRADE("1", PACKAGE(ID, installed))

#define INSTRUCTIONS(version, inside)                                                              \
    "<instructions version='" version "'>" inside "</instructions>\n"
#define COUNTS " kept='181' patched='40' fetched='1' saved='1256676'"
#define BUNDLE_OF(size, counts) "<bundle from='2c26b46b68ffc68f' size='" size "'" DIGEST counts "/>"
#define BUNDLE BUNDLE_OF("5388", COUNTS)
#define WHOLE(reason) "<whole reason='" reason "'/>"
#define ANSWER(inside) INSTRUCTIONS("1", PACKAGE(ID, inside))
#define OPERATIONS(attributes, inside) "<operations" attributes ">" inside "</operations>"

struct row {
    const char *name, *text;
};

static const struct row requests[] = {
    {"upgrade-both-forms.xml",
        UPGRADE("1", PACKAGE(ID, DIFFERS("0 4 17-19 1048574-1048575"))
                         PACKAGE(OTHER_ID, LONG(FILE_OF("/etc/a b%25%C3%A4", "0") FILE_OF(
                                               "/usr/bin/tool", "9223372036854775807"))))},
    {"upgrade-empty.xml", UPGRADE("1", "")},
    {"upgrade-nothing-differs.xml", REQUEST(SHORT)},
    {"upgrade-without-liblzma.xml",
        "<upgrade version='1' reencode='no'>" PACKAGE(ID, SHORT) "</upgrade>\n"},
    {"bad-upgrade-reencode-yes.xml", "<upgrade version='1' reencode='yes'/>"},
    {"upgrade-every-byte.xml", REQUEST(LONG(FILE_OF("/%01%1F !%22#$%25%26&apos;()*+,-./09:;%3C=%3E?"
                                                    "@AZ[\\]^_`az{|}~%7F%80%FF",
                                   "1")))},
    {"upgrade-later-additions.xml",
        UPGRADE("1", "<hint><package/></hint>" PACKAGE(ID,
                         "<file/><installed new='1' header='" HASH
                         "'><file path='/a' size='1' new='2'" DIGEST
                         "><file/></file><later><file/></later></installed><later/>"))},
    {"bad-upgrade-version-2.xml", UPGRADE("2", PACKAGE(ID, SHORT))},
    {"bad-upgrade-without-version.xml", "<upgrade/>"},
    {"bad-upgrade-another-root.xml", INSTRUCTIONS("1", "")},
    {"bad-upgrade-not-xml.xml", "upgrade"},
    {"bad-upgrade-cut-short.xml", "<upgrade version='1'>" PACKAGE(ID, SHORT)},
    {"bad-upgrade-doctype.xml", "<!DOCTYPE upgrade>" REQUEST(SHORT)},
    {"bad-upgrade-entities.xml", "<!DOCTYPE upgrade [<!ENTITY a '4'>]>" REQUEST(DIFFERS("&a;"))},
    {"bad-upgrade-package-twice.xml", UPGRADE("1", PACKAGE(ID, SHORT) PACKAGE(ID, SHORT))},
    {"bad-upgrade-pkgid-upper-case.xml",
        UPGRADE("1", PACKAGE("0123456789ABCDEF0123456789ABCDEF", SHORT))},
    {"bad-upgrade-without-installed.xml", UPGRADE("1", PACKAGE(ID, "") PACKAGE(OTHER_ID, SHORT))},
    {"bad-upgrade-without-installed-at-end.xml", REQUEST("")},
    {"bad-upgrade-installed-twice.xml", REQUEST(SHORT SHORT)},
    {"bad-upgrade-header-short.xml", REQUEST("<installed header='2c26b46b68ffc68f'/>")},
    {"bad-upgrade-without-header.xml", REQUEST("<installed/>")},
    {"bad-upgrade-differs-empty.xml", REQUEST(DIFFERS(""))},
    {"bad-upgrade-differs-descending.xml", REQUEST(DIFFERS("4 3"))},
    {"bad-upgrade-differs-twice.xml", REQUEST(DIFFERS("4 4"))},
    {"bad-upgrade-differs-adjacent.xml", REQUEST(DIFFERS("4 5"))},
    {"bad-upgrade-differs-adjacent-ranges.xml", REQUEST(DIFFERS("1-4 5-6"))},
    {"bad-upgrade-differs-range-of-one.xml", REQUEST(DIFFERS("4-4"))},
    {"bad-upgrade-differs-padded.xml", REQUEST(DIFFERS("04"))},
    {"bad-upgrade-differs-two-blanks.xml", REQUEST(DIFFERS("4  6"))},
    {"bad-upgrade-differs-trailing-blank.xml", REQUEST(DIFFERS("4 "))},
    {"bad-upgrade-differs-open-range.xml", REQUEST(DIFFERS("4-"))},
    {"bad-upgrade-differs-no-number.xml", REQUEST(DIFFERS("four"))},
    {"bad-upgrade-differs-out-of-range.xml", REQUEST(DIFFERS("1048576"))},
    {"bad-upgrade-differs-wraps.xml", REQUEST(DIFFERS("4294967297"))},
    {"bad-upgrade-differs-over-limit.xml", REQUEST(DIFFERS("0-65536"))},
    {"bad-upgrade-differs-over-limit-in-all.xml",
        UPGRADE("1", PACKAGE(ID, DIFFERS("1-65536")) PACKAGE(OTHER_ID, DIFFERS("0")))},
    {"bad-upgrade-differs-and-files.xml",
        REQUEST("<installed header='" HASH "' differs='4'>" FILE_OF("/a", "1") "</installed>")},
    {"bad-upgrade-files-descending.xml", REQUEST(LONG(FILE_OF("/b", "1") FILE_OF("/a", "1")))},
    {"bad-upgrade-files-descending-as-bytes.xml",
        REQUEST(LONG(FILE_OF("/%80", "1") FILE_OF("/a", "1")))},
    {"bad-upgrade-file-twice.xml", REQUEST(LONG(FILE_OF("/a", "1") FILE_OF("/a", "1")))},
    {"bad-upgrade-path-relative.xml", REQUEST(LONG(FILE_OF("a", "1")))},
    {"bad-upgrade-path-empty.xml", REQUEST(LONG(FILE_OF("", "1")))},
    {"bad-upgrade-path-nul.xml", REQUEST(LONG(FILE_OF("/a%00b", "1")))},
    {"bad-upgrade-path-lower-case-digits.xml", REQUEST(LONG(FILE_OF("/%c3%a4", "1")))},
    {"bad-upgrade-path-escaped-for-nothing.xml", REQUEST(LONG(FILE_OF("/%61", "1")))},
    {"bad-upgrade-path-not-escaped.xml", REQUEST(LONG(FILE_OF("/\xc3\xa4", "1")))},
    {"bad-upgrade-path-ampersand.xml", REQUEST(LONG(FILE_OF("/a&amp;b", "1")))},
    {"bad-upgrade-path-escape-cut-short.xml", REQUEST(LONG(FILE_OF("/a%2", "1")))},
    {"bad-upgrade-without-path.xml", REQUEST(LONG("<file size='1'" DIGEST "/>"))},
    {"bad-upgrade-size-padded.xml", REQUEST(LONG(FILE_OF("/a", "01")))},
    {"bad-upgrade-size-over-limit.xml", REQUEST(LONG(FILE_OF("/a", "9223372036854775808")))},
    {"bad-upgrade-without-sha256.xml", REQUEST(LONG("<file path='/a' size='1'/>"))},
};

static const struct row answers[] = {
    {"instructions-every-kind.xml",
        INSTRUCTIONS("1",
            PACKAGE(ID,
                BUNDLE OPERATIONS(" suggest='restart' advisories='DSA-5678-1 RHSA-2024:1&amp;2'",
                    "<keep path='/etc/tool.conf'/><replace path='/etc/tool.d/%25'/>"
                    "<remove path='/usr/lib/tool/old.so'/>"))
                PACKAGE(OTHER_ID, WHOLE("no package of this repository, &lt;&quot;>"))
                    PACKAGE("0123456789abcdef0123456789abcdef", "<list/>"))},
    {"instructions-empty.xml", INSTRUCTIONS("1", "")},
    {"instructions-reboot.xml", ANSWER(WHOLE("so") OPERATIONS(" suggest='reboot'", ""))},
    {"instructions-relogin.xml",
        ANSWER("<list/>" OPERATIONS(" suggest='relogin'", "<remove path='/a'/>"))},
    {"instructions-costly.xml",
        ANSWER(BUNDLE_OF("1073741824", " cpu-ms='1800' kept='0' patched='1048576' fetched='0' "
                                       "saved='18446744073709551615'"))},
    {"instructions-later-additions.xml",
        INSTRUCTIONS("1", "<hint><package/></hint><package pkgid='" ID
                          "' new='1'><hint><bundle/></hint>" WHOLE("so") OPERATIONS(" new='2'",
                              "<create path='x'/><keep path='/a'><keep/>"
                              "</keep>") "<later><keep/></later></package>")},
    {"bad-instructions-version-2.xml", INSTRUCTIONS("2", PACKAGE(ID, BUNDLE))},
    {"bad-instructions-another-root.xml", UPGRADE("1", "")},
    {"bad-instructions-doctype.xml", "<!DOCTYPE instructions>" ANSWER(BUNDLE)},
    {"bad-instructions-cut-short.xml", "<instructions version='1'>" PACKAGE(ID, BUNDLE)},
    {"bad-instructions-package-twice.xml",
        INSTRUCTIONS("1", PACKAGE(ID, BUNDLE) PACKAGE(ID, "<list/>"))},
    {"bad-instructions-pkgid-short.xml", INSTRUCTIONS("1", PACKAGE("0123", BUNDLE))},
    {"bad-instructions-without-answer.xml", ANSWER(OPERATIONS("", ""))},
    {"bad-instructions-two-answers.xml", ANSWER("<list/>" WHOLE("so"))},
    {"bad-instructions-from-short.xml",
        ANSWER("<bundle from='2c26' size='5388'" DIGEST COUNTS "/>")},
    {"bad-instructions-size-below-head.xml", ANSWER(BUNDLE_OF("243", COUNTS))},
    {"bad-instructions-size-over-limit.xml", ANSWER(BUNDLE_OF("1073741825", COUNTS))},
    {"bad-instructions-cpu-zero.xml", ANSWER(BUNDLE_OF("5388", COUNTS " cpu-ms='0'"))},
    {"bad-instructions-without-counts.xml", ANSWER(BUNDLE_OF("5388", " saved='1'"))},
    {"bad-instructions-count-over-limit.xml",
        ANSWER(BUNDLE_OF("5388", " kept='1048577' patched='0' fetched='0' saved='1'"))},
    {"bad-instructions-without-saved.xml",
        ANSWER(BUNDLE_OF("5388", " kept='1' patched='0' fetched='0'"))},
    {"bad-instructions-saved-wraps.xml",
        ANSWER(
            BUNDLE_OF("5388", " kept='1' patched='0' fetched='0' saved='18446744073709551616'"))},
    {"bad-instructions-without-reason.xml", ANSWER("<whole/>")},
    {"bad-instructions-reason-empty.xml", ANSWER(WHOLE(""))},
    {"bad-instructions-reason-not-printable.xml", ANSWER(WHOLE("a&#10;b"))},
    {"bad-instructions-reason-not-ascii.xml", ANSWER(WHOLE("\xc3\xa4"))},
    {"bad-instructions-operations-twice.xml",
        ANSWER("<list/>" OPERATIONS("", "") OPERATIONS("", ""))},
    {"bad-instructions-suggest-unknown.xml",
        ANSWER("<list/>" OPERATIONS(" suggest='shutdown'", ""))},
    {"bad-instructions-suggest-empty.xml", ANSWER("<list/>" OPERATIONS(" suggest=''", ""))},
    {"bad-instructions-advisories-empty.xml", ANSWER("<list/>" OPERATIONS(" advisories=''", ""))},
    {"bad-instructions-advisories-two-blanks.xml",
        ANSWER("<list/>" OPERATIONS(" advisories='a  b'", ""))},
    {"bad-instructions-advisories-not-ascii.xml",
        ANSWER("<list/>" OPERATIONS(" advisories='\xc3\xa4'", ""))},
    {"bad-instructions-operations-descending.xml",
        ANSWER("<list/>" OPERATIONS("", "<keep path='/b'/><remove path='/a'/>"))},
    {"bad-instructions-operation-twice.xml",
        ANSWER("<list/>" OPERATIONS("", "<keep path='/a'/><remove path='/a'/>"))},
    {"bad-instructions-path-relative.xml", ANSWER("<list/>" OPERATIONS("", "<keep path='../a'/>"))},
    {"bad-instructions-path-lower-case-digits.xml",
        ANSWER("<list/>" OPERATIONS("", "<keep path='/%c3'/>"))},
    {"bad-instructions-without-path.xml", ANSWER("<list/>" OPERATIONS("", "<keep/>"))},
};

/* The first one in a frame, too, and cut short. */
static void put(const struct row *rows, size_t count, const char *framed, const char *cut)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_bytes text = {(const uint8_t *)rows[0].text, strlen(rows[0].text)};
    struct wh_error err;

    for (size_t i = 0; i < count; i++)
        golden_save(rows[i].name, rows[i].text, strlen(rows[i].text));
    golden_must(wh_frame_write(text, (struct wh_bytes){0}, 19, &frame, &err), &err);
    golden_save_buffer(framed, &frame);
    golden_save(cut, frame.data, frame.length - 1);
}

/* Blanks behind what is well formed, up to the ceiling, and one more. */
static void put_long(void)
{
    static const char text[] = REQUEST(SHORT);
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 16 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_error err;

    wh_buffer_append(&xml, text, sizeof text - 1);
    wh_buffer_fill(&xml, ' ', (8 << 20) - (sizeof text - 1));
    golden_must(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err), &err);
    golden_save_buffer("upgrade-of-8-mebibytes.xml.zst", &frame);
    frame.length = 0;
    wh_buffer_u8(&xml, ' ');
    golden_must(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err), &err);
    golden_save_buffer("bad-upgrade-over-8-mebibytes.xml.zst", &frame);
}

void golden_put_upgrades(void)
{
    put(requests, sizeof requests / sizeof *requests, "upgrade-both-forms.xml.zst",
        "bad-upgrade-frame-cut-short.xml.zst");
    put(answers, sizeof answers / sizeof *answers, "instructions-every-kind.xml.zst",
        "bad-instructions-frame-cut-short.xml.zst");
    put_long();
}
