/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider-inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "provider-files.h"
#include "provider/directory-walk.h"
#include "provider/template-files.h"

#define TEXT_MAX 512

/* A file by which nobody can hide behind another name. */
struct known {
    dev_t dev;
    ino_t ino;
};

struct taking {
    const struct bc_provider *provider;
    enum bc_result (*each)(void *ctx, const struct bc_item *item);
    void *ctx;
    const char *pattern; /* of the files being looked at */
    struct known *known; /* files that are templates */
    size_t count, room;
    const struct bc_identifiers *place;
    const struct bc_identifier_rule *rule; /* of what the service lists */
};

/* ---- what removes it ---- */

static void join(const struct bc_command *c, char out[TEXT_MAX])
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < c->count && len < TEXT_MAX; i++)
        len += (size_t)snprintf(out + len, TEXT_MAX - len, "%s%s", i ? " " : "", c->argv[i]);
    if (len >= TEXT_MAX)
        out[0] = '\0';
}

/* The first of the provider's commands that needs no more than is known. */
static void remedy(const struct bc_provider *p, const char *account,
                   const struct bc_identifiers *handles, char out[TEXT_MAX])
{
    const struct bc_filling f = {.account = account, .handles = handles};
    const enum bc_step_id steps[] = {BC_STEP_DELETE, BC_STEP_DELETE_2};
    struct bc_command c;

    out[0] = '\0';
    for (size_t i = 0; i < 2 && !out[0]; i++)
        if (bc_command_fill(&p->handles, p->step[steps[i]].command.text, &f, 0, &c) == BC_OK) {
            join(&c, out);
            bc_command_free(&c);
        }
    if (!out[0] && bc_command_text(&p->handles, p->step[BC_STEP_INVENTORY].remove.text, &f, out,
                                   TEXT_MAX) != BC_OK)
        out[0] = '\0';
}

/* By its number: the name may hold anything. */
static void remedy_file(const char *base, const struct bc_host_file *file, char out[TEXT_MAX])
{
    (void)snprintf(out, TEXT_MAX, "find %.300s -xdev -inum %llu -delete", base,
                   (unsigned long long)file->st.st_ino);
}

static enum bc_result trouble(const struct taking *t, const char *where, const char *what)
{
    struct bc_item item = {.kind = BC_ITEM_TROUBLE};
    char text[sizeof item.where];

    (void)snprintf(text, sizeof text, "%.250s: %.250s", where, what);
    bc_text_sanitize(text, item.where, sizeof item.where);
    return t->each(t->ctx, &item);
}

/* ---- files ---- */

static int by_file(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return (x->ino > y->ino) - (x->ino < y->ino);
}

static enum bc_result remember(struct taking *t, const struct bc_template_file *s)
{
    size_t room = t->room ? 2 * t->room : 64;
    struct known *longer;

    if (t->count == BC_HOST_FILES_MAX)
        return BC_ERR_TOO_LARGE;
    if (t->count == t->room) {
        longer = reallocarray(t->known, room, sizeof *longer);
        if (!longer)
            return BC_ERR_MEMORY;
        t->known = longer;
        t->room = room;
    }
    t->known[t->count++] = (struct known){s->dev, s->ino};
    return BC_OK;
}

static enum bc_result take_stored(void *ctx, const struct bc_template_file *s)
{
    struct taking *t = ctx;
    const struct bc_filling f = {.account = s->account, .handles = &s->handles};
    struct bc_item item = {.kind = BC_ITEM_TEMPLATE, .handles = s->handles};
    char path[PATH_MAX] = "";
    enum bc_result r = remember(t, s);

    if (r != BC_OK)
        return r;
    memcpy(item.account, s->account, sizeof item.account);
    (void)bc_command_text(&t->provider->handles, t->pattern, &f, path, sizeof path);
    bc_text_sanitize(path, item.where, sizeof item.where);
    remedy(t->provider, s->account, &s->handles, item.fix);
    return t->each(t->ctx, &item);
}

static const char *kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return "a link";
    return S_ISREG(mode) ? "a file that is nobody's by its path" : "neither a file nor a folder";
}

/* The fixed beginning of a pattern. */
static void base_of(const char *pattern, char out[BC_SETTING_MAX + 1])
{
    size_t len = strcspn(pattern, "{");

    while (len > 1 && pattern[len] != '/')
        len--;
    (void)snprintf(out, BC_SETTING_MAX + 1, "%.*s", (int)len, pattern);
}

static enum bc_result take_strange(void *ctx, const struct bc_host_file *file)
{
    struct taking *t = ctx;
    const struct known key = {file->st.st_dev, file->st.st_ino};
    struct bc_item item = {.kind = BC_ITEM_STRANGE};
    char base[BC_SETTING_MAX + 1], text[sizeof item.where];

