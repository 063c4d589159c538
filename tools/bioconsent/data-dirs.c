/* SPDX-License-Identifier: BSD-2-Clause */
#include "data-dirs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int is_preset(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(BC_PRESET_SUFFIX);

    return len > suffix && len - suffix <= BC_WORD_MAX &&
           strcmp(entry->d_name + len - suffix, BC_PRESET_SUFFIX) == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void collect(const char *folder, struct bc_data_dirs_names *names)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_preset, NULL);

    for (int i = 0; i < n; i++) {
        size_t len = strlen(entries[i]->d_name) - strlen(BC_PRESET_SUFFIX);
        if (names->count < BC_PRESETS_MAX) {
            memcpy(names->name[names->count], entries[i]->d_name, len);
            names->name[names->count++][len] = '\0';
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

void bc_data_dirs_names(const char *const *folders, struct bc_data_dirs_names *out)
{
    size_t kept = 0;

    out->count = 0;
    for (size_t i = 0; i < BC_PRESET_FOLDERS; i++)
        collect(folders[i], out);
    qsort(out->name, out->count, sizeof out->name[0], compare);
    for (size_t i = 0; i < out->count; i++)
        if (i == 0 || strcmp(out->name[i], out->name[kept - 1]) != 0)
            memmove(out->name[kept++], out->name[i], sizeof out->name[0]);
    out->count = kept;
}
