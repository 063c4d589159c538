/* SPDX-License-Identifier: BSD-2-Clause */
#include "law-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"

static const char *const folders[] = {BC_SYSCONF_DIR "/jurisdictions",
                                      BC_DATA_DIR "/jurisdictions"};

static enum bc_result find_law(const char *id, struct bc_jurisdiction *out,
                               struct bc_ini_file_error *err)
{
    return bc_jurisdiction_load(folders, sizeof folders / sizeof folders[0], id, geteuid(), out,
                                err);
}

int bc_law_files_load(const struct bc_words *names, struct bc_law_files *out)
{
    struct bc_law_files laws = {.list = bc_memory_new(names->count, sizeof *laws.list)};
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r = BC_OK;
    const char *id = "";

    while (r == BC_OK && laws.count < names->count) {
        id = names->word[laws.count];
        r = find_law(id, &laws.list[laws.count++], &err);
    }
    if (r == BC_OK) {
        *out = laws;
        return 0;
    }
    bc_law_files_free(&laws);
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no jurisdiction %s in %s or %s: "
                               "bioconsent-jurisdiction(5) says what such a file contains",
                               id, folders[0], folders[1]);
    return bc_message_fail_ini_file(r, &err, id);
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

void bc_law_files_clause(const struct bc_notice *n, const struct bc_grant *g, char *out, size_t cap)
{
    static struct bc_jurisdiction j;
    struct bc_ini_file_error err;

    out[0] = '\0';
    for (size_t i = 0; i < n->jurisdictions.count && !out[0]; i++) {
        const char *id = n->jurisdictions.word[i];
        const struct bc_clause *clause = NULL;
        if (!bc_law_files_exempt(n, id) && find_law(id, &j, &err) == BC_OK &&
            j.in_force <= g->valid_from)
            clause = g->kind < j.kind                 ? &j.kind_clause
                     : j.givers & (1U << g->given_by) ? NULL
                                                      : &j.givers_clause;
        if (clause)
            (void)snprintf(out, cap, " (%s: %s)", id, clause->text);
    }
}
