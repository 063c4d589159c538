/* SPDX-License-Identifier: BSD-2-Clause */

/* Answers with one word, for rules of polkit and other programs that can't speak the protocol. */

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define ALARM_SECONDS 5 /* polkitd serves nobody meanwhile, and kills at 10 */

static int take_user(const char *name, struct bc_request *r)
{
    const struct passwd *pw;

    if (!bc_subject_name_valid(name))
        return 0;
    pw = getpwnam(name);
    if (!pw || !bc_subject_name_valid(pw->pw_name))
        return 0;
    (void)snprintf(r->user, sizeof r->user, "%s", pw->pw_name);
    r->uid = pw->pw_uid;
    return 1;
}

static int take_words(char **argv, struct bc_request *r)
{
    int operation = bc_operation_from(argv[0]), modality = bc_modality_from(argv[1]);

    if (operation < 0 || modality < 0 || !bc_word_valid(argv[2]))
        return 0;
    r->operation = (enum bc_operation)operation;
    r->modality = (enum bc_modality)modality;
    (void)snprintf(r->provider, sizeof r->provider, "%s", argv[2]);
    return 1;
}

static int allowed(int argc, char **argv)
{
    struct bc_request request = {.ask = BC_ASK_CHECK};
    struct bc_fault fault;

    if (argc != 5 || !take_words(argv + 1, &request) || !take_user(argv[4], &request))
        return 0;
    return bc_client_ask(NULL, NULL, &request, NULL, &fault) == BC_ALLOW;
}

int main(int argc, char **argv)
{
    if (signal(SIGALRM, SIG_DFL) == SIG_ERR)
        return EXIT_FAILURE;
    (void)alarm(ALARM_SECONDS);
    if (puts(allowed(argc, argv) ? "allow" : "refuse") < 0 || fflush(stdout) != 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
