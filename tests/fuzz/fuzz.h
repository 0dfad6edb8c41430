/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz.h - what the harnesses share: promises, and the fixed packages that hostile bytes are laid
 * against. A harness is LLVMFuzzerTestOneInput() of one parser; libFuzzer runs it, and replay.c
 * runs it over the inputs that were kept. */
#ifndef WHITTLE_TESTS_FUZZ_H
#define WHITTLE_TESTS_FUZZ_H

#include "packed_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sentence of the parser's header that must hold for every input; aborts where it does not. */
#define promise(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
#define promise_not_reached(what) fuzz_broken(what, __FILE__, __LINE__)
_Noreturn void fuzz_broken(const char *promise, const char *file, int line);

/* Was the call a success? If not, err must say so, in a line that a terminal can show. */
bool fuzz_ok(wh_status status, const struct wh_error *err);

/* An input got through to the last promise. A corpus in which none does tests nothing. */
void fuzz_accept(void);
unsigned long fuzz_accepted(void);

/* Made at first use and kept until the program ends. */
const struct sample *fuzz_old(void);
const struct sample *fuzz_new(void);
const struct sample *fuzz_stripped(void); /* as v6 packages are */
const struct wh_file_map *fuzz_old_map(void);
const struct packed_pair *fuzz_packed(void); /* whose files are compressed themselves */

/* Which of two pairs of versions a bundle is laid against: a byte of its head that only people read
 * chooses. */
struct fuzz_versions {
    const struct sample *old;
    const struct wh_file_map *old_map;
    const struct sample *fresh;
};
struct fuzz_versions fuzz_versions_for(const uint8_t *bundle, size_t length);

/* Takes one byte off the front, 0 at the end: for a harness that needs to choose. */
uint8_t fuzz_take(struct wh_bytes *input);

bool fuzz_inside(struct wh_bytes part, struct wh_bytes whole);
bool fuzz_same(struct wh_bytes a, struct wh_bytes b);

/* Every promise of bundle.h about a table that was resolved against these headers. */
void fuzz_check_resolved(const struct wh_bundle *bundle, const struct wh_header *old_header,
    const struct wh_header *new_header);

/* Every promise of skeleton.h about the skeleton of a header. */
void fuzz_check_skeleton(const struct wh_header *header, const struct wh_skeleton *skeleton);
/* Is the skeleton what its own correction gives? */
void fuzz_check_correction(const struct wh_header *header, const struct wh_skeleton *skeleton);

#endif
