/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "base/array.h"
#include "provider-files.h"

/* One provider's items on their way. */
struct looking {
    struct bc_audit *audit;
    const struct bc_provider *provider;
    int code;
};

static void add_finding(struct looking *l, const struct bc_item *item, const char *why,
                        const char *fix)
{
    struct bc_audit *a = l->audit;
    struct bc_audit_finding *f =
        bc_array_grow(a->finding, a->finding_count, &a->finding_room, sizeof *f);

    if (!f) {
        l->code = bc_message_fail(BC_EXIT_REFUSED, "no memory");
        return;
    }
    a->finding = f;
    f += a->finding_count++;
    (void)snprintf(f->provider, sizeof f->provider, "%s", l->provider->id);
    (void)snprintf(f->account, sizeof f->account, "%s", item->account);
    (void)snprintf(f->where, sizeof f->where, "%s", item->where);
    (void)snprintf(f->why, sizeof f->why, "%s", why);
    (void)snprintf(f->fix, sizeof f->fix, "%s", fix);
}

/* ---- on record ---- */

static int has_handle(const struct bc_template *t, const struct bc_identifier *h)
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
        if (!has_handle(t, &item->handles.item[i]))
            return 0;
    return 1;
}

/* Of several records the one that a consent covers. */
static const struct bc_template *find_record(const struct looking *l, const struct bc_item *item)
{
    const struct bc_templates *recorded = &l->audit->recorded;
    const struct bc_template *found = NULL;

    for (size_t i = 0; i < recorded->count; i++) {
        const struct bc_template *t = &recorded->list[i];
        if ((!found || !found->facts.covered) && is_about(t, l->provider, item))
            found = t;
    }
    return found;
}

/* The list from the store says what is wrong with a record; here only where its template lies. */
static void judge_record(struct looking *l, const struct bc_item *item, const struct bc_template *t)
{
    char *where = l->audit->where[t - l->audit->recorded.list];
    char fix[BC_AUDIT_FIX_MAX];
    struct bc_subject now;

    (void)snprintf(where, sizeof l->audit->where[0], "%s", item->where);
    if (item->account[0] &&
        (!bc_subject_args_account(item->account, &now) || now.uid != t->subject.uid)) {
        bc_audit_fix(t, fix);
        add_finding(l, item, "the account of this name is not the one that consented", fix);
    }
}

/* ---- not on record ---- */

static void judge_stranger(struct looking *l, const struct bc_item *item)
{
    struct bc_subject subject;
    enum bc_reason reason = BC_REASON_NO_RECORD;
    char why[256], fix[BC_AUDIT_FIX_MAX], operand[BC_SUBJECT_OPERAND_BYTES];

    if (!item->account[0]) {
        add_finding(l, item, "no record says whose it is", item->fix);
        return;
    }
    if (!bc_subject_args_account(item->account, &subject)) {
        add_finding(l, item, "there is no such account", item->fix);
        return;
    }
    l->code = bc_template_list_coverage(l->audit->tool, &subject, l->provider->id,
                                        l->provider->modality, &reason);
    if (l->code)
        return;
    if (bc_reason_allows(reason)) {
        bc_subject_args_operand(&subject, operand);
        (void)snprintf(fix, sizeof fix, "bioconsent enroll %s --provider %s --existing", operand,
                       l->provider->id);
        add_finding(l, item, "a consent covers it, but it is not on record", fix);
    } else {
        (void)snprintf(why, sizeof why, "no valid consent covers it: %s", bc_reason_id(reason));
        add_finding(l, item, why, item->fix);
    }
}

static void judge_item(struct looking *l, const struct bc_item *item)
{
    const struct bc_subject *s = l->audit->subject;
    const struct bc_template *t;

    /* Asked about one person, it leaves out what names another account, and judges what names none.
     */
    if (s && item->account[0] && (s->external || strcmp(s->name, item->account) != 0))
        return;
    l->audit->looked_at++;
    switch (item->kind) {
    case BC_ITEM_STRANGE:
        add_finding(l, item, "something that is no template lies where templates lie", item->fix);
        break;
    case BC_ITEM_PICTURE:
        add_finding(l, item, "a picture of a person whom it does not name", item->fix);
        break;
    case BC_ITEM_TROUBLE:
        add_finding(l, item, "it could not be looked at, or not wholly", "");
        break;
    default:
        t = find_record(l, item);
        if (t)
            judge_record(l, item, t);
        else if (!s || item->account[0])
            judge_stranger(l, item);
        break;
    }
}

/* ---- all of them ---- */

static int look_at_provider(struct bc_audit *a, const char *id)
{
    const struct bc_item unread = {.where = "its provider's file"};
    struct {
        struct bc_provider provider;
        struct bc_provider_inventory inventory;
        struct bc_item item;
    } *room = calloc(1, sizeof *room);
    struct looking l = {.audit = a};

    if (!room)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    l.provider = &room->provider;
    if (bc_provider_files_find(id, &room->provider)) {
        (void)snprintf(room->provider.id, sizeof room->provider.id, "%s", id);
        add_finding(&l, &unread, "it could not be looked at, or not wholly", "");
    } else {
        bc_provider_inventory_begin(&room->inventory, &room->provider);
        while (!l.code && bc_provider_inventory_next(&room->inventory, &room->item))
            judge_item(&l, &room->item);
        bc_provider_inventory_end(&room->inventory);
    }
    free(room);
    return l.code;
}

int bc_audit_look(struct bc_audit *a)
{
    struct bc_data_dirs_names *names;
    int code;

    a->where = calloc(a->recorded.count + 1, sizeof a->where[0]);
    names = calloc(1, sizeof *names);
    code = a->where && names ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    if (!code && a->only_provider) {
        code = look_at_provider(a, a->only_provider);
    } else if (!code) {
        bc_data_dirs_names(bc_provider_folders, names);
        for (size_t i = 0; !code && i < names->count; i++)
            code = look_at_provider(a, names->name[i]);
    }
    free(names);
    return code;
}
