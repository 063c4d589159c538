/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PRESETS_H
#define BC_PRESETS_H

#include "client/protocol.h"

/* Data files that come with us, and that the administrator may replace or add to: names of the
 * files in the administrator's folder and in ours. */

#define BC_PRESET_FOLDERS 2
#define BC_PRESETS_MAX 256
#define BC_PRESET_SUFFIX ".conf"

struct bc_data_dirs_names {
    size_t count;
    char name[BC_PRESETS_MAX][BC_WORD_MAX + 1];
};

/* Those of both folders, sorted, each once; names that are no words included. */
void bc_data_dirs_names(const char *const *folders, struct bc_data_dirs_names *out);

#endif
