/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.c - see settle.h. */
#include "select/settle.h"

#include <stdio.h>
#include <string.h>

#include "whittle/cleanup.h"

/* A step with its supplements as one. */
static struct wh_offer offer_of(const struct wh_selection *selection)
{
    struct wh_offer offer = {0, 0};

    for (uint32_t i = 0; i < selection->bundle_count; i++) {
        offer.size += selection->bundles[i].size;
        offer.cpu_ms += selection->bundles[i].cpu_ms;
    }
    return offer;
}

static wh_status take_over(
    const struct wh_settling *settling, struct wh_selection *selection, struct wh_error *err)
{
    const struct wh_question *question = settling->question;
    wh_cleanup(wh_selection_clear) struct wh_selection cut = {.choice = WH_CHOICE_TAKEN};
    char location[WH_CUT_LOCATION_LENGTH];

    wh_cut_location(question->answer.bundle.sha256, location);
    if (asprintf(&cut.url, "%s%s", settling->backend, location) < 0) {
        cut.url = NULL;
        return wh_no_memory(err);
    }
    cut.from = strdup(question->from);
    if (!cut.from)
        return wh_no_memory(err);
    cut.bundles[0] = question->answer.bundle;
    cut.bundle_count = 1;
    if (question->package.is_listed)
        cut.bundles[0].kind = WH_BUNDLE_LIST;
    memcpy(cut.installed, question->package.header_id, sizeof cut.installed);
    wh_selection_clear(selection);
    *selection = cut;
    cut = (struct wh_selection){0};
    return WH_OK;
}

wh_status wh_settle(
    const struct wh_settling *settling, struct wh_selection *selection, struct wh_error *err)
{
    const struct wh_package_instructions *answer = &settling->question->answer;
    struct wh_offer offers[2];
    uint32_t count = 0;
    uint32_t number = 0;

    if (!settling->question->is_answered || answer->kind != WH_ANSWER_BUNDLE)
        return WH_OK;
    if (selection->bundle_count > 0 && !selection->is_doubtful)
        offers[count++] = offer_of(selection);
    offers[count++] = (struct wh_offer){answer->bundle.size, answer->bundle.cpu_ms};
    enum wh_choice choice = wh_choose(
        settling->terms, !settling->without_liblzma, offers, count, &number);
    if (choice == WH_CHOICE_TAKEN && number == count - 1)
        return take_over(settling, selection, err);
    if (selection->bundle_count == 0)
        selection->choice = choice;
    return WH_OK;
}
