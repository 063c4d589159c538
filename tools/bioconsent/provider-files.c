/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider-files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define DATA "{data}"
#define VARIABLE_MAX 4096
#define ENDPOINT_MAX 256

const char *const bc_provider_folders[BC_PRESET_FOLDERS] = {BC_SYSCONF_DIR "/providers",
                                                            BC_DATA_DIR "/providers"};

int bc_provider_files_find(const char *id, struct bc_provider *out)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r =
        bc_provider_load(bc_provider_folders, BC_PRESET_FOLDERS, id, geteuid(), out, &err);

    if (r == BC_OK)
        return 0;
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no provider %s; add %s/%s.conf, see "
                               "bioconsent-provider(5)",
                               id, bc_provider_folders[0], id);
    return bc_message_fail_ini_file(r, &err, id);
}

/* "{data}" in a value is the folder of what we installed. */
static void expand_variable(const char *variable, char out[VARIABLE_MAX])
{
    const char *data = strstr(variable, DATA);

    if (data)
        (void)snprintf(out, VARIABLE_MAX, "%.*s" BC_DATA_DIR "%s", (int)(data - variable), variable,
                       data + strlen(DATA));
    else
        (void)snprintf(out, VARIABLE_MAX, "%s", variable);
}

enum bc_result bc_provider_files_run(const struct bc_provider *p, const char *command,
                                     const struct bc_filling *f, size_t from, int terminal,
                                     struct bc_run_result *out)
{
    char variables[BC_ENVIRONMENT_MAX][VARIABLE_MAX], endpoint[ENDPOINT_MAX];
    const char *envp[BC_ENVIRONMENT_MAX + 1] = {NULL};
    struct bc_filling filling = *f;
    struct bc_command c;
    enum bc_result r;

    (void)snprintf(endpoint, sizeof endpoint, "--endpoint-url=%s", p->endpoint.text);
    if (p->endpoint.text[0])
        filling.last = endpoint;
    r = bc_command_fill(&p->handles, command, &filling, from, &c);
    if (r != BC_OK)
        return r;
    for (size_t i = 0; i < p->environment_count; i++) {
        expand_variable(p->environment[i].text, variables[i]);
        envp[i] = variables[i];
    }
    bc_subprocess_run(&(struct bc_subprocess){.argv = (const char *const *)c.argv,
                                              .envp = envp,
                                              .timeout = p->timeout,
                                              .terminal = terminal},
                      out);
    bc_command_free(&c);
    return BC_OK;
}
