/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-line.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \n\t"
#define UNSET (BC_PAM_RESET - 1)

static const char *const codes[_PAM_RETURN_VALUES] = {
    [PAM_SUCCESS] = "success",
    [PAM_OPEN_ERR] = "open_err",
    [PAM_SYMBOL_ERR] = "symbol_err",
    [PAM_SERVICE_ERR] = "service_err",
    [PAM_SYSTEM_ERR] = "system_err",
    [PAM_BUF_ERR] = "buf_err",
    [PAM_PERM_DENIED] = "perm_denied",
    [PAM_AUTH_ERR] = "auth_err",
    [PAM_CRED_INSUFFICIENT] = "cred_insufficient",
    [PAM_AUTHINFO_UNAVAIL] = "authinfo_unavail",
    [PAM_USER_UNKNOWN] = "user_unknown",
    [PAM_MAXTRIES] = "maxtries",
    [PAM_NEW_AUTHTOK_REQD] = "new_authtok_reqd",
    [PAM_ACCT_EXPIRED] = "acct_expired",
    [PAM_SESSION_ERR] = "session_err",
    [PAM_CRED_UNAVAIL] = "cred_unavail",
    [PAM_CRED_EXPIRED] = "cred_expired",
    [PAM_CRED_ERR] = "cred_err",
    [PAM_NO_MODULE_DATA] = "no_module_data",
    [PAM_CONV_ERR] = "conv_err",
    [PAM_AUTHTOK_ERR] = "authtok_err",
    [PAM_AUTHTOK_RECOVERY_ERR] = "authtok_recover_err",
    [PAM_AUTHTOK_LOCK_BUSY] = "authtok_lock_busy",
    [PAM_AUTHTOK_DISABLE_AGING] = "authtok_disable_aging",
    [PAM_TRY_AGAIN] = "try_again",
    [PAM_IGNORE] = "ignore",
    [PAM_ABORT] = "abort",
    [PAM_AUTHTOK_EXPIRED] = "authtok_expired",
    [PAM_MODULE_UNKNOWN] = "module_unknown",
    [PAM_BAD_ITEM] = "bad_item",
    [PAM_CONV_AGAIN] = "conv_again",
    [PAM_INCOMPLETE] = "incomplete",
};

const char *bc_pam_line_code_name(int code)
{
    return code >= 0 && code < _PAM_RETURN_VALUES ? codes[code] : NULL;
}

int bc_pam_line_code_value(const char *name, size_t len)
{
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (strlen(codes[code]) == len && memcmp(codes[code], name, len) == 0)
            return code;
    return -1;
}

/* Appends the len bytes of one line of the file to out. Returns 1 if more is to follow, 0 if the
 * line is whole. */
static int append_line(const char *s, size_t len, char *out, size_t *used)
{
    size_t text = strcspn(s, "#");
    int more = 0;

    if (text >= len) {
        for (text = len; strchr(BLANKS, s[text - 1]);)
            text--;
        more = s[text - 1] == '\\';
    }
    memcpy(out + *used, s, text);
    *used += text;
    if (more)
        out[*used - 1] = ' ';
    out[*used] = '\0';
    return more;
}

enum bc_pam_read bc_pam_line_read(struct bc_pam_text *text, char out[BC_PAM_TEXT_MAX + 1])
{
    size_t used = 0, room = BC_PAM_TEXT_MAX;

    while (*text->at) {
        const char *s = text->at;
        size_t len = strcspn(s, "\n"), blank = strspn(s, " \t");
        text->lines++;
        text->at += s[len] ? len + 1 : len;
        text->number = used == 0 ? text->lines : text->number;
        if (len > room) /* libpam would take the rest for a line */
            return BC_PAM_TOO_LONG;
        if (blank == len || s[blank] == '#')
            continue;
        if (!append_line(s + blank, len - blank, out, &used))
            return BC_PAM_LINE;
        room -= len;
    }
    return used > 0 ? BC_PAM_CUT_OFF : BC_PAM_END;
}

