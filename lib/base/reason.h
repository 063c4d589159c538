/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REASON_H
#define BC_REASON_H

#include <stddef.h>

#include "base/result.h"

/* Why the gate refuses. One list for the module, the gate, the tools, the log and the manual page:
 * identifier, sentence, remedy. BC_REASON_RECORDED answers a withdrawal and an acceptance, and
 * allows nothing. BC_REASON_ALLOW is the only value that allows, and it is never zero, so that
 * cleared memory refuses. */
#define BC_REASON_LIST(X)                                                                          \
    X(INTERNAL, "internal", "The consent check failed.", "look for the cause in the system log")   \
    X(NO_RECORD, "no-record", "There is no record of your consent to this use.",                   \
      "record a consent: bioconsent grant")                                                        \
    X(WITHDRAWN, "withdrawn", "You have withdrawn your consent.",                                  \
      "nothing, or record a new consent: bioconsent grant")                                        \
    X(WITHDRAWAL_PENDING, "withdrawal-pending", "You have withdrawn your consent.",                \
      "sign the pending withdrawal: bioconsent store refresh")                                     \
    X(ACCEPTANCE_PENDING, "acceptance-pending", "You have accepted; your acceptance is pending.",  \
      "sign it: bioconsent sign")                                                                  \
    X(REVOKED, "revoked", "Your consent was ended by the organisation.",                           \
      "record a new consent: bioconsent grant")                                                    \
    X(PURPOSE_ENDED, "purpose-ended", "The purpose that you consented to has ended.",              \
      "record a new consent: bioconsent grant")                                                    \
    X(EXPIRED, "expired", "Your consent has expired.", "record a new consent: bioconsent grant")   \
    X(NOT_YET_VALID, "not-yet-valid", "Your consent is not valid yet.",                            \
      "wait for the day it starts, or record a new consent")                                       \
    X(SUPERSEDED, "superseded", "The notice you agreed to has been replaced.",                     \
      "record a consent to the current version of the notice")                                     \
    X(SCOPE_MODALITY, "scope-modality", "Your consent does not cover this kind of biometric.",     \
      "record a consent whose scope contains this modality")                                       \
    X(SCOPE_OPERATION, "scope-operation", "Your consent does not cover this operation.",           \
      "record a consent whose scope contains this operation")                                      \
    X(SCOPE_PROVIDER, "scope-provider", "Your consent does not cover this provider.",              \
      "publish a notice and record a consent that name this provider")                             \
    X(SCOPE_PURPOSE, "scope-purpose", "Your consent does not cover this purpose.",                 \
      "record a consent whose scope contains this purpose")                                        \
    X(KIND, "kind", "The form of your consent is not enough here.",                                \
      "record the kind of consent that its notice and required-consent in bioconsent.conf need")   \
    X(GIVEN_BY, "given-by", "Consent was given by someone who may not give it here.",              \
      "record a consent by a person whom its laws and given-by in bioconsent.conf allow")          \
    X(JURISDICTION, "jurisdiction", "The notice you agreed to was not made for the law here.",     \
      "record a consent to a notice that names each jurisdiction of the consent")                  \
    X(NO_NOTICE, "no-notice", "There is no notice for this use.",                                  \
      "publish a notice: bioconsent notice publish")                                               \
    X(NOT_TYPED, "not-typed", "The release was not typed as it stands, so nothing was accepted.",  \
      "read the notice again, and type the release as it is shown")                                \
    X(TOO_MANY, "too-many", "Too many of your acceptances are pending.",                           \
      "sign them: bioconsent sign")                                                                \
    X(ACCOUNT_MISMATCH, "account-mismatch", "The record belongs to another account of this name.", \
      "record a consent by the person who owns the account now")                                   \
    X(UNKNOWN_USER, "unknown-user", "There is no such account.", "check the account name")         \
    X(BAD_NAME, "bad-name", "The account name is not valid.", "check the account name")            \
    X(BAD_OPTION, "bad-option", "The consent check is configured wrongly.",                        \
      "fix the pam_bioconsent.so line in pam.d")                                                   \
    X(BAD_REQUEST, "bad-request", "The consent check received an invalid request.",                \
      "install the module and the helper in the same version")                                     \
    X(DENIED, "denied", "You may only ask about your own consent.",                                \
      "ask as root, or as a member of the group bioconsent")                                       \
    X(CONFIG, "config", "The consent check is configured wrongly.",                                \
      "fix the file: bioconsent check names the line")                                             \
    X(NO_STORE, "no-store", "The consent records cannot be read.",                                 \
      "create the store with bioconsent init, or restore it")                                      \
    X(UNTRUSTED_FILE, "untrusted-file", "The consent records are not protected.",                  \
      "fix the owner and mode of the file that the log names")                                     \
    X(CORRUPT, "corrupt", "The consent records are damaged.",                                      \
      "run bioconsent store verify, then restore from a backup")                                   \
    X(UNKNOWN_KEY, "unknown-key", "The consent records are not signed by a trusted key.",          \
      "check the trusted keys: bioconsent key show")                                               \
    X(BAD_SIGNATURE, "bad-signature", "The signature on the consent records is wrong.",            \
      "run bioconsent store verify, then restore from a backup")                                   \
    X(ORIGIN, "origin", "The consent records belong to another host.",                             \
      "restore this host's own store, or fix origin in bioconsent.conf")                           \
    X(ROLLED_BACK, "rolled-back", "The consent records are older than the ones seen before.",      \
      "restore the newest store; after a deliberate restore: bioconsent store restore")            \
    X(FORKED, "forked", "The consent records contradict the ones seen before.",                    \
      "restore the right store; keep both checkpoints as evidence")                                \
    X(STALE, "stale", "The consent records have not been refreshed in time.",                      \
      "run bioconsent store refresh where the key is, then copy the store")                        \
    X(CLOCK, "clock", "The clock of this host is wrong.", "set the clock")                         \
    X(NOT_RECORDED, "not-recorded", "The consent check could not keep its record.",                \
      "make the state folder writable for the user bioconsent")                                    \
    X(BUSY, "busy", "The consent records are busy.", "try again")                                  \
    X(HELPER, "helper", "The consent check is not available.",                                     \
      "check that bioconsent-check is installed setuid bioconsent")                                \
    X(DEADLINE, "deadline", "The consent check took too long.",                                    \
      "look for the cause in the system log")                                                      \
    X(SYSTEM, "system", "The consent check ran out of resources.",                                 \
      "look for the cause in the system log")                                                      \
    X(RECORDED, "recorded", "It is recorded.", "nothing")                                          \
    X(ALLOW, "allow", "Consent is on record.", "nothing")

enum bc_reason {
#define X(name, id, sentence, remedy) BC_REASON_##name,
    BC_REASON_LIST(X)
#undef X
        BC_REASONS
};

/* The fixed identifier of r, such as "no-record". Never NULL. */
const char *bc_reason_id(enum bc_reason r);

/* One plain sentence for the person who is refused. Never NULL. */
const char *bc_reason_sentence(enum bc_reason r);

/* What the administrator can do about it. Never NULL. */
const char *bc_reason_remedy(enum bc_reason r);

/* Returns whether r is BC_REASON_ALLOW. Only code that follows an answer asks: the module, and what
 * people are told. */
int bc_reason_allows(enum bc_reason r);

/* Returns the refusal that stands for a step which failed with r. Never an allowance: BC_OK, which
 * is no failure, gives BC_REASON_INTERNAL. */
enum bc_reason bc_reason_of_result(enum bc_result r);

#endif
