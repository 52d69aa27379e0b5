-- What must happen later, in all rooms of a node. A row stands here from the
-- transaction that needs it to the one that has done it.
create table work_jobs (
    queue text not null,
    ref   text not null,              -- what the job is about; one job for each in a queue
    job   text not null,              -- what its queue needs to do it, as JSON
    line  text not null,              -- jobs of one line go one after the other; empty for none
    place bigint not null,            -- order of addition
    lane  bigint not null,            -- the lower goes first of those that are due
    added bigint not null,            -- microseconds since 1970, like all instants here
    due   bigint not null,            -- not before
    put   bigint not null,            -- when due was reckoned from the clock; 0 for an instant that stands by itself
    tries bigint not null default 0,  -- begun, the present one included
    again bigint not null default 0,  -- of these, before somebody last had it tried again
    owner text not null default '',   -- the process that does it now; empty for none
    code  text not null default '',   -- problem of the last try
    fault text not null default '',   -- its error, for engineers
    dead  bigint not null default 0,  -- put aside at this instant; 0 while it is tried
    primary key (queue, ref)
);
create index work_jobs_due on work_jobs (queue, lane, due) where owner = '' and dead = 0;
create index work_jobs_line on work_jobs (queue, line, place) where line <> '';
create index work_jobs_dead on work_jobs (dead, queue, ref) where dead > 0;

-- The processes that do jobs. Others take over what one held whose beat stands.
create table work_owners (
    owner text primary key,           -- of one run of one process
    node  text not null,              -- whose run it is
    beat  bigint not null             -- grows while the process lives and is not alone
);

-- What somebody has dropped from the dead list.
create table work_dropped (
    id     text primary key,
    queue  text not null,
    ref    text not null,
    job    text not null,
    fault  text not null,
    reason text not null,             -- in their words
    actor  text not null,             -- account of who dropped it
    at     bigint not null
);
create index work_dropped_at on work_dropped (at, id);
