/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "export.h"
#include "base/encoding.h"
#include "base/text.h"

/* Consent records as in ISO/IEC TS 27560:2023, by the guide of W3C's DPV community group
 * (https://w3id.org/dpv/guides/consent-27560), terms of DPV 2.3. What DPV has no term for has one of
 * ours, with the broader one of DPV. Every value is a list, so that readers need one rule only. */

#define IRI_MAX 160

static json_t *list(json_t *only)
{
    return json_pack("[o]", only);
}

static json_t *text(const char *s)
{
    return list(json_string(s));
}

static json_t *iri(const char *prefix, const char *name)
{
    char id[IRI_MAX];

    (void)snprintf(id, sizeof id, "%s%s", prefix, name);
    return json_pack("{s:s}", "@id", id);
}

static json_t *typed(const char *type)
{
    return json_pack("{s:[s]}", "@type", type);
}

static void set(json_t *node, const char *name, json_t *value)
{
    json_object_set_new(node, name, value);
}

static json_t *time_value(int64_t t)
{
    char when[BC_TIME_TEXT_BYTES];

    bc_datetime_format(t, when);
    return list(json_pack("{s:s, s:s}", "@type", "xsd:dateTime", "@value", when));
}

/* A term of ours. */
static json_t *own(const char *kind, const char *word, const char *type, const char *broader)
{
    json_t *node = iri(kind, word);

    set(node, "@type", json_pack("[s, s]", "skos:Concept", type));
    set(node, "skos:prefLabel", text(word));
    if (broader)
        set(node, "skos:broader", list(iri(broader, "")));
    return node;
}

json_t *bc_dpv_context(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "dpv", "https://w3id.org/dpv#",
                     "pd", "https://w3id.org/dpv/pd#", "loc", "https://w3id.org/dpv/loc#", "dct",
                     "http://purl.org/dc/terms/", "dcat", "http://www.w3.org/ns/dcat#", "skos",
                     "http://www.w3.org/2004/02/skos/core#", "rdf",
                     "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "xsd",
                     "http://www.w3.org/2001/XMLSchema#", "bc", "urn:x-bioconsent:");
}

/* ---- processing ---- */

static json_t *personal_data(const struct bc_scope *scope)
{
    static const char *const ours[BC_MODALITIES] = {NULL, NULL, "voiceprint", "palm-print",
                                                    "iris-pattern"};
    json_t *out = json_array();

    for (unsigned m = 0; m < BC_MODALITIES; m++) {
        if (!(scope->modalities & (1U << m)))
            continue;
        if (ours[m])
            json_array_append_new(out, own("bc:data:", ours[m], "dpv:PersonalData", "pd:Biometric"));
        else
            json_array_append_new(out, iri("pd:", m == BC_FACE ? "FacialPrint" : "Fingerprint"));
    }
    return out;
}

static json_t *purposes(const struct bc_scope *scope)
{
    json_t *out = json_array();

    if (scope->operations & (1U << BC_AUTHENTICATE))
        json_array_append_new(out, iri("dpv:", "IdentityAuthentication"));
    else
        json_array_append_new(out, iri("dpv:", "EnforceAccessControl"));
    for (size_t i = 0; i < scope->purposes.count; i++)
        json_array_append_new(out, own("bc:purpose:", scope->purposes.word[i], "dpv:Purpose",
                                       "dpv:EnforceSecurity"));
    return out;
}

static json_t *processing(const struct bc_scope *scope)
{
    json_t *out = json_array();

    if (scope->operations & (1U << BC_ENROLL)) {
        json_array_append_new(out, iri("dpv:", "Collect"));
        json_array_append_new(out, iri("dpv:", "Store"));
    }
    if (scope->operations & (1U << BC_AUTHENTICATE))
        json_array_append_new(out, iri("dpv:", "Use"));
    return out;
}

static json_t *services(const struct bc_scope *scope)
{
    json_t *out = json_array();

    for (size_t i = 0; i < scope->providers.count; i++)
        json_array_append_new(out, own("bc:provider:", scope->providers.word[i], "dpv:Service",
                                       NULL));
    return out;
}