    if (t->count && bsearch(&key, t->known, t->count, sizeof key, by_file))
        return BC_OK;
    base_of(t->pattern, base);
    (void)snprintf(text, sizeof text, "%.400s: %s", file->path, kind_of(file->st.st_mode));
    bc_text_sanitize(text, item.where, sizeof item.where);
    remedy_file(base, file, item.fix);
    return t->each(t->ctx, &item);
}

static enum bc_result take_pattern(struct taking *t, const char *pattern)
{
    char base[BC_SETTING_MAX + 1];
    enum bc_result r, walked;

    if (!pattern[0])
        return BC_OK;
    t->pattern = pattern;
    t->count = 0;
    base_of(pattern, base);
    r = bc_template_files_each(&t->provider->handles, pattern, NULL, take_stored, t);
    if (t->count)
        qsort(t->known, t->count, sizeof t->known[0], by_file);
    walked = r == BC_ERR_MEMORY ? r : bc_directory_walk(base, take_strange, t);
    if (r == BC_OK)
        r = walked;
    return r == BC_OK || r == BC_ERR_MEMORY ? r : trouble(t, base, bc_result_text(r));
}

static enum bc_result take_picture(void *ctx, const struct bc_host_file *file)
{
    struct taking *t = ctx;
    struct bc_item item = {.kind = BC_ITEM_PICTURE};

    bc_text_sanitize(file->path, item.where, sizeof item.where);
    remedy_file(t->pattern, file, item.fix);
    return t->each(t->ctx, &item);
}

static enum bc_result take_files(struct taking *t)
{
    const struct bc_step *s = &t->provider->step[BC_STEP_PROVE];
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < BC_ABSENT_MAX && r == BC_OK; i++)
        r = take_pattern(t, s->absent[i].text);
    t->pattern = t->provider->step[BC_STEP_INVENTORY].pictures.text;
    if (r == BC_OK && t->pattern[0]) {
        r = bc_directory_walk(t->pattern, take_picture, t);
        if (r == BC_ERR_IO || r == BC_ERR_TOO_LARGE)
            r = trouble(t, t->pattern, bc_result_text(r));
    }
    return r;
}

/* ---- services ---- */

static enum bc_result take_listed(void *ctx, const char *value)
{
    struct taking *t = ctx;
    struct bc_item item = {.kind = BC_ITEM_TEMPLATE, .handles = *t->place};
    size_t len = 0;

    if (!t->rule || !bc_identifiers_valid(t->rule, value, strlen(value)) ||
        !bc_identifiers_add(&item.handles, t->rule->name, value))
        return trouble(t, t->provider->id, "it lists something that is no handle");
    for (size_t i = 0; i < item.handles.count && len < sizeof item.where; i++)
        len += (size_t)snprintf(item.where + len, sizeof item.where - len, "%s%s=%s", i ? " " : "",
                                item.handles.item[i].name, item.handles.item[i].value);
    remedy(t->provider, NULL, &item.handles, item.fix);
    return t->each(t->ctx, &item);
}

static enum bc_result read_list(struct taking *t, const struct bc_run_result *run)
{
    const char *collect = t->provider->step[BC_STEP_INVENTORY].collect.text;
    const char *member = strchr(collect, ' ');
    struct bc_response *reply;
    char text[200];
    enum bc_result r;

    if (run->end != BC_RUN_EXITED || run->status != 0) {
        bc_subprocess_text(run, text, sizeof text);
        return trouble(t, t->provider->id, text);
    }
    if (!member || bc_response_parse(run->out, run->out_len, &reply) != BC_OK)
        return trouble(t, t->provider->id, "the answer is not JSON");
    t->rule = bc_identifier_rule(&t->provider->handles, collect, (size_t)(member - collect));
    r = bc_response_each(reply, member + 1, take_listed, t);
    bc_response_free(reply);
    return r == BC_ERR_INVALID
               ? trouble(t, t->provider->id, "the answer is not of the form it must have")
               : r;
}

static enum bc_result take_places(struct taking *t)
{
    const struct bc_provider *p = t->provider;
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < p->place_count && r == BC_OK; i++) {
        const struct bc_filling f = {.handles = &p->place[i]};
        struct bc_run_result run;
        t->place = &p->place[i];
        r = bc_provider_files_run(p, p->step[BC_STEP_INVENTORY].command.text, &f, 0, 0, &run);
        if (r == BC_OK) {
            r = read_list(t, &run);
            bc_subprocess_free(&run);
        } else {
            r = trouble(t, p->id, "a place lacks a handle that the inventory needs");
        }
    }
    return r;
}

enum bc_result
bc_provider_inventory_each(const struct bc_provider *p,
                           enum bc_result (*each)(void *ctx, const struct bc_item *item), void *ctx)
{
    struct taking t = {.provider = p, .each = each, .ctx = ctx};
    enum bc_result r = take_files(&t);

    if (r == BC_OK && p->step[BC_STEP_INVENTORY].command.text[0])
        r = take_places(&t);
    free(t.known);
    return r;
}
