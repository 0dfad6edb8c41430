/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h - what every test of this folder includes. */
#ifndef WHITTLE_TESTS_METADATA_UNIT_H
#define WHITTLE_TESTS_METADATA_UNIT_H

#include "check.h"
#include "sample.h"
#include "whittle/cleanup.h"

#endif
