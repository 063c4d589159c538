/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock of lib/base/lock.c and its use in lib/store/store.c: readers that decide, writers that commit, and
 * an attacker who stops (SIGSTOP, a frozen control group) or kills any of them at any moment. check-models
 * runs it; each wrong variant is one -D.
 *
 * Time is left out. A wait that ends at a deadline may end whenever what it waits for is held. For the
 * properties of progress (LIVE) a round of the commit (HOLD_TURNSTILE_MS) ends without the lock only
 * where a stopped process is in the way, because a decision is much shorter; and "has stood still for
 * BC_LOCK_STUCK_MS" is "is stopped". Without LIVE both may happen to any reader, which is worse.
 *
 * Pages: LMDB runs with MDB_NOLOCK and knows no readers. Here transaction T overwrites, while it
 * writes and before it commits, what commit T-1 freed. LMDB itself waits one transaction more
 * (mdb_find_oldest gives T-1, and only what was freed before that is taken), so the model is stricter.
 * No numbers are needed: age[r] counts the commits since r's begin, and the pages of a reader that is
 * one commit old are spoiled by the next page that is written.
 *
 * What a stopped writer means. It holds the writer byte only: readers go on, other writers get
 * BC_ERR_BUSY. Inside the commit it holds the turnstile or the snapshot byte too: then every reader
 * gets BC_ERR_BUSY at its deadline, which is a refusal: nobody is let in, and nobody reads what is
 * half written. Only root or the service user can stop a writer. Nobody kills one: that would be
 * safe (the old meta stands until the new one is written), but it is the administrator's to do.
 *
 * How readers pass the turnstile. By default a reader only looks (F_GETLK) whether a writer holds
 * it, and takes nothing; and a writer that has waited for BC_LOCK_STUCK_MS keeps the turnstile until
 * it has killed all who stand still on the snapshot. The rounds before that, in which it opens the
 * turnstile again and again so that nobody is refused for one slow reader, change nothing and are
 * left out. With HOLD_TURNSTILE a reader takes the byte shared and drops it once it has the snapshot;
 * with DROP_TURNSTILE the writer opens it after each one that it kills. Both are safe, and let people
 * who can stop readers keep a writer from its commit for as long as they go on.
 */

#ifndef READERS
#define READERS 2
#endif
#define WRITERS 2

#define BIT(p) (1 << (p))
#define ME BIT(me)
#define W0 BIT(READERS)
#define R0 BIT(0)

/* The three bytes: who holds each, one bit for a process. Two names for what is held shared and
 * what is held exclusively. */

byte turnstile_shared, turnstile_exclusive, snapshot_shared, snapshot_exclusive, writer_exclusive;

byte stopped, dead;

byte age[READERS];
byte reading;    /* readers between mdb_txn_begin and the last page */
byte spoiled;    /* those whose pages were overwritten */
byte writing;    /* writers inside a transaction */
#ifdef LIVE
byte wants;      /* readers that wait for an answer, writers that wait to commit */
#define want() wants = wants | ME
#define done() wants = wants & ~ME
#else
#define want() skip
#define done() skip
#endif

/* The kernel lets go of all that a process held. */
inline die(p)
{
    d_step {
        dead = dead | BIT(p);
        stopped = stopped & ~BIT(p);
        turnstile_shared = turnstile_shared & ~BIT(p);
        turnstile_exclusive = turnstile_exclusive & ~BIT(p);
        snapshot_shared = snapshot_shared & ~BIT(p);
        snapshot_exclusive = snapshot_exclusive & ~BIT(p);
        writer_exclusive = writer_exclusive & ~BIT(p);
        reading = reading & ~BIT(p);
        spoiled = spoiled & ~BIT(p);
        writing = writing & ~BIT(p);
#ifdef LIVE
        wants = wants & ~BIT(p);
#endif
    }
}

inline bc_lock_release()
{
    d_step {
        turnstile_shared = turnstile_shared & ~ME;
        turnstile_exclusive = turnstile_exclusive & ~ME;
        snapshot_shared = snapshot_shared & ~ME;
        snapshot_exclusive = snapshot_exclusive & ~ME;
        writer_exclusive = writer_exclusive & ~ME;
        reading = reading & ~ME;
        spoiled = spoiled & ~ME;
        writing = writing & ~ME;
        done()
    }
}

inline use_page()
{
    assert((spoiled & ME) == 0)
}

/* One decision after the other: each stands for a new process. */
proctype reader(byte me) provided ((stopped & BIT(_pid - 1)) == 0)
{
    assert(_pid == me + 1);     /* as "provided" takes it: a parameter cannot stand there */
again:
    {
#ifdef LIVE
        want();
#endif
#ifdef NO_TURNSTILE
        skip;
#elif defined HOLD_TURNSTILE
        if
        :: atomic {
            !turnstile_exclusive -> turnstile_shared = turnstile_shared | ME
#ifdef QUICK_PASS
            /* So short that no two overlap again and again just when the writer tries; but a reader
             * can be stopped inside, or wait inside for a commit to end. */
            ;
            if
            :: !snapshot_exclusive ->
                snapshot_shared = snapshot_shared | ME;
                turnstile_shared = turnstile_shared & ~ME;
                goto in
            :: stopped = stopped | ME
            :: snapshot_exclusive
            fi
#endif
           }
        :: turnstile_exclusive -> goto busy
        fi;
#else
        if
        :: !turnstile_exclusive
        :: turnstile_exclusive -> goto busy
        fi;
#endif
        if
        :: atomic { !snapshot_exclusive -> snapshot_shared = snapshot_shared | ME }
        :: snapshot_exclusive -> goto busy
        fi;
        turnstile_shared = turnstile_shared & ~ME;
#ifdef QUICK_PASS
in:     skip;
#endif
#ifdef LET_GO_EARLY
        snapshot_shared = snapshot_shared & ~ME;
#endif
        d_step { age[me] = 0; reading = reading | ME };
        use_page();
#ifndef LIVE
        use_page();
#endif
busy:
        bc_lock_release();
        goto again
    } unless {
        atomic { (dead & ME) -> dead = dead & ~ME; goto again }
    }
}

