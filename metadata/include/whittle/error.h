/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.h - what failed, and what a caller can do about it. */
#ifndef WHITTLE_ERROR_H
#define WHITTLE_ERROR_H

#define WH_MUST_CHECK __attribute__((warn_unused_result))

/* One value for each reaction, not for each cause: the cause is in wh_error.message. In the
 * client every value but WH_OK ends in the ordinary download of the package. */
typedef enum wh_status {
    WH_OK = 0,
    WH_MALFORMED,   /* the bytes break their format */
    WH_UNSUPPORTED, /* well formed, but of a kind that this version does not handle */
    WH_OVER_LIMIT,  /* well formed, but larger than limits.h allows */
    WH_MISMATCH,    /* a digest, size or name differs from the authenticated one */
    WH_REENCODING,  /* contents that a library encoded again are not those that were published */
    WH_MISSING,     /* something local that is needed is absent or was changed */
    WH_SYSTEM,      /* the kernel said no; sys_errno is set */
    WH_NO_MEMORY,
} wh_status;

/* Owned by the caller, usually on the stack; holds no pointers and needs no clearing. Written
 * only when a function fails. */
struct wh_error {
    wh_status status;
    int sys_errno;     /* WH_SYSTEM only, else 0 */
    char message[512]; /* one English clause, no newline, always terminated; names the subject */
};

/* Fills err (which may be NULL) and returns status, so that callers write `return wh_fail(...)`. */
wh_status wh_fail(struct wh_error *err, wh_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: WH_SYSTEM, with errno's text appended. */
wh_status wh_fail_errno(struct wh_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

wh_status wh_no_memory(struct wh_error *err);

/* Hands a failure on to the caller. The only macro of the project that returns. */
#define WH_TRY(call)                                                                               \
    do {                                                                                           \
        wh_status wh_try_status = (call);                                                          \
        if (wh_try_status != WH_OK)                                                                \
            return wh_try_status;                                                                  \
    } while (0)

#endif
