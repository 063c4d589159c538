/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"

const struct bc_verb_group bc_verb_groups[] = {
    {"A person", {&bc_verb_accept, &bc_verb_withdraw, &bc_verb_status}},
    {"Setting up", {&bc_verb_init, &bc_verb_lint, &bc_verb_check}},
    {"Notices",
     {&bc_verb_notice_lint, &bc_verb_notice_publish, &bc_verb_notice_list, &bc_verb_notice_show}},
    {"Consents", {&bc_verb_grant, &bc_verb_sign, &bc_verb_revoke, &bc_verb_list}},
    {"Templates", {&bc_verb_enroll, &bc_verb_audit, &bc_verb_delete, &bc_verb_erase}},
    {"Proof", {&bc_verb_evidence, &bc_verb_report}},
    {"The store",
     {&bc_verb_store_status, &bc_verb_store_verify, &bc_verb_store_refresh, &bc_verb_store_backup,
      &bc_verb_store_restore, &bc_verb_key_show, &bc_verb_key_rotate}},
    {NULL, {NULL}},
};

const struct bc_args_option bc_verb_options[] = {
#define X(number, name, kind, value, help) [BC_OPTION_##number] = {name, kind, value, help},
    BC_OPTION_LIST(X)
#undef X
        [BC_OPTIONS] = {NULL, BC_ARGS_FLAG, NULL, NULL},
};

_Static_assert(BC_OPTIONS <= BC_ARGS_OPTIONS_MAX, "struct bc_args has room for every option");

void bc_verbs_options(const struct bc_verb *verb, int list[BC_VERB_OPTIONS_MAX + 4])
{
    static const int always[] = {BC_OPTION_CONFIG, BC_OPTION_JSON, BC_OPTION_HELP};
    size_t n = 0;

    while (verb->options[n] >= 0) {
        list[n] = verb->options[n];
        n++;
    }
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        list[n++] = always[i];
    list[n] = -1;
}
