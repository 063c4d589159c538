/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "providers.h"
#include "request.h"
#include "tool.h"

/* As env(1), timeout(1) and their like: the command's own exit status is below. */
#define EXIT_NOT_RUN 125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_THERE 127

static const char help[] =
    "usage: bioconsent run --subject NAME --provider P --operation O [--modality M] [--purpose P]\n"
    "           [--external-subject] -- COMMAND [ARGUMENT ...]\n\n"
    "Runs the command if the subject's consent covers it, with its own environment, input and output,\n"
    "and without a shell. Refused, the command is never started. The modality is the provider's own,\n"
    "unless it is given: bioconsent-provider(5).\n"
    "Exit: the command's own; 125 refused, or the gate could not be asked; 126 the command can't be\n"
    "executed; 127 there is no such command.\n\n"
    "Example: bioconsent run --subject visitor-17 --external-subject --provider aws-rekognition \\\n"
    "             --operation authenticate -- \\\n"
    "             aws rekognition search-faces-by-image --collection-id=visitors --image=...\n";

static int execute_at(const char *path, char **argv)
{
    (void)execv(path, argv);
    return errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_THERE : EXIT_NOT_EXECUTABLE;
}

/* execvp would hand a file that is no program to a shell. */
static int execute(char **argv)
{
    const char *folder = getenv("PATH"), *end;
    int code = EXIT_NOT_THERE;
    char path[PATH_MAX];

    if (strchr(argv[0], '/'))
        return execute_at(argv[0], argv);
    for (; folder && code == EXIT_NOT_THERE; folder = *end ? end + 1 : NULL) {
        end = folder + strcspn(folder, ":");
        if (folder == end) /* the present folder: whoever means it writes ./ */
            continue;
        if (snprintf(path, sizeof path, "%.*s/%s", (int)(end - folder), folder, argv[0]) <
            (int)sizeof path)
            code = execute_at(path, argv);
    }
    return code;
}

static int gate_and_execute(struct bc_tool *tool, struct bc_request *request, char **command)
{
    enum bc_reason reason =
        bc_ask_helper(request, tool->config_given ? tool->config : NULL, NULL, NULL);
    int code;

    if (reason != BC_ALLOW)
        return bc_fail(EXIT_NOT_RUN, "%s was not run: %s: %s (%s) What to do: %s", command[0],
                       request->user, bc_reason_sentence(reason), bc_reason_id(reason),
                       bc_reason_remedy(reason));
    (void)umask(tool->umask);
    code = execute(command);
    return bc_fail(code, "%s: %s", command[0],
                   code == EXIT_NOT_THERE ? "there is no such command" : strerror(errno));
}

/* Where the command begins in argv: behind the first "--"; argc if nowhere. */
static int find_command(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            return i + 1;
    return argc;
}

static int take(struct bc_args *args, struct bc_request *request)
{
    static const char *const needed[] = {"subject", "provider", "operation"};
    struct bc_provider provider;
    int code;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!bc_arg(args, needed[i])->given)
            return bc_fail(BC_EXIT_USAGE, "run needs --%s", needed[i]);
    code = bc_request_subject(bc_arg_value(args, "subject", ""),
                              bc_arg(args, "external-subject")->given, request);
    if (!code)
        code = bc_request_terms(args, request);
    if (code || bc_arg(args, "modality")->given)
        return code;
    code = bc_provider_find(request->provider, &provider);
    if (!code)
        request->modality = provider.modality;
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "subject", .kind = BC_ARG_ONE},
                               {.name = "modality", .kind = BC_ARG_ONE},
                               {.name = "operation", .kind = BC_ARG_ONE},
                               {.name = "provider", .kind = BC_ARG_ONE},
                               {.name = "purpose", .kind = BC_ARG_ONE},
                               {.name = "external-subject", .kind = BC_ARG_FLAG},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct bc_request request = {.ask = BC_ASK_CHECK};
    int command = find_command(argc, argv);
    int code = bc_tool_args(tool, &bc_verb_run, &args, command, argv, 0, 0);

    if (code == BC_EXIT_OK)
        return code;
    if (code < 0 && command == argc)
        code = bc_fail(BC_EXIT_USAGE, "run needs -- and a command");
    if (code < 0)
        code = take(&args, &request);
    return code ? EXIT_NOT_RUN : gate_and_execute(tool, &request, argv + command);
}

const struct bc_verb bc_verb_run = {"run", "run a command if consent covers it", help, run};
