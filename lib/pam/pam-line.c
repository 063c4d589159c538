/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-line.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \n\t"
#define SPACES " \t\n\v\f\r"
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

enum bc_pam_read bc_pam_line_read(struct bc_pam_text *text, char out[BC_PAM_TEXT_MAX + 1])
{
    size_t used = 0, room = BC_PAM_TEXT_MAX;

    while (*text->at) {
        const char *s = text->at;
        size_t len = strcspn(s, "\n"), blank = strspn(s, " \t"), end = strcspn(s, "#");
        int more = 0;
        text->lines++;
        text->at += s[len] ? len + 1 : len;
        text->number = used == 0 ? text->lines : text->number;
        if (len > room) /* libpam would take the rest for a line */
            return BC_PAM_TOO_LONG;
        if (blank == len || s[blank] == '#')
            continue;
        if (end >= len) { /* a line with a comment is never continued */
            for (end = len; strchr(BLANKS, s[end - 1]);)
                end--;
            more = s[end - 1] == '\\';
        }
        memcpy(out + used, s + blank, end - blank);
        used += end - blank;
        out[used] = '\0';
        if (!more)
            return BC_PAM_LINE;
        out[used - 1] = ' ';
        room -= len;
    }
    return used > 0 ? BC_PAM_CUT_OFF : BC_PAM_END;
}

char *bc_pam_line_word(char **at)
{
    char *word = *at ? *at + strspn(*at, BLANKS) : NULL, *end;

    if (!word || !*word) {
        *at = NULL;
        return NULL;
    }
    if (*word == '[') { /* up to the closing bracket; "\]" is a bracket within */
        char *to = ++word;
        for (end = word; *end && *end != ']'; *to++ = *end++)
            if (end[0] == '\\' && end[1] == ']')
                end++;
        if (to != end)
            *to = '\0';
    } else {
        end = word + strcspn(word, BLANKS);
    }
    if (*end)
        *end++ = '\0';
    *at = *end ? end : NULL;
    return word;
}

static void fill_unset(int action[_PAM_RETURN_VALUES], int value)
{
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (action[code] == UNSET)
            action[code] = value;
}

/* Returns what follows the action, or NULL. Nothing need separate it from the next code: libpam
 * takes "okignore=bad" for two. */
static const char *parse_action(const char *s, int *action)
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

/* Parses "code=action ...". Returns 1, or 0 where it is malformed. */
static int parse_pairs(const char *s, int action[_PAM_RETURN_VALUES])
{
    for (s += strspn(s, SPACES); *s; s += strspn(s, SPACES)) {
        size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz_");
        int is_default = len == 7 && memcmp(s, "default", len) == 0, value;
        int code = is_default ? 0 : bc_pam_line_code_value(s, len);
        s += len + strspn(s + len, SPACES);
        if (code < 0 || *s != '=')
            return 0;
        s = parse_action(s + 1 + strspn(s + 1, SPACES), &value);
        if (!s)
            return 0;
        if (is_default)
            fill_unset(action, value);
        else
            action[code] = value;
    }
    return 1;
}

int bc_pam_line_control(const char *word, int action[_PAM_RETURN_VALUES])
{
    static const struct {
        const char *word;
        int success, other;
    } words[] = {{"required", BC_PAM_OK, BC_PAM_BAD},
                 {"requisite", BC_PAM_OK, BC_PAM_DIE},
                 {"optional", BC_PAM_OK, BC_PAM_IGNORE},
                 {"sufficient", BC_PAM_DONE, BC_PAM_IGNORE}};
    int good;
    size_t i = 0;

    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        action[code] = UNSET;
    while (i < 4 && strcasecmp(word, words[i].word) != 0)
        i++;
    if (i < 4) {
        action[PAM_SUCCESS] = action[PAM_NEW_AUTHTOK_REQD] = words[i].success;
        action[PAM_IGNORE] = BC_PAM_IGNORE;
        fill_unset(action, words[i].other);
    }
    good = i < 4 || parse_pairs(word, action);
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (!good || action[code] == UNSET)
            action[code] = BC_PAM_BAD;
    return good;
}
