/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "receipts.h"
#include "subject.h"
#include "text.h"
#include "tool.h"

static const char help[] =
    "usage: bioconsent receipt [USER] [--event N] [--output FILE] [--external-subject | --uid N]\n\n"
    "Shows the receipt of a consent or withdrawal, the newest without --event; ordinary users see their\n"
    "own. --output writes the file that proves it, for bioconsent-verify(1); --json prints it.\n\n"
    "Examples: bioconsent receipt\n"
    "          bioconsent receipt --output consent.json\n";

static int find_subject(struct bc_args *args, struct bc_subject *out)
{
    const struct passwd *pw = getpwuid(geteuid());

    if (args->operand_count)
        return bc_subject_from_args(args, out);
    if (!pw)
        return bc_fail(BC_EXIT_NOT_FOUND, "you have no account here");
    return bc_tool_subject(pw->pw_name, 0, out);
}

/* The cover page, for people. */
static int print_cover(const struct bc_sheet *sheet)
{
    json_t *bundle = json_loadb(sheet->text, sheet->len, 0, NULL), *line;
    size_t i;

    if (!bundle)
        return bc_fail_reason(BC_HELPER, "receipt", "");
    json_array_foreach(json_object_get(bundle, "cover"), i, line)
        (void)printf("%s\n", json_string_value(line));
    (void)printf("\nThe file that proves this: bioconsent receipt --output FILE\n");
    json_decref(bundle);
    return BC_EXIT_OK;
}

static int hand_out(struct bc_tool *tool, struct bc_args *args, const char *number)
{
    const char *path = bc_arg_value(args, "output", NULL);
    struct bc_sheet sheet = {.len = 0};
    struct bc_subject subject;
    enum bc_reason reason;
    uint64_t event = 0;
    int code = find_subject(args, &subject);

    if (!code && number && bc_number_parse(number, strlen(number), INT64_MAX, &event) != BC_OK)
        code = bc_fail(BC_EXIT_USAGE, "--event %s: not a number", number);
    if (code)
        return code;
    reason = bc_receipts_fetch(tool, &subject, number ? &event : NULL, &sheet);
    if (reason == BC_NO_RECORD)
        return bc_fail(BC_EXIT_NOT_FOUND, "%s: there is no such consent or withdrawal; what waits to be "
                       "signed has no receipt yet", subject.name);
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "receipt", "");
    code = path || tool->json ? bc_output_write(path, sheet.text, sheet.len) : print_cover(&sheet);
    bc_sheet_free(&sheet);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "event", .kind = BC_ARG_ONE},
                               {.name = "output", .kind = BC_ARG_ONE},
                               BC_SUBJECT_OPTIONS,
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_receipt, &args, argc, argv, 0, 1);

    return code >= 0 ? code : hand_out(tool, &args, bc_arg_value(&args, "event", NULL));
}

const struct bc_verb bc_verb_receipt = {"receipt", "the receipt of a consent or withdrawal", help, run};