static json_t *recipients(const struct bc_lines *providers)
{
    json_t *out = json_array();

    for (size_t i = 0; i < providers->count; i++) {
        json_t *one = typed("dpv:DataProcessor");
        set(one, "dpv:hasName", text(providers->line[i]));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *storage(const struct bc_grant *g, const struct bc_notice *n)
{
    json_t *where = typed("dpv:StorageLocation"), *place = typed("dpv:Location");
    json_t *until = typed("dpv:UntilEventDuration"), *duration = typed("dpv:StorageDuration");
    json_t *deletion = typed("dpv:StorageDeletion"), *described = json_array();

    for (size_t i = 0; i < g->scope.providers.count; i++)
        json_array_append_new(described, json_sprintf("with the provider %s",
                                                      g->scope.providers.word[i]));
    if (json_array_size(described) == 0)
        json_array_append_new(described, json_string("with the service providers that are named"));
    set(place, "dct:description", described);
    set(where, "dpv:hasLocation", list(place));
    set(until, "rdf:value", text(n->retention));
    set(duration, "dpv:hasDuration", list(until));
    set(deletion, "dpv:hasDuration", list(json_deep_copy(until)));
    return json_pack("[o, o, o]", where, duration, deletion);
}

static const char *kind_term(enum bc_kind kind)
{
    if (kind >= BC_EXPLICIT)
        return "dpv:ExplicitlyExpressedConsent";
    return kind == BC_AFFIRMATIVE ? "dpv:ExpressedConsent" : "dpv:ImpliedConsent";
}

static json_t *process(const struct bc_grant *g, const struct bc_notice *n)
{
    json_t *p = typed("dpv:Process");

    set(p, "dpv:hasPurpose", purposes(&g->scope));
    set(p, "dpv:hasPersonalData", personal_data(&g->scope));
    set(p, "dpv:hasProcessing", processing(&g->scope));
    set(p, "dpv:hasRecipient", recipients(&n->service_providers));
    set(p, "dpv:hasService", services(&g->scope));
    set(p, "dpv:hasStorageCondition", storage(g, n));
    set(p, "dpv:hasLegalBasis", list(iri(kind_term(g->kind), "")));
    return p;
}

/* ---- who and where ---- */

static json_t *jurisdictions(const struct bc_words *words)
{
    static const struct {
        const char *word;
        const char *term;
    } known[] = {{"eu", "loc:EU"},       {"uk", "loc:GB"},       {"in", "loc:IN"},
                 {"us-ca", "loc:US-CA"}, {"us-co", "loc:US-CO"}, {"us-il", "loc:US-IL"},
                 {"us-tx", "loc:US-TX"}, {"us-wa", "loc:US-WA"}, {"us-wa-mhmda", "loc:US-WA"}};
    json_t *out = json_array();

    for (size_t i = 0; i < words->count; i++) {
        const char *term = NULL;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (strcmp(words->word[i], known[k].word) == 0)
                term = known[k].term;
        json_array_append_new(out, term ? iri(term, "")
                                        : own("bc:jurisdiction:", words->word[i],
                                              "dpv:Jurisdiction", NULL));
    }
    return out;
}

static json_t *laws(const struct bc_words *words)
{
    json_t *out = json_array();

    for (size_t i = 0; i < words->count; i++)
        json_array_append_new(out, own("bc:law:", words->word[i], "dpv:Law", NULL));
    return out;
}

/* A node of this record: its IRI with a fragment. */
static json_t *part(const char *record, const char *fragment)
{
    char id[IRI_MAX];

    (void)snprintf(id, sizeof id, "%s#%s", record, fragment);
    return json_pack("{s:s}", "@id", id);
}

static json_t *subject(const char *record, const struct bc_subject *s)
{
    json_t *node = part(record, "subject");
    char name[BC_SUBJECT_MAX + 32];

    bc_export_subject(s, name, sizeof name);
    set(node, "@type", text("dpv:DataSubject"));
    set(node, "dpv:hasIdentifier", text(name));
    return node;
}

static json_t *controller(const char *record, const struct bc_notice *n, const struct bc_contact *c)
{
    json_t *node = part(record, "controller"), *contacts = text(c->person);

    if (c->email)
        json_array_append_new(contacts, json_string(c->email));
    if (c->phone)
        json_array_append_new(contacts, json_string(c->phone));
    set(node, "@type", text("dpv:DataController"));
    set(node, "dpv:hasName", text(n->controller));
    set(node, "dpv:hasIdentifier", text(n->controller));
    set(node, "dpv:hasAddress", text(c->address));
    set(node, "dpv:hasContact", contacts);
    return node;
}

static void set_hash(json_t *node, const char *name, const struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(h->b, BC_HASH_BYTES, hex);
    set(node, name, text(hex));
}

static json_t *representative(const char *record, const struct bc_grant *g)
{
    json_t *node = part(record, "representative");

    set(node, "@type", text("dpv:Representative"));
    set(node, "dpv:hasName", text(g->representative));
    set(node, "dpv:isRepresentativeFor", list(part(record, "subject")));
    set(node, "dpv:hasJustification", text(g->authority));
    set(node, "bc:relation", text(bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, g->giver)));
    if (g->has_evidence)
        set_hash(node, "bc:evidenceSha256", &g->evidence);
    return node;
}

static json_t *notice(const struct bc_version *v)
{
    char hex[2 * BC_HASH_BYTES + 1];
    json_t *node;

    bc_encoding_hex_encode(v->notice.text.b, BC_HASH_BYTES, hex);
    node = iri("bc:notice:", hex);
    set(node, "@type", text("dpv:ConsentNotice"));
    set(node, "dct:identifier", text(v->notice.id));
    set(node, "dcat:version", text(v->notice.version));
    set(node, "dct:language", text(v->notice.language));
    set(node, "dct:date", time_value(v->time));
    set_hash(node, "bc:textSha256", &v->notice.text);
    return node;
}

/* ---- events ---- */

static json_t *validity(const struct bc_grant *g)
{
    json_t *node = typed(g->expires ? "dpv:UntilTimeDuration" : "dpv:UntilEventDuration");

    set(node, "rdf:value", g->expires ? time_value(g->expires)
                                      : text("withdrawal, revocation or the end of the purpose"));
    return node;
}

static json_t *given(const char *record, const struct bc_exported *e)
{
    const struct bc_grant *g = e->grant;
    char from[BC_TIME_TEXT_BYTES], until[BC_TIME_TEXT_BYTES] = "..";
    json_t *node = json_pack("{s:[s, s]}", "@type", "dpv:ConsentGiven", kind_term(g->kind));

    bc_datetime_format(g->valid_from, from);
    if (g->expires)
        bc_datetime_format(g->expires, until);
    set(node, "dpv:isIndicatedAtTime", time_value(e->time));
    set(node, "dpv:isIndicatedBy", list(part(record, g->giver == BC_SELF ? "subject"
                                                                          : "representative")));
    set(node, "dpv:hasIndicationMethod", text(g->collected));
    set(node, "dpv:hasDuration", list(validity(g)));
    set(node, "dct:valid", list(json_sprintf("%s/%s", from, until)));
    set(node, "bc:kind", text(bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind)));
    set(node, "bc:recordedBy", text(g->recorded_by));
    if (g->has_paper)
        set_hash(node, "bc:paperSha256", &g->paper);
    return node;
}

