/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "export.h"

/* The Kantara Initiative's Consent Receipt Specification 1.1.0. */

static json_t *categories(const struct bc_scope *scope)
{
    static const char *const names[BC_MODALITIES] = {"Fingerprint", "Facial template", "Voiceprint",
                                                     "Palm print or vein pattern", "Iris pattern"};
    json_t *out = json_array();

    for (unsigned m = 0; m < BC_MODALITIES; m++)
        if (scope->modalities & (1U << m))
            json_array_append_new(out, json_string(names[m]));
    return out;
}

/* Joined as in a sentence; empty: fallback. */
static json_t *joined(const struct bc_words *words, const char *fallback, int capitals)
{
    char text[BC_WORDS_MAX * (BC_WORD_MAX + 2)];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < words->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                                 words->word[i]);
    for (char *c = text; capitals && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return json_string(used ? text : fallback);
}

static json_t *third_parties(const struct bc_lines *providers)
{
    char text[BC_WORDS_MAX * (BC_LINE_MAX + 3)];
    size_t used = 0;

    for (size_t i = 0; i < providers->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "; " : "",
                                 providers->line[i]);
    return json_stringn(text, used);
}

static json_t *termination(const struct bc_grant *g, const struct bc_notice *n)
{
    char when[BC_TIME_TEXT_BYTES], text[BC_LINE_MAX + 64];

    if (!g->expires)
        return json_string(n->retention);
    bc_datetime_format(g->expires, when);
    (void)snprintf(text, sizeof text, "%s; %s", when, n->retention);
    return json_string(text);
}

static json_t *purpose(const struct bc_exported *e)
{
    const struct bc_grant *g = e->grant;
    const struct bc_notice *n = &e->outcome->version->notice;
    int disclosed = n->service_providers.count > 0;
    json_t *out = json_object();

    json_object_set_new(out, "purpose", joined(&g->scope.purposes, "authentication", 0));
    json_object_set_new(out, "purposeCategory", json_pack("[s]", "Security"));
    json_object_set_new(out, "consentType",
                        json_string(g->kind >= BC_EXPLICIT ? "EXPLICIT" : "IMPLICIT"));
    json_object_set_new(out, "piiCategory", categories(&g->scope));
    json_object_set_new(out, "primaryPurpose", json_true());
    json_object_set_new(out, "termination", termination(g, n));
    json_object_set_new(out, "thirdPartyDisclosure", json_boolean(disclosed));
    if (disclosed)
        json_object_set_new(out, "thirdPartyName", third_parties(&n->service_providers));
    return out;
}

static json_t *controller(const struct bc_notice *n, const struct bc_contact *c)
{
    return json_pack("{s:s, s:b, s:s, s:{s:s}, s:s, s:s}", "piiController", n->controller,
                     "onBehalf", 0, "contact", c->person, "address", "streetAddress", c->address,
                     "email", c->email, "phone", c->phone);
}

json_t *bc_kantara_receipt(const struct bc_exported *e, const struct bc_contact *contact)
{
    const struct bc_grant *g = e->grant;
    const struct bc_notice *n = &e->outcome->version->notice;
    char uuid[BC_UUID_BYTES], subject[BC_SUBJECT_MAX + 32];

    bc_export_uuid(e->commitment, uuid);
    bc_export_subject(&g->subject, subject, sizeof subject);
    return json_pack("{s:s, s:o, s:I, s:s, s:s, s:s, s:s, s:[o], s:s, s:[{s:o, s:[o]}], s:b, s:[s]}",
                     "version", "KI-CR-v1.1.0", "jurisdiction",
                     joined(&g->jurisdictions, "not stated in the notice", 1), "consentTimestamp",
                     (json_int_t)e->time, "collectionMethod", g->collected, "consentReceiptID",
                     uuid, "language", n->language, "piiPrincipalId", subject, "piiControllers",
                     controller(n, contact), "policyUrl", contact->policy_url, "services",
                     "service", joined(&g->scope.providers, "biometric authentication", 0),
                     "purposes", purpose(e), "sensitive", 1, "spiCat", "Biometric");
}
