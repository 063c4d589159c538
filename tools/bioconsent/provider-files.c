/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider-files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"

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

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

void bc_provider_files_names(struct bc_provider_names *out)
{
    const size_t suffix = strlen(BC_PROVIDER_SUFFIX);

    out->count = 0;
    for (size_t i = 0; i < BC_PRESET_FOLDERS; i++) {
        DIR *folder = opendir(bc_provider_folders[i]);
        struct dirent *entry;
        while (folder && out->count < BC_PROVIDER_FILES_MAX && (entry = readdir(folder))) {
            char *name = out->name[out->count];
            size_t len = strlen(entry->d_name), k = 0;
            if (len <= suffix || len - suffix > BC_WORD_MAX ||
                strcmp(entry->d_name + len - suffix, BC_PROVIDER_SUFFIX) != 0)
                continue;
            (void)snprintf(name, sizeof out->name[0], "%.*s", (int)(len - suffix), entry->d_name);
            while (k < out->count && strcmp(out->name[k], name) != 0)
                k++;
            out->count += k == out->count;
        }
        if (folder)
            (void)closedir(folder);
    }
    qsort(out->name, out->count, sizeof out->name[0], compare_names);
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
    r = bc_command_fill(&p->identifiers, command, &filling, from, &c);
    if (r != BC_OK)
        return r;
    for (size_t i = 0; i < p->environment_count; i++) {
        /* "{data}" in a value is the folder of what we installed. */
        const char *text = p->environment[i].text, *data = strstr(text, DATA);
        (void)snprintf(variables[i], VARIABLE_MAX, "%.*s%s%s",
                       (int)(data ? data - text : BC_SETTING_MAX), text, data ? BC_DATA_DIR : "",
                       data ? data + strlen(DATA) : "");
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

int bc_provider_files_succeeded(const struct bc_run_result *run)
{
    return run->end == BC_RUN_EXITED && run->status == 0;
}

const char *bc_provider_files_collect(const struct bc_step *step, const struct bc_run_result *run,
                                      json_t **strings)
{
    const char *space = strchr(step->collect.text, ' ');
    json_t *reply;
    enum bc_result r;

    if (!space || bc_response_parse(run->out, run->out_len, &reply) != BC_OK)
        return "the answer is not JSON";
    r = bc_response_strings(reply, space + 1, strings);
    json_decref(reply);
    return r == BC_OK ? NULL : "the answer is not of the form it must have";
}
