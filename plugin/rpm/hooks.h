/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks.h - rpm's table of plugin hooks. rpm installs rpm/rpmplugin.h since 4.20; before, the table
 * was the same, but not public (lib/rpmplugin.h of 4.16 to 4.19). Only psm_pre is used, so the
 * others need no types. */
#ifndef WHITTLE_RPM_HOOKS_H
#define WHITTLE_RPM_HOOKS_H

#include <rpm/rpmtypes.h>

#if __has_include(<rpm/rpmplugin.h>)
#include <rpm/rpmplugin.h>
#else
typedef struct rpmPlugin_s *rpmPlugin;
typedef rpmRC (*plugin_psm_pre_func)(rpmPlugin plugin, rpmte te);

struct rpmPluginHooks_s {
    void (*init)(void);
    void (*cleanup)(void);
    void (*tsm_pre)(void);
    void (*tsm_post)(void);
    plugin_psm_pre_func psm_pre;
    void (*psm_post)(void);
    void (*scriptlet_pre)(void);
    void (*scriptlet_fork_post)(void);
    void (*scriptlet_post)(void);
    void (*fsm_file_pre)(void);
    void (*fsm_file_post)(void);
    void (*fsm_file_prepare)(void);
};
#endif

#endif
