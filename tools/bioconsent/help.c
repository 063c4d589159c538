/* SPDX-License-Identifier: BSD-2-Clause */
#include "help.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "common/message.h"

#define WIDTH 92

/* Writes one paragraph, or several with a blank line between them, broken at spaces. */
static void print_paragraphs(FILE *to, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len)
            bc_text_fold(to, text, len, WIDTH, 0);
        else
            (void)fputc('\n', to);
        text += len + (text[len] == '\n');
    }
}

void bc_help_usage(FILE *to, const struct bc_verb *verb)
{
    for (size_t i = 0; verb->usage[i]; i++)
        (void)fprintf(to, "%s bioconsent %s%s%s\n", i ? "      " : "usage:", verb->name,
                      verb->usage[i][0] ? " " : "", verb->usage[i]);
}

void bc_help_verb(FILE *to, const struct bc_verb *verb)
{
    int list[BC_VERB_OPTIONS_MAX + 4];

    bc_verbs_options(verb, list);
    bc_help_usage(to, verb);
    (void)fputc('\n', to);
    print_paragraphs(to, verb->description);
    (void)fputs("\nOptions:\n", to);
    bc_args_help(to, bc_verb_options, list);
    if (verb->examples[0])
        (void)fputs("\nExamples:\n", to);
    for (size_t i = 0; verb->examples[i]; i++)
        (void)fprintf(to, "  %s\n", verb->examples[i]);
}

void bc_help_program(FILE *to)
{
    (void)fputs("usage: bioconsent VERB [OPERAND ...] [--OPTION ...]\n\n"
                "Manages the signed store of consents that pam_bioconsent(8) asks.\n",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++) {
        (void)fprintf(to, "\n%s:\n", g->title);
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            (void)fprintf(to, "  %-15s %s\n", (*v)->name, (*v)->summary);
    }
    (void)fputs("\nMore about a verb: bioconsent help VERB\n\n"
                "Examples:\n"
                "  bioconsent init\n"
                "  bioconsent grant alice login-fingerprint\n"
                "  bioconsent check alice --modality fingerprint --verbose\n"
                "  bioconsent withdraw\n\nExit status:\n",
                to);
    for (int code = 0; bc_message_exit_text(code); code++)
        (void)fprintf(to, "  %d  %s\n", code, bc_message_exit_text(code));
}

/* ---- mdoc(7) ---- */

/* Writes words as arguments of a macro or as text: a backslash begins an escape, and a word that is
 * a macro's name or punctuation is escaped. */
static void print_mdoc_words(FILE *to, const char *text)
{
    size_t len;

    for (; *(text += strspn(text, " ")); text += len) {
        len = strcspn(text, " ");
        (void)fputs(len <= 3 || text[0] == '[' || text[0] == '|' ? " \\&" : " ", to);
        for (size_t i = 0; i < len; i++) {
            if (text[i] == '\\')
                (void)fputs("\\e", to);
            else if (text[i] == '-')
                (void)fputs("\\-", to);
            else
                (void)fputc(text[i], to);
        }
    }
}

/* Writes sentences, each on a line of its own: mandoc(1) sets the space after a sentence itself. A
 * line that began with a dot or an apostrophe would be a macro. */
static void print_mdoc_text(FILE *to, const char *text)
{
    int start = 1;

    for (; *text; text++) {
        if (strncmp(text, "\n\n", 2) == 0) {
            (void)fputs("\n.Pp\n", to);
            text++;
            start = 1;
            continue;
        }
        if (start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", to);
        if (*text == '\\')
            (void)fputs("\\e", to);
        else if (*text == '-' && (start || text[-1] == ' ' || text[-1] == '-'))
            (void)fputs("\\-", to);
        else
            (void)fputc(*text, to);
        start = *text == '.' && text[1] == ' ';
        if (start) {
            (void)fputc('\n', to);
            text++;
        }
    }
    (void)fputc('\n', to);
}

void bc_help_mdoc(FILE *to)
{
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++) {
        (void)fprintf(to, ".Ss %s\n.Bl -tag -width Ds\n", g->title);
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            for (size_t i = 0; (*v)->usage[i]; i++) {
                (void)fprintf(to, ".It Cm %s", (*v)->name);
                print_mdoc_words(to, (*v)->usage[i]);
                (void)fputc('\n', to);
            }
            print_mdoc_text(to, (*v)->description);
        }
        (void)fputs(".El\n", to);
    }
    (void)fputs(".Ss Options\n.Bl -tag -width Ds\n", to);
    for (const struct bc_args_option *o = bc_verb_options; o->name; o++) {
        (void)fprintf(to, ".It Fl -%s%s%s\n", o->name, o->value ? " Ar " : "",
                      o->value ? o->value : "");
        print_mdoc_text(to, o->help);
    }
    (void)fputs(".El\n", to);
}

