/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/name.h"

#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"

int bc_name_line_clean(const char *line, size_t len)
{
    const unsigned char *s = (const unsigned char *)line;

    for (size_t i = 0; i < len; i++) {
        if (s[i] < ' ' || s[i] == 0x7f)
            return 0;
        /* C1 control characters, as UTF-8 writes them. */
        if (s[i] == 0xc2 && i + 1 < len && s[i + 1] >= 0x80 && s[i + 1] < 0xa0)
            return 0;
    }
    return 1;
}

int bc_name_subject_valid(const char *name)
{
    size_t len = strnlen(name, BC_SUBJECT_MAX + 1);

    return len > 0 && len <= BC_SUBJECT_MAX && name[0] != '-' && bc_name_line_clean(name, len) &&
           strpbrk(name, " :/") == NULL;
}

int bc_name_word_valid(const char *word)
{
    size_t len = strnlen(word, BC_WORD_MAX + 1);

    return len > 0 && len <= BC_WORD_MAX && strchr(LETTERS_AND_DIGITS, word[0]) &&
           strspn(word, LETTERS_AND_DIGITS "._-") == len;
}
