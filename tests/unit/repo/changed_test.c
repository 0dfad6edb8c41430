/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changed_test.c - which streams of two containers are made and unpacked, and which of them belong
 * together. */
#include "packed/changed.h"

#include "made_archives.h"
#include "unit.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { WIDTH = 2, STREAMS_MAX = 8 };

/* A content whose streams have WIDTH bytes each, and names of one letter. */
struct version {
    struct wh_bytes content;
    struct wh_listing listing;
    struct wh_inner streams[STREAMS_MAX];
};

static void make(struct version *version, const char *content, const char *names)
{
    *version = (struct version){.content = {(const uint8_t *)content, strlen(content)}};
    version->listing = (struct wh_listing){.packing = WH_PACKING_ZIP, .streams = version->streams};
    for (; names[version->listing.count]; version->listing.count++) {
        size_t i = version->listing.count;
        version->streams[i] = (struct wh_inner){
            .start = i * WIDTH, .packed_length = WIDTH, .name = {(const uint8_t *)names + i, 1}};
    }
}

static struct wh_changed changes(const struct version *old, const struct version *fresh)
{
    struct wh_changed changed;

    OK(wh_changed_find(
        old->content, &old->listing, fresh->content, &fresh->listing, &changed, &err));
    return changed;
}

/* made, pairs, unpacked: a digit for each, '-' for no pair. */
static void expect(const struct version *old, const struct version *fresh, const char *made,
    const char *pairs, const char *unpacked)
{
    wh_cleanup(wh_changed_clear) struct wh_changed changed = changes(old, fresh);

    assert_int_equal(changed.made_count, strlen(made));
    assert_int_equal(changed.unpacked_count, strlen(unpacked));
    for (uint32_t i = 0; i < changed.made_count; i++) {
        assert_int_equal(changed.made[i].number, made[i] - '0');
        uint32_t pair = pairs[i] == '-' ? WH_NO_PAIR : (uint32_t)(pairs[i] - '0');
        assert_int_equal(changed.made[i].pair, pair);
    }
    for (uint32_t i = 0; i < changed.unpacked_count; i++)
        assert_int_equal(changed.unpacked[i], unpacked[i] - '0');
}

static void what_both_have_is_left_alone(void **state)
{
    static const struct {
        const char *old[2]; /* content and names */
        const char *fresh[2];
        const char *made;
        const char *pairs;
        const char *unpacked;
    } rows[] = {
        {{"aabbcc", "xyz"}, {"aabbcc", "xyz"}, "", "", ""},
        {{"aabbcc", "xyz"}, {"aaddcc", "xyz"}, "1", "0", "1"},
        {{"aabbcc", "xyz"}, {"ddbbee", "xyz"}, "02", "01", "02"},
        {{"aabbcc", "xyz"}, {"ccbbaa", "xyz"}, "", "", ""},          /* others' names */
        {{"aabbcc", "xyz"}, {"aabb", "xy"}, "", "", ""},             /* one is gone */
        {{"aabb", "xy"}, {"aabbcc", "xyz"}, "2", "-", ""},           /* one is new */
        {{"aabbcc", "xyz"}, {"ddeeff", "zxy"}, "012", "201", "012"}, /* moved and changed */
        {{"aabbcc", "xyz"}, {"ddee", "yw"}, "01", "1-", "012"},      /* removed and renamed */
        {{"aabbaa", "xyz"}, {"aaddee", "xyz"}, "12", "0-", "1"},     /* twins: one is still there */
        {{"aabbcc", "xxx"}, {"ddeebb", "xxx"}, "01", "01", "02"},    /* one name */
        {{"aabb", "xy"}, {"ccddee", "xxy"}, "012", "0-1", "01"},
        {{"aa", "x"}, {"bbccdd", "xxx"}, "012", "0--", "0"},
        {{"aabb", "x"}, {"bbcc", "xy"}, "01", "0-", "0"}, /* outer bytes are no stream */
        {{"", ""}, {"aabb", "xy"}, "01", "--", ""},
        {{"aabb", "xy"}, {"", ""}, "", "", ""},
        {{"", ""}, {"", ""}, "", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct version old;
        struct version fresh;
        make(&old, rows[i].old[0], rows[i].old[1]);
        make(&fresh, rows[i].fresh[0], rows[i].fresh[1]);
        expect(&old, &fresh, rows[i].made, rows[i].pairs, rows[i].unpacked);
    }
}

static void a_shorter_stream_is_another_one(void **state)
{
    struct version old;
    struct version fresh;

    (void)state;
    make(&old, "aabb", "xy");
    make(&fresh, "aabb", "xy");
    fresh.streams[1].packed_length--;
    expect(&old, &fresh, "1", "0", "1");
}

static void a_name_may_begin_like_another(void **state)
{
    struct version old;
    struct version fresh;

    (void)state;
    make(&old, "aabb", "xx");
    make(&fresh, "ccdd", "xx");
    old.streams[0].name = (struct wh_bytes){(const uint8_t *)"xx", 2};
    fresh.streams[1].name = (struct wh_bytes){(const uint8_t *)"xx", 2};
    expect(&old, &fresh, "01", "10", "01");
    old.streams[0].name = fresh.streams[1].name = (struct wh_bytes){0};
    expect(&old, &fresh, "01", "10", "01");
}

static void what_holds_too_much_is_left_alone(void **state)
{
    struct version old;
    struct version fresh;

    (void)state;
    make(&old, "aabb", "xy");
    make(&fresh, "ccdd", "xy");
    old.streams[0].plain_length = fresh.streams[1].plain_length = WH_PACKED_STREAM_MAX;
    expect(&old, &fresh, "01", "01", "01");
    old.streams[0].plain_length++;
    expect(&old, &fresh, "01", "-0", "1");
    fresh.streams[1].plain_length++;
    expect(&old, &fresh, "0", "-", "1");
}

static void changed_members_of_an_archive_are_found(void **state)
{
    const struct made_archive *old = &made_archives[MADE_PYTHON_1];
    const struct made_archive *fresh = &made_archives[MADE_PYTHON_2];
    wh_cleanup(wh_listing_clear) struct wh_listing old_listing = {0};
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
    wh_cleanup(wh_changed_clear) struct wh_changed changed = {0};

    (void)state;
    OK(wh_container_list(old->bytes, &old_listing, &err));
    OK(wh_container_list(fresh->bytes, &listing, &err));
    OK(wh_changed_find(old->bytes, &old_listing, fresh->bytes, &listing, &changed, &err));
    assert_int_equal(changed.made_count, 2);
    assert_int_equal(changed.unpacked_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(changed.made[i].number, 2 * i);
        assert_int_equal(changed.made[i].pair, i);
        assert_int_equal(changed.unpacked[i], 2 * i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_both_have_is_left_alone),
        cmocka_unit_test(a_shorter_stream_is_another_one),
        cmocka_unit_test(a_name_may_begin_like_another),
        cmocka_unit_test(what_holds_too_much_is_left_alone),
        cmocka_unit_test(changed_members_of_an_archive_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