/* ---- completions ---- */

static void print_option_names(FILE *to, const struct bc_verb *verb)
{
    int list[BC_VERB_OPTIONS_MAX + 4];

    bc_verbs_options(verb, list);
    for (size_t i = 0; list[i] >= 0; i++)
        (void)fprintf(to, "%s--%s", i ? " " : "", bc_verb_options[list[i]].name);
}

void bc_help_bash(FILE *to)
{
    (void)fputs("# bash completion for bioconsent(8); made from its tables of verbs and options\n"
                "_bioconsent() {\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]:-} words\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        words='",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            if (!strchr((*v)->name, ' '))
                (void)fprintf(to, "%s ", (*v)->name);
    (void)fputs("key notice store help'\n    else\n"
                "        case \"$verb ${COMP_WORDS[2]:-}\" in\n",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            int two = strchr((*v)->name, ' ') != NULL;
            (void)fprintf(to, "        '%s%s) words='", (*v)->name, two ? "'" : " '*");
            print_option_names(to, *v);
            (void)fputs("' ;;\n", to);
        }
    (void)fputs("        'key '*) words='show rotate' ;;\n"
                "        'notice '*) words='lint publish list show' ;;\n"
                "        'store '*) words='status verify refresh backup restore' ;;\n"
                "        *) words='' ;;\n"
                "        esac\n"
                "    fi\n"
                "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                "    if [ \"${#COMPREPLY[@]}\" -eq 0 ]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _bioconsent bioconsent\n",
                to);
}

/* zsh's _arguments takes brackets and colons as its own: they are left out of its texts. */
static void print_zsh_text(FILE *to, const char *text)
{
    for (; *text; text++)
        if (!strchr("[]:'\\", *text))
            (void)fputc(*text, to);
}

void bc_help_zsh(FILE *to)
{
    (void)fputs("#compdef bioconsent\n"
                "# zsh completion for bioconsent(8); made from its tables of verbs and options\n"
                "_bioconsent() {\n"
                "    local -a verbs\n"
                "    verbs=(\n",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            (void)fprintf(to, "        '%s:", (*v)->name);
            print_zsh_text(to, (*v)->summary);
            (void)fputs("'\n", to);
        }
    (void)fputs("    )\n"
                "    if (( CURRENT == 2 )); then\n"
                "        _describe -t verbs verb verbs\n"
                "        return\n"
                "    fi\n"
                "    local verb=$words[2]\n"
                "    [[ $verb == (key|notice|store) ]] && verb=\"$verb $words[3]\"\n"
                "    case $verb in\n",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            int list[BC_VERB_OPTIONS_MAX + 4];
            bc_verbs_options(*v, list);
            (void)fprintf(to, "    '%s')\n        _arguments", (*v)->name);
            for (size_t i = 0; list[i] >= 0; i++) {
                const struct bc_args_option *o = &bc_verb_options[list[i]];
                (void)fprintf(to, " \\\n            '--%s[", o->name);
                print_zsh_text(to, o->help);
                (void)fprintf(to, "]%s%s%s'", o->value ? ":" : "", o->value ? o->value : "",
                              o->value && strcmp(o->value, "FILE") == 0 ? ":_files"
                              : o->value                                ? ":"
                                                                        : "");
            }
            (void)fputs(" \\\n            '*:operand:_files'\n        ;;\n", to);
        }
    (void)fputs("    esac\n}\n_bioconsent \"$@\"\n", to);
}
