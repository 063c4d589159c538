/* SPDX-License-Identifier: BSD-2-Clause */
#include "subject.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "text.h"

int bc_tool_account(const char *name, struct bc_subject *out)
{
    const struct passwd *pw = bc_subject_name_valid(name) ? getpwnam(name) : NULL;

    if (!pw || !bc_subject_name_valid(pw->pw_name))
        return 0;
    memset(out, 0, sizeof *out);
    out->uid = pw->pw_uid;
    memcpy(out->name, pw->pw_name, strlen(pw->pw_name) + 1);
    return 1;
}

int bc_tool_subject(const char *name, int external, struct bc_subject *out)
{
    if (!external && !bc_tool_account(name, out))
        return bc_fail(BC_EXIT_NOT_FOUND, "there is no account %s; for somebody without one use "
                       "--external-subject", name);
    if (!external)
        return 0;
    if (!bc_subject_name_valid(name) || !bc_text_clean(name, strlen(name), 0))
        return bc_fail(BC_EXIT_USAGE, "%s cannot name a subject", name);
    memset(out, 0, sizeof *out);
    out->external = 1;
    memcpy(out->name, name, strlen(name) + 1);
    return 0;
}

/* An account that is gone has no number any more but the one that the administrator remembers. */
static int with_uid(const char *name, const char *uid, struct bc_subject *out)
{
    uint64_t number;

    if (!bc_subject_name_valid(name) || !bc_text_clean(name, strlen(name), 0))
        return bc_fail(BC_EXIT_USAGE, "%s cannot name a subject", name);
    if (bc_number_parse(uid, strlen(uid), UINT32_MAX - 1, &number) != BC_OK)
        return bc_fail(BC_EXIT_USAGE, "--uid %s: a number of an account", uid);
    memset(out, 0, sizeof *out);
    out->uid = (uint32_t)number;
    memcpy(out->name, name, strlen(name) + 1);
    return 0;
}

int bc_subject_from_args(struct bc_args *args, struct bc_subject *out)
{
    const char *uid = bc_arg_value(args, "uid", NULL);
    int external = bc_arg(args, "external-subject")->given;

    if (uid && external)
        return bc_fail(BC_EXIT_USAGE, "--uid and --external-subject exclude each other");
    return uid ? with_uid(args->operands[0], uid, out)
               : bc_tool_subject(args->operands[0], external, out);
}

void bc_tool_operator(char out[BC_LINE_MAX + 1])
{
    const struct passwd *pw = getpwuid(getuid());
    const char *login = getlogin();
    char clean[BC_LINE_MAX + 1];

    if (pw && login && strcmp(login, pw->pw_name) != 0)
        (void)snprintf(clean, sizeof clean, "%s (logged in as %s)", pw->pw_name, login);
    else if (pw)
        (void)snprintf(clean, sizeof clean, "%s", pw->pw_name);
    else
        (void)snprintf(clean, sizeof clean, "uid %lu", (unsigned long)getuid());
    bc_text_sanitize(clean, out, BC_LINE_MAX + 1);
}