#ifdef LIVE
/* Pages are of no concern to progress. */
#define write_page() skip
#define write_meta() skip
#else
inline write_page()
{
    d_step {
        r = 0;
        do
        :: r < READERS ->
            if
            :: (reading & BIT(r)) && age[r] > 0 -> spoiled = spoiled | BIT(r)
            :: else
            fi;
            r++
        :: else -> break
        od;
        r = 0
    }
}

/* One write of one page of the file: it is there, or it is not. */
inline write_meta()
{
    d_step {
        r = 0;
        do
        :: r < READERS ->
            if
            :: age[r] < 2 -> age[r]++
            :: else
            fi;
            r++
        :: else -> break
        od;
        r = 0
    }
}
#endif

#ifdef LIVE
#define STUCK(who) ((who) & stopped)
#else
#define STUCK(who) (who)
#endif

/* The look at who holds the snapshot, and kill_holder. */
inline kill_stuck()
{
    r = 0;
    do
    :: atomic { r < READERS && STUCK(snapshot_shared & BIT(r)) -> die(r); break }
    :: atomic { r < READERS && !(snapshot_shared & stopped & BIT(r)) -> r++ }
    :: r == READERS -> break
    od;
    r = 0
}

proctype writer(byte me) provided ((stopped & BIT(_pid - 1)) == 0)
{
    byte r;
    assert(_pid == me + 1);
again:
    {
        r = 0;
        if
#ifdef SHARED_WRITER
        :: writer_exclusive = writer_exclusive | ME
#else
        :: atomic { !writer_exclusive -> writer_exclusive = writer_exclusive | ME }
        :: writer_exclusive -> goto again     /* BC_ERR_BUSY: runs again */
#endif
        fi;
        d_step {
            writing = writing | ME;
            assert(writing == ME);
            want()
        };
        write_page();
round:
#if !defined NO_TURNSTILE
        if
        :: atomic {
            !turnstile_exclusive && !turnstile_shared -> turnstile_exclusive = ME
           }
        :: STUCK(turnstile_shared) -> goto stuck
        fi;
#endif
closed:
#if !defined NO_SNAPSHOT_FOR_COMMIT
        if
        :: atomic { !snapshot_exclusive && !snapshot_shared -> snapshot_exclusive = ME }
        :: STUCK(snapshot_shared) -> goto stuck
        fi;
#endif
        turnstile_exclusive = turnstile_exclusive & ~ME;
        write_page();                          /* mdb_txn_commit flushes, */
        write_meta();                          /* syncs, and then this counts */
        d_step { writing = writing & ~ME; done() };
        snapshot_exclusive = snapshot_exclusive & ~ME;
        bc_lock_release();
        goto again;
stuck:
#if !defined NO_KILL
        kill_stuck();
#endif
        if
#if !defined LIVE || !defined DROP_TURNSTILE
        :: turnstile_exclusive & ME -> goto closed
        :: !(turnstile_exclusive & ME) -> goto round
#endif
#if !defined LIVE || defined DROP_TURNSTILE
        :: atomic { turnstile_exclusive = turnstile_exclusive & ~ME; goto round }
#endif
#ifndef LIVE
        :: goto give_up                        /* BC_STORE_WRITER_WAIT_MS is over */
#endif
        fi;
give_up:
        bc_lock_release();
        goto again
    } unless {
        atomic { (dead & ME) -> dead = dead & ~ME; goto again }
    }
}

/* Kills anybody at any moment, and for progress stops anybody for good: what is stopped for a while
 * is, for what can go wrong, only slow, and slow is what every process may be. */
#ifdef LIVE
#define FIRST READERS    /* a reader that is killed in time is one that ends in time */
#else
#define FIRST 0
#endif
proctype adversary()
{
    byte p;
end:
    do
    :: atomic {
        select(p : FIRST .. READERS + WRITERS - 1);
        if
        :: !(dead & BIT(p)) -> die(p)
        :: else
        fi;
        p = 0
       }
#if defined LIVE && !defined NEVER_STOPPED
    :: atomic {
        select(p : 0 .. READERS + WRITERS - 1);
        if
        :: !(dead & BIT(p)) -> stopped = stopped | BIT(p)
        :: else
        fi;
        p = 0
       }
#endif
    od
}

init {
    byte i;
    atomic {
        do
        :: i < READERS -> run reader(i); i++
        :: i >= READERS && i < READERS + WRITERS -> run writer(i); i++
        :: else -> break
        od;
        run adversary()
    }
}

#ifdef LIVE
/* A process that is stopped for good is not live. */
ltl writer_commits { [] ((wants & W0) -> <> (!(wants & W0) || (stopped & W0))) }
ltl reader_answers { [] ((wants & R0) -> <> (!(wants & R0) || (stopped & R0))) }
#endif
