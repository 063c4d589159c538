/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws.h"

#include <stdlib.h>
#include <unistd.h>

const char *const bc_law_folders[BC_LAW_FOLDERS] = {BC_SYSCONF_DIR "/jurisdictions",
                                                    BC_DATA_DIR "/jurisdictions"};

static int load(const char *id, struct bc_jurisdiction *out)
{
    struct bc_settings_error err = {.line = 0};
    enum bc_result r = bc_jurisdiction_load(bc_law_folders, BC_LAW_FOLDERS, id, geteuid(), out,
                                            &err);

    if (r == BC_OK)
        return 0;
    if (r == BC_ERR_NOT_FOUND)
        return bc_fail(BC_EXIT_NOT_FOUND, "there is no jurisdiction %s; see bioconsent jurisdiction "
                       "list, or add %s/%s.conf", id, bc_law_folders[0], id);
    return bc_fail_settings(r, &err, id);
}

int bc_laws_load(const struct bc_words *names, struct bc_laws *out)
{
    struct bc_laws laws = {.count = names->count};
    int code = 0;

    laws.list = calloc(names->count ? names->count : 1, sizeof *laws.list);
    if (!laws.list)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    for (size_t i = 0; i < names->count && !code; i++)
        code = load(names->word[i], &laws.list[i]);
    if (code)
        bc_laws_free(&laws);
    else
        *out = laws;
    return code;
}

void bc_laws_free(struct bc_laws *laws)
{
    free(laws->list);
    laws->list = NULL;
    laws->count = 0;
}
