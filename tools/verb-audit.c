/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "providers.h"
#include "subject.h"
#include "templates.h"

static const char help[] =
    "usage: bioconsent audit [--provider NAME]\n\n"
    "Looks for templates that no valid consent covers: in the folders of this host's matchers, and at the\n"
    "services, in the places that their provider's file names; bioconsent-provider(5). Of each it says\n"
    "where it is, what is wrong, and the command that mends it. What is on record and has to be\n"
    "deleted is in bioconsent obligations.\n\n"
    "Exit: 0 every template is covered and on record, 1 something was found, or could not be looked at.\n\n"
    "Examples: bioconsent audit\n"
    "          bioconsent audit --provider fprintd --json\n";

#define MEND_MAX 768

struct auditing {
    struct bc_tool *tool;
    struct bc_templates recorded;
    const struct bc_provider *provider;
    json_t *out; /* NULL: text */
    size_t looked_at, found;
    int code;
};

static void find(struct auditing *a, const struct bc_item *item, const char *why, const char *mend)
{
    a->found++;
    if (a->out) {
        json_array_append_new(a->out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "provider", a->provider->id,
                                                "where", item->where, "subject", item->account, "why",
                                                why, "mend", mend));
        return;
    }
    (void)printf("%s: %s%s%s\n    %s\n", a->provider->id, item->where, item->account[0] ? ", of " : "",
                 item->account, why);
    if (mend[0])
        (void)printf("    mend: %s\n", mend);
}

/* ---- on record ---- */

static int has_handle(const struct bc_template *t, const struct bc_handle *h)
{
    for (size_t i = 0; i < t->handle_count; i++)
        if (strcmp(t->handles[i].name, h->name) == 0 && strcmp(t->handles[i].value, h->value) == 0)
            return 1;
    return 0;
}

/* Whether the record is about what was found: everything known of the one is in the other. */
static int is_about(const struct bc_template *t, const struct bc_provider *p,
                    const struct bc_item *item)
{
    if (strcmp(t->provider, p->id) != 0)
        return 0;
    if (item->account[0] && (t->subject.external || strcmp(t->subject.name, item->account) != 0))
        return 0;
    for (size_t i = 0; i < item->handles.count; i++)
        if (!has_handle(t, &item->handles.handle[i]))
            return 0;
    return 1;
}

/* Of several records the one that a consent covers. */
static const struct bc_template *record_of(const struct auditing *a, const struct bc_item *item)
{
    const struct bc_template *found = NULL;

    for (size_t i = 0; i < a->recorded.count; i++) {
        const struct bc_template *t = &a->recorded.list[i];
        if ((!found || !found->facts.covered) && is_about(t, a->provider, item))
            found = t;
    }
    return found;
}

static void judge_record(struct auditing *a, const struct bc_item *item, const struct bc_template *t)
{
    struct bc_subject now = {.uid = 0};
    char why[256], mend[MEND_MAX];

    if (item->account[0] && (!bc_tool_account(item->account, &now) || now.uid != t->subject.uid)) {
        (void)snprintf(why, sizeof why, "the account of this name is not the one that consented");
    } else if (!t->facts.covered) {
        (void)snprintf(why, sizeof why, "no valid consent covers it: %s", bc_reason_id(t->reason));
    } else if (t->obligation.due) {
        (void)snprintf(why, sizeof why, "it has to be deleted: %s", bc_template_why(t));
    } else {
        return;
    }
    (void)snprintf(mend, sizeof mend, "bioconsent delete %s --template %llu%s", t->subject.name,
                   (unsigned long long)t->index, t->subject.external ? " --external-subject" : "");
    find(a, item, why, mend);
}

/* ---- not on record ---- */

static int judge_stranger(struct auditing *a, const struct bc_item *item)
{
    struct bc_subject subject;
    enum bc_reason reason = BC_NO_RECORD;
    char why[256], mend[MEND_MAX];
    int code;

    if (!item->account[0]) {
        find(a, item, "it is not on record whose it is", item->mend);
        return 0;
    }
    if (!bc_tool_account(item->account, &subject)) {
        find(a, item, "there is no such account", item->mend);
        return 0;
    }
    code = bc_template_coverage(a->tool, &subject, a->provider->id, a->provider->modality, &reason);
    if (code)
        return code;
    if (reason == BC_ALLOW) {
        (void)snprintf(why, sizeof why, "a consent covers it, but it is not on record");
        (void)snprintf(mend, sizeof mend, "bioconsent enroll %s --provider %s --existing", subject.name,
                       a->provider->id);
    } else {
        (void)snprintf(why, sizeof why, "no valid consent covers it: %s", bc_reason_id(reason));
        (void)snprintf(mend, sizeof mend, "%s", item->mend);
    }
    find(a, item, why, mend);
    return 0;
}

static enum bc_result judge(void *ctx, const struct bc_item *item)
{
    struct auditing *a = ctx;
    const struct bc_template *t;

    a->looked_at++;
    switch (item->kind) {
    case BC_ITEM_STRANGE:
        find(a, item, "something that is no template lies where templates lie", item->mend);
        return BC_OK;
    case BC_ITEM_PICTURE:
        find(a, item, "a picture of somebody whom it does not name", item->mend);
        return BC_OK;
    case BC_ITEM_TROUBLE:
        find(a, item, "it could not be looked at, or not wholly", "");
        return BC_OK;
    default:
        t = record_of(a, item);
        if (t)
            judge_record(a, item, t);
        else
            a->code = judge_stranger(a, item);
        return a->code ? BC_ERR_INVALID : BC_OK;
    }
}

/* ---- all of them ---- */

static int audit_provider(struct auditing *a, const char *id)
{
    struct bc_provider *p = calloc(1, sizeof *p);
    const struct bc_item unread = {.where = "its provider's file"};
    enum bc_result r;

    if (!p)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    a->provider = p;
    if (bc_provider_find(id, p)) {
        (void)snprintf(p->id, sizeof p->id, "%s", id);
        find(a, &unread, "it could not be looked at, or not wholly", "");
    } else {
        r = bc_inventory_each(p, judge, a);
        if (r != BC_OK && !a->code)
            a->code = bc_fail(BC_EXIT_REFUSED, "%s: %s", id, bc_result_text(r));
    }
    a->provider = NULL;
    free(p);
    return a->code;
}

static int audit_all(struct auditing *a)
{
    struct bc_preset_names *names = calloc(1, sizeof *names);
    int code = names ? 0 : bc_fail(BC_EXIT_REFUSED, "no memory");

    if (!code)
        bc_preset_names(bc_provider_folders, names);
    for (size_t i = 0; !code && i < names->count; i++)
        code = audit_provider(a, names->name[i]);
    free(names);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "provider", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct auditing a = {.tool = tool};
    const char *one;
    int code = bc_tool_args(tool, &bc_verb_audit, &args, argc, argv, 0, 0);

    if (code >= 0)
        return code;
    one = bc_arg_value(&args, "provider", NULL);
    code = bc_templates_gather(tool, NULL, &a.recorded);
    if (code)
        return code;
    a.out = tool->json ? json_array() : NULL;
    code = one ? audit_provider(&a, one) : audit_all(&a);
    bc_templates_free(&a.recorded);
    if (a.out && !code)
        bc_print_json(a.out);
    else
        json_decref(a.out);
    if (!tool->json && !code)
        (void)printf("%zu looked at, %zu to be mended.\n", a.looked_at, a.found);
    return code ? code : a.found ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

const struct bc_verb bc_verb_audit = {"audit", "find templates without a consent", help, run};
