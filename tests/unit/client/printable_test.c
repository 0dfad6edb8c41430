/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable_test.c - text for people, from names that may be any bytes. */
#include "check.h"

#include "protocol/printable.h"
#include "whittle/cleanup.h"

static void keeps_text_and_nothing_else(void **state)
{
    static const char *const cases[][2] = {
        {"", ""}, {"plain text, and a tab\t", "plain text, and a tab\t"},
        {"a\nb\rc\x1b[2J\x7f", "a?b?c?[2J?"},
        {"\xc2\xa0\xc3\xa4", "\xc2\xa0\xc3\xa4"},                 /* the first after the controls */
        {"\xc2\x80\xc2\x9f", "????"},                             /* controls of two bytes */
        {"\xc0\xaf\xc1\xbf", "????"},                             /* longer than needed */
        {"\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"}, /* of three bytes, and the last */
        {"\xe0\x9f\xbf", "???"},
        {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"}, /* beside the surrogates */
        {"\xed\xa0\x80\xed\xbf\xbf", "??????"},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\xf0\x8f\xbf\xbf\xf4\x90\x80\x80", "????????"}, {"\xf5\x80\x80\x80\xff", "?????"},
        {"\x80\xbf", "??"},                              /* the inside of no character */
        {"\xe2\x82", "??"},                              /* cut short */
        {"\xe2\x82x\xe2x", "??x?x"},                     /* by another */
        {"\xf0\x9f\x92\xe2\x82\xac", "???\xe2\x82\xac"}, /* which is whole */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_autofree char *text = wh_printable(cases[i][0]);
        assert_string_equal(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_text_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
