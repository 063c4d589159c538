/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

/* Writes what the manual page and the completions take from the tables of verbs and options. For
 * the build only. */

/* ---- mdoc(7) ---- */

/* Writes words as arguments of a macro or as text: a backslash begins an escape, and a word that is
 * a macro's name or punctuation is escaped. */
static void print_mdoc_words(const char *text)
{
    size_t len;

    for (; *(text += strspn(text, " ")); text += len) {
        len = strcspn(text, " ");
        (void)fputs(len <= 3 || text[0] == '[' || text[0] == '|' ? " \\&" : " ", stdout);
        for (size_t i = 0; i < len; i++) {
            if (text[i] == '\\')
                (void)fputs("\\e", stdout);
            else if (text[i] == '-')
                (void)fputs("\\-", stdout);
            else
                (void)putchar(text[i]);
        }
    }
}

/* Writes sentences, each on a line of its own: mandoc(1) sets the space after a sentence itself. A
 * line that began with a dot or an apostrophe would be a macro. */
static void print_mdoc_text(const char *text)
{
    int start = 1;

    for (; *text; text++) {
        if (strncmp(text, "\n\n", 2) == 0) {
            (void)fputs("\n.Pp\n", stdout);
            text++;
            start = 1;
            continue;
        }
        if (start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", stdout);
        if (*text == '\\')
            (void)fputs("\\e", stdout);
        else if (*text == '-' && (start || text[-1] == ' ' || text[-1] == '-'))
            (void)fputs("\\-", stdout);
        else
            (void)putchar(*text);
        start = *text == '.' && text[1] == ' ';
        if (start) {
            (void)putchar('\n');
            text++;
        }
    }
    (void)putchar('\n');
}

/* Writes the verbs and options as mdoc(7), for bioconsent.8. */
static void print_mdoc(void)
{
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++) {
        (void)printf(".Ss %s\n.Bl -tag -width Ds\n", g->title);
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            for (size_t i = 0; (*v)->usage[i]; i++) {
                (void)printf(".It Cm %s", (*v)->name);
                print_mdoc_words((*v)->usage[i]);
                (void)putchar('\n');
            }
            print_mdoc_text((*v)->description);
        }
        (void)fputs(".El\n", stdout);
    }
    (void)fputs(".Ss Options\n.Bl -tag -width Ds\n", stdout);
    for (const struct bc_args_option *o = bc_verb_options; o->name; o++) {
        (void)printf(".It Fl -%s%s%s\n", o->name, o->value ? " Ar " : "", o->value ? o->value : "");
        print_mdoc_text(o->help);
    }
    (void)fputs(".El\n", stdout);
}

/* ---- completions ---- */

static void print_bash(void)
{
    (void)fputs("# bash completion for bioconsent(8); made from its tables of verbs and options\n"
                "_bioconsent() {\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]:-} words\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        words='",
                stdout);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            if (!strchr((*v)->name, ' '))
                (void)printf("%s ", (*v)->name);
    (void)fputs("key notice store help'\n    else\n"
                "        case \"$verb ${COMP_WORDS[2]:-}\" in\n",
                stdout);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            int list[BC_VERB_OPTIONS_MAX + 4], two = strchr((*v)->name, ' ') != NULL;
            (void)printf("        '%s%s) words='", (*v)->name, two ? "'" : " '*");
            bc_verbs_options(*v, list);
            for (size_t i = 0; list[i] >= 0; i++)
                (void)printf("%s--%s", i ? " " : "", bc_verb_options[list[i]].name);
            (void)fputs("' ;;\n", stdout);
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
                stdout);
}

/* zsh's _arguments takes brackets and colons as its own: they are left out of its texts. */
static void print_zsh_text(const char *text)
{
    for (; *text; text++)
        if (!strchr("[]:'\\", *text))
            (void)putchar(*text);
}

static void print_zsh(void)
{
    (void)fputs("#compdef bioconsent\n"
                "# zsh completion for bioconsent(8); made from its tables of verbs and options\n"
                "_bioconsent() {\n"
                "    local -a verbs\n"
                "    verbs=(\n",
                stdout);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            (void)printf("        '%s:", (*v)->name);
            print_zsh_text((*v)->summary);
            (void)fputs("'\n", stdout);
        }
    (void)fputs("    )\n"
                "    if (( CURRENT == 2 )); then\n"
                "        _describe -t verbs verb verbs\n"
                "        return\n"
                "    fi\n"
                "    local verb=$words[2]\n"
                "    [[ $verb == (key|notice|store) ]] && verb=\"$verb $words[3]\"\n"
                "    case $verb in\n",
                stdout);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++) {
            int list[BC_VERB_OPTIONS_MAX + 4];
            bc_verbs_options(*v, list);
            (void)printf("    '%s')\n        _arguments", (*v)->name);
            for (size_t i = 0; list[i] >= 0; i++) {
                const struct bc_args_option *o = &bc_verb_options[list[i]];
                (void)printf(" \\\n            '--%s[", o->name);
                print_zsh_text(o->help);
                (void)printf("]%s%s%s'", o->value ? ":" : "", o->value ? o->value : "",
                             o->value && strcmp(o->value, "FILE") == 0 ? ":_files"
                             : o->value                                ? ":"
                                                                       : "");
            }
            (void)fputs(" \\\n            '*:operand:_files'\n        ;;\n", stdout);
        }
    (void)fputs("    esac\n}\n_bioconsent \"$@\"\n", stdout);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "mdoc") == 0)
        print_mdoc();
    else if (argc == 2 && strcmp(argv[1], "bash") == 0)
        print_bash();
    else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
        print_zsh();
    else
        return 2;
    return fflush(stdout) != 0;
}
