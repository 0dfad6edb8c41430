/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable.h - text that holds names of files and is for people. */
#ifndef WHITTLE_PRINTABLE_H
#define WHITTLE_PRINTABLE_H

/* A copy that is UTF-8 and moves no cursor: each byte that belongs to no character, or to a control
 * character other than the tab, is a question mark. NULL without memory; the caller frees. */
char *wh_printable(const char *text);

#endif
