/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_texts.c - repomd.xml, indexes, reports, request lines and locations. */
#include "seeds.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define NS "xmlns=\"http://linux.duke.edu/metadata/repo\""
#define RECORD(type, location)                                                                     \
    "  <data type=\"" type "\">\n    <checksum type=\"sha256\">" ZEROS "</checksum>\n"             \
    "    <location href=\"" location "\"/>\n    <timestamp>1234</timestamp>\n"                     \
    "    <size>1</size>\n  </data>\n"
#define REPOMD(records)                                                                            \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd " NS                                      \
    ">\n  <revision>7</revision>\n" records "</repomd>\n"

#define SHA256 " sha256=\"" ZEROS "\"/>"
#define PACKAGE                                                                                    \
    "<package pkgid=\"" ZEROS "\"><bundle from=\"2c26b46b68ffc68f\" size=\"5388\"" SHA256          \
    "<config size=\"812\"" SHA256 "<doc size=\"4100\"" SHA256 "</package>"
#define COSTLY(cpu_ms)                                                                             \
    "<bundle from=\"2c26b46b68ffc68f\" size=\"5388\" cpu-ms=\"" cpu_ms "\"" SHA256
#define WAYS(bundles) "<package pkgid=\"" ZEROS "\">" bundles "</package>"
#define INDEX(packages) "<whittle version=\"1\">" packages "</whittle>"

#define REPORTED(differs)                                                                          \
    "<package pkgid=\"" ZEROS "\"><installed header=\"" ZEROS "\" differs=\"" differs              \
    "\"/></package>"
#define UPGRADE(packages) "<upgrade version=\"1\">" packages "</upgrade>"

#define SELECT(id, index)                                                                          \
    "{\"id\": " id ", \"index\": \"" index "\", \"pkgid\": \"00ff\", \"nevra\": \"a-1-1.noarch\""  \
    ", \"root\": \"/\", \"size\": 5000, \"rate\": 2500000}"
#define BUNDLE "{\"path\": \"/c/a.wht\", \"size\": 300, \"sha256\": \"" ZEROS "\"}"
#define ASSEMBLE(bundles)                                                                          \
    "{\"id\": 7, \"nevra\": \"a-1:1-1.noarch\", \"root\": \"/\", \"bundles\": [" bundles           \
    "], \"destination\": \"/c/a.rpm\", \"checksum\": {\"type\": \"sha256\", \"value\": \"" ZEROS   \
    "\"}, \"budget\": 1000000}"

void seed_texts(void)
{
    seed_text("repomd", "primary", REPOMD(RECORD("primary", "repodata/p.xml.gz")));
    seed_text("repomd", "both",
        REPOMD(RECORD("primary", "repodata/p.xml.gz") RECORD("whittle", "repodata/w.xml.zst")));
    seed_text("repomd", "twice",
        REPOMD(RECORD("whittle", "a&amp;b") "  <!-- kept -->\n" RECORD("whittle", "../c")));
    seed_text("repomd", "bare", "<repomd/>");

    seed_text("repomd", "doctype", "<!DOCTYPE repomd [<!ENTITY a \"b\">]><repomd>&a;</repomd>");
    seed_text("repomd", "utf-7",
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?><repomd>+AOk-" RECORD(
            "primary", "p") "</repomd>");

    seed_text("index", "doctype", "<!DOCTYPE whittle><whittle version=\"1\"/>");
    seed_text("index", "twice", INDEX(PACKAGE PACKAGE));
    seed_text("index", "supplements", INDEX(PACKAGE));
    seed_text("index", "two-ways",
        INDEX(WAYS(COSTLY("1800") "<bundle from=\"2c26b46b68ffc68f\" size=\"6000\"" SHA256)));
    seed_text("index", "rivals", INDEX(WAYS(COSTLY("1800") COSTLY("1801"))));
    seed_text("index", "backend",
        "<whittle version=\"1\" backend=\"http://a/\"><package pkgid=\"" ZEROS "\" prefix=\"" ZEROS
        "\"/></whittle>");

    seed_text("upgrade", "doctype", "<!DOCTYPE upgrade><upgrade version=\"1\"/>");
    seed_text("upgrade", "twice", UPGRADE(REPORTED("4") REPORTED("5-7")));
    seed_text("upgrade", "too-many", UPGRADE(REPORTED("0-65536")));

    seed_text("request", "select", SELECT("1", "/i.xml"));
    seed_text("request", "select-nul", SELECT("1", "/i.xml\\u0000"));
    seed_text("request", "assemble-no-bundle", ASSEMBLE("7"));
    seed_text("request", "select-escaped", SELECT("-9223372036854775808", "\\u00e4\\n\\\"/"));
    seed_text("request", "assemble", ASSEMBLE(BUNDLE));
    seed_text("request", "select-backend",
        "{\"id\": 1, \"index\": null, \"pkgid\": \"00ff\", \"nevra\": \"a-1-1.noarch\", \"root\": "
        "\"/\","
        " \"size\": 5000, \"rate\": 1, \"backend\": {\"signed\": true, \"url\": \"http://b/\","
        " \"proxy\": \"\", \"proxy_user\": \"u\", \"proxy_password\": \"p\", \"ca_file\": \"/c\","
        " \"verify\": false, \"connect_timeout\": 3, \"timeout\": 70}}");
    seed_text("request", "assemble-list",
        ASSEMBLE("{\"path\": \"/c/a.wht\", \"size\": 300, \"sha256\": \"" ZEROS
                 "\", \"prefix\": \"" ZEROS "\", \"installed\": \"" ZEROS "\"}"));
    seed_text("request", "assemble-three", ASSEMBLE(BUNDLE "," BUNDLE "," BUNDLE));

    seed_text("lines", "two", "first\nsecond\n");
    seed_text("lines", "empty-between", "first\n\n\nsecond");
    seed("lines", "nul", CHOICES('a', 0, 'b', '\n', 0, '\n', 'c'));
    seed_text("lines", "request", SELECT("1", "/i.xml") "\n" ASSEMBLE(BUNDLE) "\n");

    seed_text("location", "file", "repodata/0a-primary.xml.gz");
    seed_text("location", "package", "Packages/a/a-1-1.noarch.rpm");
    seed_text("location", "backslash", "sample\\1-1.noarch");
    seed_text("location", "above", "a/../../b");
    seed_text("location", "name", "sample-1.0~rc1^git+x-1.noarch");
}
