/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_fuzz.c - the coder of .xz streams. One byte chooses: a stream to take apart and to describe,
 * or so many bytes of parameters and then what the stream is to hold. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "packed/coders.h"
#include "packed/xz_describe.h"
#include "whittle/cleanup.h"

enum {
    PLAIN_ROOM = 1 << 16,
    PACKED_ROOM = 1 << 18,
    WHOLE_MAX = 1 << 20, /* larger dictionaries take too long to clear for a fuzzer */
    PARAMETERS_MAX = 15,
};

static void check_again(struct wh_bytes packed, struct wh_bytes plain)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = PLAIN_ROOM};
    size_t length = 0;

    promise(wh_xz_unpack(packed, &again, &length, NULL) == WH_OK);
    promise(length == packed.length);
    promise(fuzz_same(wh_buffer_bytes(&again), plain));
}

/* What describes a stream makes it. */
static void check_described(struct wh_bytes packed, struct wh_bytes plain)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer parameters = {.ceiling = PLAIN_ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = PACKED_ROOM};
    struct wh_xz_settings settings;
    struct wh_error err = {0};

    if (!fuzz_ok(wh_xz_describe(packed, plain, NULL, &settings, &err), &err))
        return;
    wh_xz_settings_write(&settings, &parameters);
    promise(wh_xz_pack(plain, wh_buffer_bytes(&parameters), &again, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&again), packed));
    fuzz_accept();
}

static void check_unpacking(struct wh_bytes input)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = PLAIN_ROOM};
    struct wh_error err = {0};
    size_t length = 0;

    bool is_stream = fuzz_ok(wh_xz_unpack(input, &plain, &length, &err), &err);
    promise(plain.length <= PLAIN_ROOM);
    if (!is_stream)
        return;
    promise(length <= input.length);
    struct wh_bytes packed = {input.data, length};
    check_again(packed, wh_buffer_bytes(&plain));
    check_described(packed, wh_buffer_bytes(&plain));
}

static void check_packing(struct wh_bytes parameters, struct wh_bytes plain)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = PLAIN_ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = PACKED_ROOM};
    struct wh_xz_settings settings;
    struct wh_error err = {0};

    if (!fuzz_ok(wh_xz_settings_read(parameters, &settings, &err), &err))
        return;
    wh_xz_settings_write(&settings, &spelled);
    promise(fuzz_same(wh_buffer_bytes(&spelled), parameters));
    promise(wh_xz_cpu_ms(&settings, plain.length) <= wh_xz_cpu_ms(&settings, 2 * plain.length));
    if (!settings.small && settings.dictionary > WHOLE_MAX)
        return;
    if (!fuzz_ok(wh_xz_pack(plain, parameters, &packed, &err), &err))
        return;
    if (settings.dictionary <= WH_XZ_DECODER_MAX / 2)
        check_again(wh_buffer_bytes(&packed), plain);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    uint8_t choice = fuzz_take(&input);

    if (choice == 0) {
        check_unpacking(input);
        return 0;
    }
    struct wh_bytes parameters = input;
    if (parameters.length > choice % PARAMETERS_MAX)
        parameters.length = choice % PARAMETERS_MAX;
    struct wh_bytes plain = {input.data + parameters.length, input.length - parameters.length};
    if (plain.length > PLAIN_ROOM)
        plain.length = PLAIN_ROOM;
    check_packing(parameters, plain);
    return 0;
}
