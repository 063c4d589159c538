/* SPDX-License-Identifier: BSD-2-Clause */

/* A provider's file, and commands filled in with whatever value: the first line of the input is the
 * value of every identifier, the rest is the file. No value may become an option, a path, a URL or
 * two words. */

#include "fuzz.h"
#include "provider/command.h"
#include "provider/provider.h"

#define UNSAFE "/@\"'\\ \t\r\n*?[]{}()<>|&;$`!%"

static struct bc_provider provider;

/* Word i of the template. */
static const char *template_word(const char *template, size_t i)
{
    while (i-- > 0) {
        template += strcspn(template, " ");
        must(*template == ' ');
        template ++;
    }
    return template;
}

static void see_command(const char *template, const char *value)
{
    struct bc_identifiers identifiers = {0};
    const struct bc_filling f = {.account = "alice", .identifiers = &identifiers};
    struct bc_command c;

    for (size_t i = 0; i < provider.identifiers.count; i++)
        must(bc_identifiers_add(&identifiers, provider.identifiers.rule[i].name, value));
    if (bc_command_fill(&provider.identifiers, template, &f, 0, &c) != BC_OK)
        return;
    must(c.count > 0 && c.argv[0][0] == '/' && !c.argv[c.count]);
    for (size_t i = 0; i < c.count; i++) {
        const char *word = template_word(template, i);
        must(c.argv[i][0] != '-' || word[0] == '-');
        if (!memchr(word, '{', strcspn(word, " ")))
            must(strncmp(c.argv[i], word, strlen(c.argv[i])) == 0);
        else if (strncmp(word, "{account}", 9) != 0 && strcmp(c.argv[i], value) == 0)
            must(value[0] != '-' && value[strcspn(value, UNSAFE)] == '\0');
    }
    bc_command_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bc_ini_file_error err = {.line = 0};
    char *text = malloc(size + 1), *file;

    must(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    file = strchr(text, '\n');
    if (file && strlen(text) == size && file - text <= BC_LINE_MAX) {
        *file++ = '\0';
        if (bc_provider_parse("p", "p", file, strlen(file), &provider, &err) == BC_OK) {
            must(provider.name.text[0] && provider.legal_name.text[0] && provider.timeout > 0);
            must(provider.step[BC_STEP_DELETE].command.text[0] || provider.advice[0].text[0]);
            for (int i = 0; i < BC_STEPS; i++)
                if (provider.step[i].command.text[0])
                    see_command(provider.step[i].command.text, text);
        } else {
            must(err.what[0] != '\0');
        }
    }
    free(text);
    return 0;
}
