/* SPDX-License-Identifier: BSD-2-Clause */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "client.h"

#define MESSAGE_BYTES 500  /* of one PAM message, which may hold PAM_MAX_MSG_SIZE (512) */
#define RELEASE_BYTES 400  /* of a release that fits a prompt */
#define WAY "pam."

/* One offer under way. */
struct offer {
    pam_handle_t *pamh;
    const struct bc_options *options;
    struct bc_request *request;
    struct bc_sheet sheet;
};

/* A stack whose password failed must not get here (it is the stack that sees to that); one where none was
 * typed proves nothing. */
static int password_typed(const struct offer *o)
{
    const void *item = NULL;

    return pam_get_item(o->pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS && item &&
           *(const char *)item != '\0';
}

/* "pam." and the service, as a word. */
static void name_way(const struct offer *o, char way[BC_WORD_MAX + 1])
{
    const void *item = NULL;
    const char *service = "unknown";

    if (pam_get_item(o->pamh, PAM_SERVICE, &item) == PAM_SUCCESS && item)
        service = item;
    (void)snprintf(way, BC_WORD_MAX + 1, WAY "%s", service);
    for (char *p = way + strlen(WAY); *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
        else if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '.' || *p == '_'))
            *p = '-';
    }
}

static enum bc_reason ask(struct offer *o, enum bc_ask what)
{
    struct bc_fault fault = {NULL, 0};
    enum bc_reason reason;

    bc_sheet_free(&o->sheet);
    o->request->ask = what;
    reason = bc_client_ask(o->options->helper, o->options->config, o->request, &o->sheet, &fault);
    if (fault.call)
        pam_syslog(o->pamh, LOG_NOTICE, "offer: %s: error %d", fault.call, fault.error);
    return reason;
}

/* ---- showing ---- */

/* How much of the text goes into one message: whole lines, else whole words, else whole characters. */
static size_t message_length(const char *text, size_t len)
{
    size_t n = len < MESSAGE_BYTES ? len : MESSAGE_BYTES;
    size_t cut = n;

    if (n == len)
        return n;
    while (cut > 0 && text[cut - 1] != '\n')
        cut--;
    for (size_t i = n; cut == 0 && i > 0; i--)
        if (text[i - 1] == ' ')
            cut = i;
    if (cut)
        return cut;
    while (n > MESSAGE_BYTES - 4 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* 1 if all of it was shown. */
static int show(pam_handle_t *pamh, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = message_length(text, len);
        size_t shown = text[n - 1] == '\n' ? n - 1 : n; /* the conversation adds one */
        if (pam_info(pamh, "%.*s", (int)shown, text) != PAM_SUCCESS)
            return 0;
        text += n;
        len -= n;
    }
    return 1;
}

/* A prompt, and what was typed: *answer is to be freed; NULL for nothing. 0 if nobody could be asked. */
static int prompt(struct offer *o, char **answer)
{
    const char *release = o->sheet.release;
    int rc;

    *answer = NULL;
    if (strlen(release) <= RELEASE_BYTES)
        rc = pam_prompt(o->pamh, PAM_PROMPT_ECHO_ON, answer,
                        "To accept, type: %s\nTo decline, press Enter: ", release);
    else if (!show(o->pamh, release, strlen(release)))
        return 0;
    else
        rc = pam_prompt(o->pamh, PAM_PROMPT_ECHO_ON, answer,
                        "To accept, type the last sentence; to decline, press Enter: ");
    return rc == PAM_SUCCESS;
}

/* ---- the answer ---- */

static int copy_typed(struct offer *o, const char *answer)
{
    size_t len = answer ? strnlen(answer, BC_TYPED_MAX + 1) : 0;

    if (len == 0 || len > BC_TYPED_MAX || !bc_line_clean(answer, len))
        return 0;
    memcpy(o->request->typed, answer, len);
    o->request->typed[len] = '\0';
    return 1;
}

static void log_result(const struct offer *o, enum bc_reason reason)
{
    char user[128];
    size_t i;

    for (i = 0; i + 1 < sizeof user && o->request->user[i]; i++)
        user[i] = o->request->user[i] >= ' ' && o->request->user[i] <= '~' ? o->request->user[i] : '?';
    user[i] = '\0';
    if (reason == BC_ALLOW)
        pam_syslog(o->pamh, LOG_NOTICE, "offer: accepted, and waits to be signed: user=%s notice=%s"
                   " sha256=%s: sign it: bioconsent sign-pending", user, o->request->notice,
                   o->sheet.hash[0] ? o->sheet.hash : "-");
    else
        pam_syslog(o->pamh, LOG_NOTICE, "offer: nothing was accepted: reason=%s user=%s modality=%s: %s",
                   bc_reason_id(reason), user, bc_modality_name(o->request->modality),
                   bc_reason_remedy(reason));
}

/* What is not the release is a no, which is noted, so that nobody is asked at every sign-in. */
static void take_answer(struct offer *o, const char *answer)
{
    enum bc_reason reason = BC_NOT_TYPED;

    if (copy_typed(o, answer))
        reason = ask(o, BC_ASK_ACCEPT);
    log_result(o, reason);
    if (reason == BC_ALLOW)
        (void)pam_info(o->pamh, "You have accepted. It counts once the administrator has signed it.");
    else
        (void)pam_info(o->pamh, "%s To accept at any time: bioconsent accept",
                       answer && answer[0] ? bc_reason_sentence(reason) : "Nothing was accepted.");
    if (reason == BC_NOT_TYPED)
        (void)ask(o, BC_ASK_DECLINE);
}

/* Reasons for which there is nothing to offer, every day. */
static int is_common(enum bc_reason reason)
{
    return reason == BC_CONSENTED || reason == BC_ACCEPTANCE_PENDING || reason == BC_WITHDRAWN ||
           reason == BC_WITHDRAWAL_PENDING || reason == BC_DECLINED || reason == BC_NO_NOTICE;
}

static void make_offer(struct offer *o)
{
    enum bc_reason reason = ask(o, BC_ASK_OFFER);
    char *answer = NULL;
    int asked;

    if (reason == BC_ALLOW && (!o->sheet.text || !o->sheet.release[0] || !o->sheet.hash[0] ||
                               strlen(o->sheet.release) >= PAM_MAX_RESP_SIZE))
        reason = BC_HELPER;
    if (reason != BC_ALLOW) {
        if (o->options->debug || !is_common(reason))
            log_result(o, reason);
        return;
    }
    memcpy(o->request->notice, o->sheet.hash, sizeof o->request->notice);
    asked = show(o->pamh, o->sheet.text, o->sheet.len) && prompt(o, &answer);
    if (asked)
        take_answer(o, answer);
    else
        log_result(o, BC_NOT_TYPED);
    free(answer);
}

void bc_offer(pam_handle_t *pamh, const struct bc_options *options, struct bc_request *request)
{
    struct offer o = {.pamh = pamh, .options = options, .request = request};

    if (!password_typed(&o))
        return;
    name_way(&o, request->way);
    make_offer(&o);
    bc_sheet_free(&o.sheet);
}
