/* SPDX-License-Identifier: BSD-2-Clause */
#include "subject-args.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "common/message.h"

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

int bc_subject_args_find(const char *name, int external, struct bc_subject *out)
{
    if (!external && !bc_subject_args_account(name, out))
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no account %s; for somebody without one use "
                               "--external",
                               name);
    if (!external)
        return 0;
    if (!bc_name_subject_valid(name) || !bc_text_clean(name, strlen(name), 0))
        return bc_message_fail(BC_EXIT_USAGE, "%s cannot name a subject", name);
    memset(out, 0, sizeof *out);
    out->external = 1;
    memcpy(out->name, name, strlen(name) + 1);
    return 0;
}

/* An account that is gone has no number any more but the one that the administrator remembers. */
static int with_uid(const char *name, const char *uid, struct bc_subject *out)
{
    uint64_t number;

    if (!bc_name_subject_valid(name) || !bc_text_clean(name, strlen(name), 0))
        return bc_message_fail(BC_EXIT_USAGE, "%s cannot name a subject", name);
    if (bc_text_parse_number(uid, strlen(uid), UINT32_MAX - 1, &number) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--uid %s: a number of an account", uid);
    memset(out, 0, sizeof *out);
    out->uid = (uint32_t)number;
    memcpy(out->name, name, strlen(name) + 1);
    return 0;
}

int bc_subject_args_parse(struct bc_args *args, struct bc_subject *out)
{
    const char *uid = bc_arg_value(args, "uid", NULL);
    int external = bc_arg(args, "external")->given;

    if (uid && external)
        return bc_message_fail(BC_EXIT_USAGE, "--uid and --external exclude each other");
    return uid ? with_uid(args->operands[0], uid, out)
               : bc_subject_args_find(args->operands[0], external, out);
}

int bc_subject_args_alone(struct bc_args *args, const char *verb, const char *const *names)
{
    if (args->operand_count)
        return 0;
    for (; *names; names++)
        if (bc_arg(args, *names)->given)
            return bc_message_fail(BC_EXIT_USAGE,
                                   "%s: --%s needs the name of a user; see bioconsent %s "
                                   "--help",
                                   verb, *names, verb);
    return 0;
}

/* In single quotes unless every character is plain; a quote becomes '\\''. */
static size_t quote_for_shell(const char *s, char *out)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-");
    char *p = out;

    if (s[len] == '\0' && s[0] != '-') {
        memcpy(out, s, len + 1);
        return len;
    }
    *p++ = '\'';
    for (; *s; s++) {
        if (*s == '\'') {
            memcpy(p, "'\\''", 4);
            p += 4;
        } else {
            *p++ = *s;
        }
    }
    *p++ = '\'';
    *p = '\0';
    return (size_t)(p - out);
}

void bc_subject_args_operand(const struct bc_subject *subject, char out[BC_SUBJECT_OPERAND_BYTES])
{
    struct bc_subject now;
    size_t len = quote_for_shell(subject->name, out);

    if (subject->external)
        memcpy(out + len, " --external", sizeof " --external");
    else if (!bc_subject_args_account(subject->name, &now) || now.uid != subject->uid)
        (void)snprintf(out + len, BC_SUBJECT_OPERAND_BYTES - len, " --uid %u", subject->uid);
}

int bc_subject_args_logged_in(char out[BC_SUBJECT_MAX + 1])
{
    char text[16] = "";
    const char *name = getlogin();
    const struct passwd *pw;
    uint64_t uid;
    int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        (void)close(fd);
    if (len > 0 && bc_text_parse_number(text, strcspn(text, "\n"), UINT32_MAX - 1, &uid) == BC_OK) {
        pw = getpwuid((uid_t)uid);
        name = pw ? pw->pw_name : NULL;
    }
    if (!name || !bc_name_subject_valid(name))
        return 0;
    (void)snprintf(out, BC_SUBJECT_MAX + 1, "%s", name);
    return 1;
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
