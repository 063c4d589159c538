/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RESULT_H
#define BC_RESULT_H

/*
 * What a library call can come to. A call that does not return BC_OK has left
 * its outputs untouched.
 */
enum bc_result {
    BC_OK = 0,
    BC_ERR_INVALID,     /* an argument or a text is not of the form it must have */
    BC_ERR_NOT_FOUND,   /* what was asked for does not exist */
    BC_ERR_EXISTS,      /* what was to be made exists already */
    BC_ERR_MEMORY,      /* no memory */
    BC_ERR_IO,          /* the system refused a read or a write; errno says why */
    BC_ERR_UNTRUSTED,   /* owner or mode of a file or of a folder above it let others write */
    BC_ERR_TOO_LARGE,   /* longer than the limit for its kind */
    BC_ERR_SIGNATURE,   /* a signature by a known key is wrong */
    BC_ERR_UNKNOWN_KEY, /* no signature by a trusted key */
    BC_ERR_CORRUPT,     /* stored bytes contradict what was signed */
    BC_ERR_ROLLBACK,    /* older than what this host has already seen */
    BC_ERR_FORK,        /* another history than the one this host has seen */
    BC_ERR_BUSY,        /* somebody else holds the lock */
    BC_ERR_PASSPHRASE,  /* the passphrase does not open the key */
    BC_ERR_CLOCK,       /* the clock stands before the time of what is already signed */
    BC_ERR_ERASED,      /* the payload was erased; its commitment is left */
    BC_ERR_CRYPTO,      /* libsodium could not be initialised or refused to work */
    BC_RESULTS
};

/* The sentence for r, without a final full stop. Never NULL. */
const char *bc_result_text(enum bc_result r);

#endif