/* What is between brackets, with "\]" for a bracket within. s is behind the first one. */
static char *bracketed(char *s)
{
    char *to = s;

    while (*s && *s != ']') {
        if (s[0] == '\\' && s[1] == ']')
            s++;
        *to++ = *s++;
    }
    if (to != s)
        *to = '\0';
    return s;
}

char *bc_pam_line_word(char **at)
{
    char *word = *at, *end;

    if (!word)
        return NULL;
    word += strspn(word, BLANKS);
    if (!*word) {
        *at = NULL;
        return NULL;
    }
    end = *word == '[' ? bracketed(++word) : word + strcspn(word, BLANKS);
    if (*end)
        *end++ = '\0';
    *at = *end ? end : NULL;
    return word;
}

static void fill(int action[_PAM_RETURN_VALUES], int value)
{
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (action[code] == UNSET)
            action[code] = value;
}

static void word_actions(int action[_PAM_RETURN_VALUES], int success, int other)
{
    action[PAM_SUCCESS] = action[PAM_NEW_AUTHTOK_REQD] = success;
    action[PAM_IGNORE] = BC_PAM_IGNORE;
    fill(action, other);
}

static const char *skip_space(const char *s)
{
    return s + strspn(s, " \t\n\v\f\r");
}

/* Reads a code, or "default", for which it gives _PAM_RETURN_VALUES. */
static const char *read_code(const char *s, int *code)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz_");

    *code = len == 7 && memcmp(s, "default", len) == 0 ? _PAM_RETURN_VALUES
                                                       : bc_pam_line_code_value(s, len);
    return *code < 0 ? NULL : s + len;
}

/* Nothing need follow an action: libpam takes "okignore=bad" for two. */
static const char *read_action(const char *s, int *action)
{
    static const char *const names[] = {"ignore", "ok", "done", "bad", "die", "reset"};
    int jump = 0;

    for (int i = 0; i < 6; i++)
        if (strncmp(s, names[i], strlen(names[i])) == 0) {
            *action = -i;
            return s + strlen(names[i]);
        }
    for (; *s >= '0' && *s <= '9'; s++)
        jump = jump < BC_PAM_JUMP_MAX ? jump * 10 + (*s - '0') : jump;
    *action = jump < BC_PAM_JUMP_MAX ? jump : BC_PAM_JUMP_MAX;
    return jump > 0 ? s : NULL;
}

static int read_control(const char *s, int action[_PAM_RETURN_VALUES])
{
    for (s = skip_space(s); *s; s = skip_space(s)) {
        int code, value;
        s = read_code(s, &code);
        s = s ? skip_space(s) : NULL;
        if (!s || *s != '=')
            return 0;
        s = read_action(skip_space(s + 1), &value);
        if (!s)
            return 0;
        if (code < _PAM_RETURN_VALUES)
            action[code] = value;
        else
            fill(action, value);
    }
    return 1;
}

int bc_pam_line_control(const char *word, int action[_PAM_RETURN_VALUES])
{
    int good = 1;

    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        action[code] = UNSET;
    if (strcasecmp(word, "required") == 0)
        word_actions(action, BC_PAM_OK, BC_PAM_BAD);
    else if (strcasecmp(word, "requisite") == 0)
        word_actions(action, BC_PAM_OK, BC_PAM_DIE);
    else if (strcasecmp(word, "optional") == 0)
        word_actions(action, BC_PAM_OK, BC_PAM_IGNORE);
    else if (strcasecmp(word, "sufficient") == 0)
        word_actions(action, BC_PAM_DONE, BC_PAM_IGNORE);
    else
        good = read_control(word, action);
    if (!good)
        for (int code = 0; code < _PAM_RETURN_VALUES; code++)
            action[code] = BC_PAM_BAD;
    fill(action, BC_PAM_BAD);
    return good;
}
