/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider-inventory.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "provider-files.h"

#define TEXT_MAX 512

/* Writes the first of the provider's commands that needs no more than is known. */
static void write_fix(const struct bc_provider *p, const char *account,
                      const struct bc_identifiers *handles, char out[TEXT_MAX])
{
    const struct bc_filling f = {.account = account, .handles = handles};
    const enum bc_step_id steps[] = {BC_STEP_DELETE, BC_STEP_DELETE_2};
    struct bc_command c;

    out[0] = '\0';
    for (size_t s = 0; s < 2 && !out[0]; s++) {
        size_t len = 0;
        if (bc_command_fill(&p->handles, p->step[steps[s]].command.text, &f, 0, &c) != BC_OK)
            continue;
        for (size_t i = 0; i < c.count && len < TEXT_MAX; i++)
            len += (size_t)snprintf(out + len, TEXT_MAX - len, "%s%s", i ? " " : "", c.argv[i]);
        if (len >= TEXT_MAX)
            out[0] = '\0';
        bc_command_free(&c);
    }
    if (!out[0] && bc_command_text(&p->handles, p->step[BC_STEP_INVENTORY].remove.text, &f, out,
                                   TEXT_MAX) != BC_OK)
        out[0] = '\0';
}

static int give_trouble(struct bc_item *out, const char *where, const char *what)
{
    char text[sizeof out->where];

    *out = (struct bc_item){.kind = BC_ITEM_TROUBLE};
    (void)snprintf(text, sizeof text, "%.250s: %.250s", where, what);
    bc_text_sanitize(text, out->where, sizeof out->where);
    return 1;
}

/* ---- files ---- */

/* Opens the next folder. Returns 1 with trouble in out where it could not. */
static int open_folder(struct bc_provider_inventory *v, struct bc_item *out)
{
    const struct bc_provider *p = v->provider;
    enum bc_result r = BC_OK;

    v->pictures = v->folder == BC_ABSENT_MAX;
    if (v->pictures) {
        const char *folder = p->step[BC_STEP_INVENTORY].pictures.text;
        v->walking = folder[0] != '\0';
        (void)snprintf(v->base, sizeof v->base, "%s", folder);
        if (v->walking)
            bc_directory_walk_begin(&v->files.walk, folder, 0);
    } else {
        const char *pattern = p->step[BC_STEP_PROVE].absent[v->folder].text;
        if (pattern[0]) {
            bc_template_files_base(pattern, v->base);
            r = bc_template_files_begin(&v->files, &p->handles, pattern, NULL);
            v->walking = r == BC_OK;
        }
    }
    v->folder++;
    return r != BC_OK && give_trouble(out, v->base, bc_result_text(r));
}

/* Gives the next file of the open folder, or closes it and gives the trouble that there was. */
static int give_file(struct bc_provider_inventory *v, struct bc_item *out)
{
    struct bc_item item = {.kind = v->pictures ? BC_ITEM_PICTURE : BC_ITEM_STRANGE};
    struct bc_template_file file;
    char text[sizeof item.where];
    struct stat st;
    int is_template = 0;
    enum bc_result r;

    if (!(v->pictures ? bc_directory_walk_next(&v->files.walk, &st)
                      : bc_template_files_next(&v->files, &st, &is_template, &file))) {
        r = bc_directory_walk_end(&v->files.walk);
        v->walking = 0;
        return r != BC_OK && give_trouble(out, v->base, bc_result_text(r));
    }
    (void)snprintf(text, sizeof text, "%.400s%s", v->files.walk.path,
                   is_template || v->pictures ? ""
                   : S_ISLNK(st.st_mode)      ? ": a link"
                   : S_ISREG(st.st_mode)      ? ": a file that is nobody's by its path"
                                              : ": neither a file nor a folder");
    bc_text_sanitize(text, item.where, sizeof item.where);
    if (is_template) {
        item.kind = BC_ITEM_TEMPLATE;
        item.handles = file.handles;
        memcpy(item.account, file.account, sizeof item.account);
        write_fix(v->provider, file.account, &file.handles, item.fix);
    } else { /* by its number: the name may hold anything */
        (void)snprintf(item.fix, sizeof item.fix, "find %.300s -xdev -inum %llu -delete", v->base,
                       (unsigned long long)st.st_ino);
    }
    *out = item;
    return 1;
}

