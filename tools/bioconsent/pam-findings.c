/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam-findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PLACE_MAX 512

/* A list of JSON objects as bc_pam_findings_json gives them: the paragraphs are printed from it. */
struct bc_pam_findings {
    json_t *list;
    int lost;
};

struct bc_pam_findings *bc_pam_findings_new(void)
{
    struct bc_pam_findings *report = calloc(1, sizeof *report);

    if (report)
        report->list = json_array();
    if (report && !report->list) {
        free(report);
        report = NULL;
    }
    return report;
}

void bc_pam_findings_free(struct bc_pam_findings *report)
{
    if (report)
        json_decref(report->list);
    free(report);
}

static json_t *make_clean_string(const char *text)
{
    char out[PLACE_MAX];

    bc_text_sanitize(text, out, sizeof out);
    return json_string(out);
}

static void set_place(json_t *o, const char *key, const struct bc_pam_place *place)
{
    json_t *p;

    if (!place->file)
        return;
    p = json_pack("{s:o}", "file", make_clean_string(place->file));
    if (place->number)
        (void)json_object_set_new(p, "line", json_integer((json_int_t)place->number));
    if (place->module[0])
        (void)json_object_set_new(p, "module", make_clean_string(place->module));
    (void)json_object_set_new(o, key, p);
}

static json_t *finding_json(const struct bc_pam_finding *f)
{
    const struct bc_pam_lint_text *text = bc_pam_lint_text(f->id);
    json_t *o = json_pack("{s:s, s:s, s:s}", "finding", text->name, "what", text->sentence,
                          "remedy", text->remedy);

    if (f->stage < BC_PAM_STAGES)
        (void)json_object_set_new(o, "stage", json_string(bc_pam_stack_stage_name(f->stage)));
    set_place(o, "gate", &f->gate);
    set_place(o, "matcher", &f->matcher);
    set_place(o, "line", &f->other);
    if (f->detail)
        (void)json_object_set_new(o, "detail", make_clean_string(f->detail));
    return o;
}

/* Whether an entry is the same finding, whatever services it is true of. */
static int is_same(json_t *entry, json_t *finding)
{
    json_t *services = json_incref(json_object_get(entry, "services"));
    int same;

    (void)json_object_del(entry, "services");
    same = json_equal(entry, finding);
    (void)json_object_set_new(entry, "services", services);
    return same;
}

static int has_string(json_t *list, const json_t *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), text))
            return 1;
    return 0;
}

void bc_pam_findings_add(struct bc_pam_findings *report, const char *service,
                         const struct bc_pam_finding *finding)
{
    json_t *o = finding_json(finding), *name = make_clean_string(service), *services = NULL;

    for (size_t i = 0; i < json_array_size(report->list) && !services; i++)
        if (is_same(json_array_get(report->list, i), o))
            services = json_object_get(json_array_get(report->list, i), "services");
    if (!services && o) {
        services = json_array();
        if (json_object_set_new(o, "services", services) != 0 ||
            json_array_append(report->list, o) != 0)
            services = NULL;
    }
    if (!services || !name)
        report->lost = 1;
    else if (!has_string(services, name))
        report->lost |= json_array_append(services, name) != 0;
    json_decref(o);
    json_decref(name);
}

long bc_pam_findings_count(const struct bc_pam_findings *report)
{
    return report->lost ? -1 : (long)json_array_size(report->list);
}

json_t *bc_pam_findings_json(const struct bc_pam_findings *report)
{
    return json_incref(report->list);
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static void print_place(const json_t *o, const char *key)
{
    const json_t *place = json_object_get(o, key), *line = json_object_get(place, "line");

    if (!place)
        return;
    (void)printf("  %-8s %s", key, text_of(place, "file"));
    if (line)
        (void)printf(":%lld", (long long)json_integer_value(line));
    (void)printf("%s%s\n", text_of(place, "module")[0] ? "  " : "", text_of(place, "module"));
}

static void print_finding(const json_t *o)
{
    const json_t *services = json_object_get(o, "services");

    (void)printf("%s:", text_of(o, "finding"));
    if (text_of(o, "stage")[0])
        (void)printf(" %s of", text_of(o, "stage"));
    for (size_t i = 0; i < json_array_size(services); i++)
        (void)printf("%s %s", i ? "," : "", json_string_value(json_array_get(services, i)));
    (void)printf("\n  %s\n", text_of(o, "what"));
    print_place(o, "gate");
    print_place(o, "matcher");
    print_place(o, "line");
    if (text_of(o, "detail")[0])
        (void)printf("  %-8s %s\n", "option", text_of(o, "detail"));
    (void)printf("  %-8s %s\n\n", "to do", text_of(o, "remedy"));
}

void bc_pam_findings_print(const struct bc_pam_findings *report)
{
    for (size_t i = 0; i < json_array_size(report->list); i++)
        print_finding(json_array_get(report->list, i));
}
