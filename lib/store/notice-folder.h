/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICE_FOLDER_H
#define BC_NOTICE_FOLDER_H

#include "base/vocabulary.h"
#include "consent/notice.h"
#include "store/snapshot.h"

/*
 * The current notices as files that everybody may read, so that a person can read a notice before
 * accepting it. A file holds the notice as it was published (notice.h), and its name is
 *
 *     EVENT-ID-SHA256.notice
 *
 * with the event's number in the log, the notice's id, and the SHA-256 of the file in 64 hex
 * digits. The files prove nothing: the store decides which notice is current and what its release
 * is.
 */

#define BC_NOTICE_NAME_BYTES 176 /* bytes of a file's name, with NUL */

/* A file of the folder that was read and is what its name says. */
struct bc_posted_notice {
    char name[BC_NOTICE_NAME_BYTES];
    struct bc_notice_file file;
    size_t len;
    char *text; /* and a NUL; the owner frees it */
};

/* Writes the files of the notices that are current in the store (mode 0644, of the caller's owner),
 * atomically and durably, and removes those of notices that are not current any more. folder is a
 * descriptor. BC_OK, BC_ERR_CORRUPT, BC_ERR_NOT_RECORDED (with errno),
 * BC_ERR_SYSTEM. */
enum bc_result bc_notice_folder_update(int folder, struct bc_snapshot *s);

/* Reads the notice that which names by its id or SHA-256, in its newest version; or else
 * the newest one that covers wanted's modality, operation, provider and purpose. On BC_OK out->text
 * is the caller's to free. BC_ERR_NOT_FOUND; BC_ERR_INVALID: the file out->name is not what its
 * name says; BC_ERR_IO, BC_ERR_MEMORY. */
enum bc_result bc_notice_folder_find(int folder, const char *which, const struct bc_use *wanted,
                                     struct bc_posted_notice *out);

#endif
