/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CONSENT_STATUS_H
#define BC_CONSENT_STATUS_H

#include "base/reason.h"
#include "consent/config.h"
#include "store/log-reader.h"
#include "store/pending.h"

/*
 * What became of each consent of the log: whether it is in force, and if not,
 * by what and since when. The register knows this of the last ones only; this
 * is for exports and reports, which look at all.
 */

/* What ended a grant. */
struct bc_ended {
    uint64_t grant; /* the event that ended */
    uint64_t event; /* the one that ended it */
    int64_t time;
    enum bc_event_type type; /* withdraw, revoke or purpose-ended */
};

/* A version of a notice, with the one that replaced it. */
struct bc_version {
    uint64_t event;
    int64_t time;
    int replaced;        /* no longer current */
    int64_t replaced_at; /* where replaced */
    struct bc_notice notice;
};

struct bc_consent_statuses {
    const struct bc_config *config;
    struct bc_pending_list pending;
    size_t ended_count;
    struct bc_ended *ended; /* in the order of the grants */
    size_t version_count;
    struct bc_version *version; /* oldest first */
};

/* Of one grant. */
struct bc_consent_status {
    enum bc_reason reason;            /* BC_REASON_ALLOW: in force; else why the gate refuses it */
    int64_t since;                    /* when that began; 0: not known */
    const struct bc_version *version; /* of the notice it rests on; NULL if that was erased */
    const struct bc_ended *ended;     /* NULL unless a signed event ended it */
};

/* Reads what the log says about ends and notices: 32 bytes an ended grant. config must outlive
 * *out. spool: the spool's descriptor, whose withdrawals count as the gate counts them; -1: none.
 * Free with bc_consent_status_free. BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_consent_status_read(struct bc_snapshot *s, const struct bc_config *config,
                                      int spool, struct bc_consent_statuses *out);
void bc_consent_status_free(struct bc_consent_statuses *o);

/* What ended the grant of event index; NULL if no signed event did. */
const struct bc_ended *bc_consent_status_ended(const struct bc_consent_statuses *o, uint64_t index);

/* What an active consent is worth by itself to the use's subject, whatever the request asks for. */
enum bc_reason bc_consent_status_active(const struct bc_config *config, const struct bc_use *use,
                                        int64_t now, const struct bc_consent *consent);

/* What became of the grant of event index, at time now: the reasons of bc_consent_status_active,
 * and those of what ended it. */
void bc_consent_status_of(const struct bc_consent_statuses *o, uint64_t index,
                          const struct bc_grant *grant, int64_t now, struct bc_consent_status *out);

#endif