static const char *state_term(enum bc_reason reason)
{
    if (reason == BC_REASON_WITHDRAWN || reason == BC_REASON_WITHDRAWAL_PENDING)
        return "dpv:ConsentWithdrawn";
    if (reason == BC_REASON_REVOKED)
        return "dpv:ConsentRevoked";
    /* "Temporal or contextual validity". */
    if (reason == BC_REASON_EXPIRED || reason == BC_REASON_PURPOSE_ENDED)
        return "dpv:ConsentExpired";
    return "dpv:ConsentInvalidated";
}

static json_t *over(const char *record, const struct bc_exported *e)
{
    const struct bc_consent_status *o = e->outcome;
    const char *state = state_term(o->reason);
    json_t *node = typed(state);

    set(node, "dpv:isIndicatedAtTime", time_value(o->since ? o->since : e->now));
    set(node, "dpv:isIndicatedBy",
        list(part(record, strcmp(state, "dpv:ConsentWithdrawn") == 0 ? "subject" : "controller")));
    set(node, "dpv:hasIndicationMethod", text(e->how[0] ? e->how : bc_reason_sentence(o->reason)));
    set(node, "dpv:hasDuration", list(typed("dpv:EndlessDuration")));
    set(node, "bc:reason", text(bc_reason_id(o->reason)));
    return node;
}

static json_t *events(const char *record, const struct bc_exported *e)
{
    json_t *out = list(given(record, e));

    if (e->outcome->reason != BC_REASON_ALLOW && e->outcome->reason != BC_REASON_NOT_YET_VALID)
        json_array_append_new(out, over(record, e));
    return out;
}

static json_t *withdrawal(const struct bc_subject *s)
{
    json_t *node = typed("dpv:WithdrawConsent");

    set(node, "dpv:isExercisedAt",
        text(s->external ? "through the controller"
                         : "bioconsent withdraw, by the subject alone; or through the controller"));
    return node;
}

static void set_header(json_t *r, const char *record, const struct bc_exported *e)
{
    set(r, "@id", json_string(record));
    set(r, "@type", text("dpv:ConsentRecord"));
    set(r, "dct:conformsTo", list(iri("https://w3id.org/dpv/schema/dpv-27560#record", "")));
    set(r, "dct:identifier", text(record + strlen("urn:uuid:")));
    set(r, "bc:logOrigin", text(e->origin));
    set(r, "bc:logIndex", list(json_integer((json_int_t)e->index)));
    set_hash(r, "bc:commitment", e->commitment);
}

json_t *bc_dpv_record(const struct bc_exported *e, const struct bc_contact *contact)
{
    const struct bc_grant *g = e->grant;
    const struct bc_notice *n = &e->outcome->version->notice;
    char record[sizeof "urn:uuid:" + BC_UUID_BYTES] = "urn:uuid:";
    json_t *r = json_object();

    bc_export_uuid(e->commitment, record + strlen(record));
    set_header(r, record, e);
    set(r, "dpv:hasDataSubject", list(subject(record, &g->subject)));
    set(r, "dpv:hasDataController", list(controller(record, n, contact)));
    if (g->giver != BC_SELF)
        set(r, "dpv:hasRepresentative", list(representative(record, g)));
    set(r, "dpv:hasNotice", list(notice(e->outcome->version)));
    set(r, "dct:language", text(n->language));
    set(r, "dpv:hasJurisdiction", jurisdictions(&g->jurisdictions));
    set(r, "dpv:hasApplicableLaw", laws(&g->jurisdictions));
    set(r, "dpv:hasProcess", list(process(g, n)));
    set(r, "dpv:hasConsentControl", list(withdrawal(&g->subject)));
    set(r, "dpv:hasConsentStatus", events(record, e));
    return r;
}
