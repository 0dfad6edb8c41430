/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_xz.c - .xz streams, and settings with what they are used on. */
#include <lzma.h>

#include "made_xz.h"
#include "seeds.h"
#include "whittle/cleanup.h"
#include "whittle/xz.h"

enum { LENGTH = 1500, LONG = 70000, ROOM = 1 << 18 };

static void seed_stream(const char *name, size_t length, const struct made_xz *how)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};

    made_xz_plain(length, &plain);
    made_xz(wh_buffer_bytes(&plain), how, &packed);
    seed_chosen("xz", name, CHOICES(0), wh_buffer_bytes(&packed));
}

static void seed_settings(const char *name, size_t length, const struct wh_xz_settings *settings)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = ROOM};
    uint8_t choice;

    wh_xz_settings_write(settings, &bytes);
    choice = (uint8_t)bytes.length;
    made_xz_plain(length, &bytes);
    seed_chosen("xz", name, (struct wh_bytes){&choice, 1}, wh_buffer_bytes(&bytes));
}

void seed_xz(void)
{
    enum { USUAL = 93 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer bomb = {.ceiling = ROOM};

    seed_stream("stream-module", LENGTH,
        &(struct made_xz){.preset = 6, .dictionary = 1 << 20, .check = LZMA_CHECK_CRC32});
    seed_stream("stream-none", 40, &(struct made_xz){.preset = 0, .check = LZMA_CHECK_NONE});
    seed_stream("stream-x86", LENGTH,
        &(struct made_xz){.preset = 6 | LZMA_PRESET_EXTREME,
            .filter = LZMA_FILTER_X86,
            .check = LZMA_CHECK_SHA256});
    seed_stream("stream-delta", LENGTH,
        &(struct made_xz){.preset = 1, .filter = LZMA_FILTER_DELTA, .check = LZMA_CHECK_CRC64});
    seed_stream("stream-threaded", LENGTH,
        &(struct made_xz){.preset = 6, .threaded = true, .check = LZMA_CHECK_CRC64});
    seed_stream("stream-blocks", LENGTH,
        &(struct made_xz){.preset = 2, .block_size = 600, .check = LZMA_CHECK_CRC64});
    made_xz_bomb(&bomb);
    bomb.length = 3000;
    seed_chosen("xz", "stream-bomb", CHOICES(0), wh_buffer_bytes(&bomb));

    seed_settings("settings-small", LENGTH,
        &(struct wh_xz_settings){.preset = 6,
            .dictionary = 8u << 20,
            .properties = USUAL,
            .small = true,
            .header_size = 2,
            .check = LZMA_CHECK_CRC64});
    seed_settings("settings-whole", LENGTH,
        &(struct wh_xz_settings){.preset = 3,
            .dictionary = 1u << 16,
            .properties = USUAL,
            .header_size = 3,
            .check = LZMA_CHECK_CRC32,
            .filter = LZMA_FILTER_X86});
    seed_settings("settings-threaded", LONG,
        &(struct wh_xz_settings){.preset = 0,
            .dictionary = 1u << 20,
            .small = true,
            .threaded = true,
            .block_size = WH_XZ_BLOCK_MIN,
            .header_size = 5});
}
