/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "help.h"

/* Writes what the project's documents take from the tables of verbs and options. For the build
 * only. */
int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "mdoc") == 0)
        bc_help_mdoc(stdout);
    else if (argc == 2 && strcmp(argv[1], "bash") == 0)
        bc_help_bash(stdout);
    else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
        bc_help_zsh(stdout);
    else
        return 2;
    return fflush(stdout) != 0;
}
