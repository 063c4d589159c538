/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-line.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define BLANKS " \n\t"
#define SPACES " \t\n\v\f\r"
#define UNSET (BC_PAM_RESET - 1)

/* The names of the codes, from PAM_SUCCESS, which is 0, to PAM_INCOMPLETE, which is 31. */
static const char codes[] =
    "success open_err symbol_err service_err system_err buf_err perm_denied auth_err "
    "cred_insufficient authinfo_unavail user_unknown maxtries new_authtok_reqd "
    "acct_expired session_err cred_unavail cred_expired cred_err no_module_data conv_err "
    "authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging try_again "
    "ignore abort authtok_expired module_unknown bad_item conv_again incomplete";

int bc_pam_line_code_value(const char *name, size_t len)
{
    return bc_text_find_word(codes, name, len);
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
