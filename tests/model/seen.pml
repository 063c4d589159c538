/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check, record, answer: what a host has seen (lib/store/last-seen.c), for helpers that decide at once
 * (compare_seen in tools/bioconsentd/gate.c) and writers that commit (lib/store/transaction.c). Any of them may be killed at
 * any moment, and stopped for as long as one likes: slow is what every process here may be.
 *
 * An attacker puts another validly signed store, older, newer or a fork, in the place of data.mdb by
 * rename(2) at any moment, as a replica's rsync does too, and another lock file beside it. Then the
 * store's lock excludes no attacker, and a process that opens the store may find any checkpoint that was ever
 * signed; so the model leaves the lock out and gives any checkpoint to anybody. With NO_REPLACEMENT
 * nobody does, and there are the one store and its lock (without the turnstile: see lock.pml).
 *
 * The property: who begins after some helper answered "allow" on a checkpoint never answers "allow" on
 * an older one or on a fork of it. Who began before may: the two decisions overlapped.
 *
 * Without -D this is the protocol: a process that finds a newer checkpoint takes a lock in the state folder,
 * exclusively, and records if what is seen is still what it compared with; else a helper compares
 * again, and a writer leaves it to the next helper. The kernel drops the lock of a process that is
 * killed. While one stands still with it, those who have something to record are refused
 * (BC_NOT_RECORDED), nobody is let in, and the others answer as before.
 *
 * RECORD_WITHOUT_LOCK compares once and records. It is wrong, unless nothing but a commit under the
 * store's lock changes the store.
 */

#ifndef HELPERS
#define HELPERS 2
#endif
#ifndef WRITERS
#define WRITERS 1
#endif

#define BIT(p) (1 << (p))
#define ME BIT(me)

/* Checkpoints: 1, 2 and 3 are one log; FORK has the size of 2 and extends 1. 0: none. */
#define FORK 4
#define extends(old, c) ((old) == (c) || (old) <= 1 || ((old) == 2 && (c) == 3))

byte seen;                  /* the file seen: read and replaced as a whole */
byte state_lock;            /* who holds the lock in the state folder */
byte answered;              /* bit n: a process answered "allow" on checkpoint n; all extend 1 */
byte dead;

#ifdef NO_REPLACEMENT
byte store = 1;
byte snapshot_shared, snapshot_exclusive, writer_exclusive;
#define let_go_of_store(who) \
    snapshot_shared = snapshot_shared & ~(who); \
    snapshot_exclusive = snapshot_exclusive & ~(who); \
    writer_exclusive = writer_exclusive & ~(who);
#define read_store() c = store
#else
#define let_go_of_store(who)
#define read_store() select(c : 1 .. FORK)
#endif
#define let_go(who) let_go_of_store(who) state_lock = state_lock & ~(who)

#define not_older(begun, c) \
    ((!(begun & BIT(2)) || extends(2, c)) && (!(begun & BIT(3)) || extends(3, c)) && \
     (!(begun & BIT(FORK)) || extends(FORK, c)))

inline die(p)
{
    d_step { dead = dead | BIT(p); let_go(BIT(p)) }
}

inline answer_allow()
{
    d_step {
        assert(not_older(begun, c));
        if
        :: c > 1 -> answered = answered | BIT(c)
        :: else
        fi
    }
}

/* bc_file_write: the new file is there as a whole, or it is not and the caller knows. */
inline record(otherwise, changed)
{
#ifndef RECORD_WITHOUT_LOCK
    if
    :: atomic { !state_lock -> state_lock = ME }
    :: state_lock -> goto otherwise
    fi;
#ifndef COMPARE_ONCE
    if
    :: seen != old -> state_lock = state_lock & ~ME; goto changed
    :: seen == old
    fi;
#endif
#endif
    if
    :: seen = c
    :: goto otherwise
    fi;
    state_lock = state_lock & ~ME
}

/* Each round stands for a new process. */
proctype helper(byte me)
{
    byte begun;             /* what had been answered when this one began */
    byte c, old;
again:
    {
        begun = answered;
#ifdef NO_REPLACEMENT
        if
        :: atomic { !snapshot_exclusive -> snapshot_shared = snapshot_shared | ME }
        :: snapshot_exclusive -> goto refuse                /* BC_ERR_BUSY */
        fi;
#endif
        /* The map is of one file: a rename changes nothing in it. */
        atomic { read_store() };
compare:
        old = seen;
        if
        :: !extends(old, c) -> goto refuse                  /* BC_ROLLED_BACK, BC_FORKED */
        :: old == c -> goto allow
        :: extends(old, c) && old != c
        fi;
#ifdef ANSWER_FIRST
        answer_allow();
#endif
        record(refuse, compare);
#ifdef ANSWER_FIRST
        goto refuse;
#endif
allow:
        skip;
        answer_allow();
refuse:
        atomic { let_go(ME); begun = 0; c = 0; old = 0 };
        goto again
    } unless {
        atomic { (dead & ME) -> dead = dead & ~ME; begun = 0; c = 0; old = 0; goto again }
    }
}

/* bc_transaction_open, appending, bc_transaction_commit. */
proctype writer(byte me)
{
    byte c, old;
again:
    {
#ifdef NO_REPLACEMENT
        atomic { !writer_exclusive -> writer_exclusive = ME };
#endif
        atomic { read_store() };
        old = seen;
        if
        :: !extends(old, c) || c >= 3 -> goto close         /* refused, or the model's log is full */
        :: extends(old, c) && c < 3 -> c++
        fi;
#ifdef NO_REPLACEMENT
        atomic { !snapshot_exclusive && !snapshot_shared -> snapshot_exclusive = ME };
        store = c;
        snapshot_exclusive = 0;
#endif
        /* The commit stands by now. If this does not record it, the next helper does. */
#ifdef WRITER_COMPARES_NOT
        seen = c;
#else
        record(close, close);
#endif
close:
        atomic { let_go(ME); c = 0; old = 0 };
        goto again
    } unless {
        atomic { (dead & ME) -> dead = dead & ~ME; c = 0; old = 0; goto again }
    }
}

proctype killer()
{
    byte p;
end:
    do
    :: atomic {
        select(p : 0 .. HELPERS + WRITERS - 1);
        if
        :: !(dead & BIT(p)) -> die(p)
        :: else
        fi;
        p = 0
       }
    od
}

init {
    byte i;
    atomic {
        do
        :: i < HELPERS -> run helper(i); i++
        :: i >= HELPERS && i < HELPERS + WRITERS -> run writer(i); i++
        :: else -> break
        od;
        run killer()
    }
}
