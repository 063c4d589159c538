/* SPDX-License-Identifier: BSD-2-Clause */
#include "law-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const bc_law_folders[BC_PRESET_FOLDERS] = {BC_SYSCONF_DIR "/jurisdictions",
                                                       BC_DATA_DIR "/jurisdictions"};

static enum bc_result find(const char *id, struct bc_jurisdiction *out,
                           struct bc_ini_file_error *err)
{
    return bc_jurisdiction_load(bc_law_folders, BC_PRESET_FOLDERS, id, geteuid(), out, err);
}

static int load(const char *id, struct bc_jurisdiction *out)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r = find(id, out, &err);

    if (r == BC_OK)
        return 0;
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no jurisdiction %s in %s or %s: "
                               "bioconsent-jurisdiction(5) says what such a file contains",
                               id, bc_law_folders[0], bc_law_folders[1]);
    return bc_message_fail_ini_file(r, &err, id);
}

int bc_law_files_load(const struct bc_words *names, struct bc_law_files *out)
{
    struct bc_law_files laws = {.count = names->count};
    int code = 0;

    laws.list = calloc(names->count ? names->count : 1, sizeof *laws.list);
    if (!laws.list)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    for (size_t i = 0; i < names->count && !code; i++)
        code = load(names->word[i], &laws.list[i]);
    if (code)
        bc_law_files_free(&laws);
    else
        *out = laws;
    return code;
}

void bc_law_files_free(struct bc_law_files *laws)
{
    free(laws->list);
    laws->list = NULL;
    laws->count = 0;
}

int bc_law_files_exempt(const struct bc_notice *n, const char *law)
{
    size_t len = strlen(law);

    for (size_t i = 0; i < n->exempt.count; i++)
        if (strncmp(n->exempt.line[i], law, len) == 0 && strchr(",:", n->exempt.line[i][len]))
            return 1;
    return 0;
}

static const struct bc_clause *objection(const struct bc_jurisdiction *j, const struct bc_grant *g)
{
    if (g->kind < j->kind)
        return &j->kind_clause;
    return j->givers & (1U << g->given_by) ? NULL : &j->givers_clause;
}

void bc_law_files_clause(const struct bc_notice *n, const struct bc_grant *g, char *out, size_t cap)
{
    struct bc_jurisdiction *j = malloc(sizeof *j);
    struct bc_ini_file_error err;

    out[0] = '\0';
    for (size_t i = 0; j && i < n->jurisdictions.count && !out[0]; i++) {
        const char *id = n->jurisdictions.word[i];
        const struct bc_clause *clause = !bc_law_files_exempt(n, id) &&
                                                 find(id, j, &err) == BC_OK &&
                                                 j->in_force <= g->valid_from
                                             ? objection(j, g)
                                             : NULL;
        if (clause)
            (void)snprintf(out, cap, " (%s: %s)", id, clause->text);
    }
    free(j);
}
