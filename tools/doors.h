/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DOORS_H
#define BC_DOORS_H

#include <sys/types.h>

/*
 * The doors to fprintd that PAM does not see: polkit, which it asks about ordinary users, and the bus,
 * where root comes in. Each is closed by one file, and whether it is closed is asked of the one who
 * guards it, since both read over a file that they can't use.
 */

#define BC_DOORS 2
#define BC_DOOR_GROUP "bioconsent-enroll" /* whoever acts with it may enroll; nobody is in it */

enum bc_door_state { BC_DOOR_OPEN, BC_DOOR_UNPROVEN, BC_DOOR_CLOSED };

struct bc_door {
    const char *name;
    const char *folder;  /* where its file goes */
    const char *file;
    int (*prepare)(void); /* what the file needs; 0 on success */
    void (*undo)(void);
    void (*reload)(void);
    enum bc_door_state (*probe)(const char **detail); /* needs root */
};

extern const struct bc_door bc_doors[BC_DOORS];

/* "open", "unproven", "closed". */
const char *bc_door_state_name(enum bc_door_state s);

#define BC_GROUPS_MAX 64

/* Our supplementary groups while we act with another one. */
struct bc_groups {
    int count; /* -1: nothing to put back */
    gid_t group[BC_GROUPS_MAX];
};

/* Makes this the only supplementary group, of us and of what we start, until bc_groups_restore. 1, or 0
 * with the groups as they were. */
int bc_groups_take(gid_t group, struct bc_groups *saved);
void bc_groups_restore(const struct bc_groups *saved);

/* The user polkitd, or root where there is none. */
uid_t bc_door_polkit_user(void);

#endif
