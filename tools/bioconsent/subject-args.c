/* SPDX-License-Identifier: BSD-2-Clause */
#include "subject-args.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "common/message.h"
#include "verbs.h"

int bc_subject_args_account(const char *name, struct bc_subject *out)
{
    const struct passwd *pw = bc_name_subject_valid(name) ? getpwnam(name) : NULL;

    if (!pw || !bc_name_subject_valid(pw->pw_name))
        return 0;
    memset(out, 0, sizeof *out);
    out->uid = pw->pw_uid;
    memcpy(out->name, pw->pw_name, strlen(pw->pw_name) + 1);
    return 1;
}

void bc_subject_args_parse(const struct bc_args *args, struct bc_subject *out)
{
    const char *name = args->operand[0], *uid = bc_args_value(args, BC_OPTION_UID, NULL);
    int external = bc_args_given(args, BC_OPTION_EXTERNAL);
    uint64_t number = 0;

    if (uid && external)
        bc_message_die(BC_EXIT_USAGE, "--uid and --external exclude each other");
    if (!uid && !external) {
        if (bc_subject_args_account(name, out))
            return;
        bc_message_die(BC_EXIT_NOT_FOUND,
                       "there is no account %s; for a person without one use --external", name);
    }
    if (!bc_name_subject_valid(name) || !bc_text_clean(name, strlen(name), 0))
        bc_message_die(BC_EXIT_USAGE, "%s cannot name a subject", name);
    if (uid && bc_text_parse_number(uid, strlen(uid), UINT32_MAX - 1, &number) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--uid %s: it must be the number of an account", uid);
    memset(out, 0, sizeof *out);
    out->external = external;
    out->uid = (uint32_t)number;
    memcpy(out->name, name, strlen(name) + 1);
}

void bc_subject_args_alone(const struct bc_args *args, const char *verb, const int *options)
{
    for (; *options >= 0; options++)
        if (bc_args_given(args, *options))
            bc_message_die(BC_EXIT_USAGE,
                           "%s: --%s needs the name of a user; see bioconsent help %s", verb,
                           bc_verb_options[*options].name, verb);
}

void bc_subject_args_operand(const struct bc_subject *subject, char out[BC_SUBJECT_OPERAND_BYTES])
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-";
    const char *name = subject->name;
    const int quoted = name[strspn(name, plain)] != '\0' || name[0] == '-';
    struct bc_subject now;
    size_t len = 0;

    if (quoted)
        out[len++] = '\'';
    for (; *name; name++) {
        if (*name == '\'') {
            memcpy(out + len, "'\\''", 4);
            len += 4;
        } else {
            out[len++] = *name;
        }
    }
    if (quoted)
        out[len++] = '\'';
    out[len] = '\0';
    if (subject->external)
        memcpy(out + len, " --external", sizeof " --external");
    else if (!bc_subject_args_account(subject->name, &now) || now.uid != subject->uid)
        (void)snprintf(out + len, BC_SUBJECT_OPERAND_BYTES - len, " --uid %u", subject->uid);
}

void bc_subject_args_operator(char out[BC_LINE_MAX + 1])
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
