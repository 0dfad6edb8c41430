/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_index.c - vectors of the index. */
#include <string.h>

#include "make.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20 };

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define DIGEST " sha256='fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'"
#define BUNDLE(from, size) "<bundle from='" from "' size='" size "'" DIGEST "/>"
#define COSTLY(cpu_ms) "<bundle from='" FROM "' size='2112'" DIGEST " cpu-ms='" cpu_ms "'/>"
#define FROM "2c26b46b68ffc68f"
#define PACKAGE(id, inside) "<package pkgid='" id "'>" inside "</package>"
#define WHITTLE(version, inside) "<whittle version='" version "'>" inside "</whittle>\n"
#define USUAL PACKAGE(ID, BUNDLE(FROM, "5388"))
#define WITH(bundle) WHITTLE("1", PACKAGE(ID, bundle))

void golden_put_indexes(void)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"index.xml", WHITTLE("1", USUAL PACKAGE("0123456789abcdef0123456789abcdef",
                                       BUNDLE(FROM, "244") BUNDLE("486ea46224d1bb4f",
                                           "1073741824") "<config size='812'" DIGEST
                                                         "/><doc size='4100'" DIGEST "/>"))},
        {"index-empty.xml", WHITTLE("1", "")},
        {"index-later-additions.xml", WHITTLE("1", "<backend url='x'><package/></backend>"
                                                   "<package pkgid='" ID "' new='1'><hint/>" BUNDLE(
                                                       FROM, "5388") "</package>")},
        {"index-two-ways.xml", WITH(BUNDLE(FROM, "5388") COSTLY("1800"))},
        {"index-costly.xml", WITH(COSTLY("4294967295") "<doc size='500'" DIGEST "/>")},
        {"bad-index-cpu-zero.xml", WITH(COSTLY("0"))},
        {"bad-index-cpu-padded.xml", WITH(COSTLY("01800"))},
        {"bad-index-cpu-over-limit.xml", WITH(COSTLY("4294967296"))},
        {"bad-index-version-left-twice.xml", WITH(BUNDLE(FROM, "5388") BUNDLE(FROM, "5389"))},
        {"bad-index-version-left-twice-at-cost.xml", WITH(COSTLY("1800") COSTLY("1801"))},
        {"bad-index-version-2.xml", WHITTLE("2", USUAL)},
        {"bad-index-version-padded.xml", WHITTLE("01", USUAL)},
        {"bad-index-without-version.xml", "<whittle/>"},
        {"bad-index-another-root.xml", "<metadata version='1'/>"},
        {"bad-index-doctype.xml", "<!DOCTYPE whittle>" WHITTLE("1", USUAL)},
        {"bad-index-entities.xml", "<!DOCTYPE whittle [<!ENTITY a 'ha'>]>" WHITTLE("1", "&a;")},
        {"bad-index-not-xml.xml", "no XML at all"},
        {"bad-index-cut-short.xml", "<whittle version='1'>" USUAL},
        {"bad-index-package-twice.xml", WHITTLE("1", USUAL USUAL)},
        {"bad-index-package-without-bundle.xml", WITH("")},
        {"bad-index-pkgid-upper-case.xml",
            WHITTLE("1", PACKAGE("0123456789ABCDEF0123456789ABCDEF", BUNDLE(FROM, "5388")))},
        {"bad-index-pkgid-short.xml", WHITTLE("1", PACKAGE("0123", BUNDLE(FROM, "5388")))},
        {"bad-index-from-short.xml", WITH(BUNDLE("2c26", "5388"))},
        {"bad-index-from-no-digits.xml", WITH(BUNDLE("2c26b46b68ffc68g", "5388"))},
        {"bad-index-size-padded.xml", WITH(BUNDLE(FROM, "05388"))},
        {"bad-index-size-negative.xml", WITH(BUNDLE(FROM, "-5388"))},
        {"bad-index-size-below-head.xml", WITH(BUNDLE(FROM, "243"))},
        {"bad-index-size-over-limit.xml", WITH(BUNDLE(FROM, "1073741825"))},
        {"bad-index-size-wraps.xml", WITH(BUNDLE(FROM, "18446744073709551860"))},
        {"bad-index-without-sha256.xml", WITH("<doc size='500'/>")},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        golden_save(rows[i].name, rows[i].text, strlen(rows[i].text));

    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = CEILING};
    struct wh_bytes text = {(const uint8_t *)rows[0].text, strlen(rows[0].text)};
    struct wh_error err;
    golden_must(wh_frame_write(text, (struct wh_bytes){0}, 19, &frame, &err), &err);
    golden_save_buffer("index.xml.zst", &frame);
    golden_save("bad-index-frame-cut-short.xml.zst", frame.data, frame.length - 1);
}
