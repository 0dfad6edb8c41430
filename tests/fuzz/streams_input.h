/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams_input.h - what streams_fuzz.c, its mutator and its seeds agree on. */
#ifndef WHITTLE_TESTS_STREAMS_INPUT_H
#define WHITTLE_TESTS_STREAMS_INPUT_H

enum {
    STREAMS_MEMBERS_MAX = 4,
    STREAMS_MEMBER = 3, /* bytes that describe one */
};

#endif