/* ---- services ---- */

/* Asks the service for the list of the next place. Returns 1 with trouble in out where it failed.
 */
static int ask_place(struct bc_provider_inventory *v, struct bc_item *out)
{
    const struct bc_provider *p = v->provider;
    const struct bc_step *s = &p->step[BC_STEP_INVENTORY];
    const struct bc_filling f = {.handles = &p->place[v->place++]};
    const char *member = strchr(s->collect.text, ' ');
    struct bc_response *reply;
    struct bc_run_result run;
    char text[200] = "";
    enum bc_result r;

    if (bc_provider_files_run(p, s->command.text, &f, 0, 0, &run) != BC_OK)
        return give_trouble(out, p->id, "a place lacks a handle that the inventory needs");
    v->listed = 0;
    if (run.end != BC_RUN_EXITED || run.status != 0) {
        bc_subprocess_text(&run, text, sizeof text);
    } else if (!member || bc_response_parse(run.out, run.out_len, &reply) != BC_OK) {
        (void)snprintf(text, sizeof text, "the answer is not JSON");
    } else {
        r = bc_response_strings(reply, member + 1, &v->list);
        bc_response_free(reply);
        if (r != BC_OK)
            (void)snprintf(text, sizeof text, "the answer is not of the form it must have");
    }
    bc_subprocess_free(&run);
    return text[0] != '\0' && give_trouble(out, p->id, text);
}

/* Gives the next template of the service's list, or closes the list. */
static int give_listed(struct bc_provider_inventory *v, struct bc_item *out)
{
    const struct bc_provider *p = v->provider;
    const char *collect = p->step[BC_STEP_INVENTORY].collect.text;
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->handles, collect, strcspn(collect, " "));
    const char *value = bc_response_string(v->list, v->listed++);
    struct bc_item item = {.kind = BC_ITEM_TEMPLATE, .handles = p->place[v->place - 1]};
    size_t len = 0;

    if (!value) {
        bc_response_free(v->list);
        v->list = NULL;
        return 0;
    }
    if (!rule || !bc_identifiers_valid(rule, value, strlen(value)) ||
        !bc_identifiers_add(&item.handles, rule->name, value))
        return give_trouble(out, p->id, "it lists something that is no handle");
    for (size_t i = 0; i < item.handles.count && len < sizeof item.where; i++)
        len += (size_t)snprintf(item.where + len, sizeof item.where - len, "%s%s=%s", i ? " " : "",
                                item.handles.item[i].name, item.handles.item[i].value);
    write_fix(p, NULL, &item.handles, item.fix);
    *out = item;
    return 1;
}

void bc_provider_inventory_begin(struct bc_provider_inventory *v, const struct bc_provider *p)
{
    v->provider = p;
    v->folder = v->place = v->listed = 0;
    v->walking = v->pictures = 0;
    v->list = NULL;
}

int bc_provider_inventory_next(struct bc_provider_inventory *v, struct bc_item *out)
{
    const struct bc_provider *p = v->provider;
    const int asks = p->step[BC_STEP_INVENTORY].command.text[0] != '\0';
    int given = 0;

    while (!given) {
        if (v->walking)
            given = give_file(v, out);
        else if (v->list)
            given = give_listed(v, out);
        else if (v->folder <= BC_ABSENT_MAX)
            given = open_folder(v, out);
        else if (asks && v->place < p->place_count)
            given = ask_place(v, out);
        else
            return 0;
    }
    return 1;
}

void bc_provider_inventory_end(struct bc_provider_inventory *v)
{
    if (v->walking)
        (void)bc_directory_walk_end(&v->files.walk);
    if (v->list)
        bc_response_free(v->list);
    v->walking = 0;
    v->list = NULL;
}
