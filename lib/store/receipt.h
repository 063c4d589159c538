/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RECEIPT_H
#define BC_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "consent/leaf.h"

/*
 * Receipts as files: what a person gets after a consent was recorded or ended. A receipt is
 * evidence (bundle.h) of everything on record about the person. The person owns the file (mode
 * 0400); the folder is root's, and nobody but root and the service's group can list it. The file's
 * name is
 *
 *     UID-EVENT-RANDOM.json
 *
 * with the event's number in the log and 32 hex digits of 16 random bytes, so that no other user
 * can find out whether a person has a receipt. Every folder here is a descriptor.
 */

#define BC_RECEIPT_NAME_BYTES 80 /* bytes of a file's name, with NUL */

/* Writes the receipt of len bytes, atomically and durably, and sets name. The file belongs to uid
 * where the caller is root, else to the caller. Nobody opens the file again but its owner.
 * BC_ERR_IO with errno. */
enum bc_result bc_receipt_write(int folder, uint32_t uid, uint64_t event, const char *json,
                                size_t len, char name[BC_RECEIPT_NAME_BYTES]);

/* Names the newest receipt of the person whose leaf this is. The uid may have belonged to another
 * person before: receipts that are older than everything the leaf names are passed over.
 * BC_ERR_NOT_FOUND, BC_ERR_IO. */
enum bc_result bc_receipt_newest(int folder, const struct bc_leaf *leaf,
                                 char name[BC_RECEIPT_NAME_BYTES]);

/* Removes all receipts of the uid, durably. BC_ERR_IO. */
enum bc_result bc_receipt_remove(int folder, uint32_t uid);

#endif
