-- Expand. Every matter is a case.
create table cases_cases (
    id         text primary key,
    number     text not null unique,            -- for people
    kind       text not null,                   -- of the pack
    matter     text not null unique,            -- digest of kind, what it is about and for whom: one matter, one case
    service    text not null default '',        -- public service that it is about
    occasion   text not null default '',        -- what in somebody's life it belongs to: cases of one birth have the same
    person     text not null default '',        -- pseudonym of the party; empty while nobody is known
    sector     text not null default '',        -- of the pseudonym
    status     text not null,
    phase      text not null,
    visibility text not null,
    body       text not null,                   -- who answers for it
    unit       text not null default '',
    officer    text not null default '',        -- account of whoever has taken it
    place      text not null default '',
    channel    text not null,                   -- how it came
    opened_at  bigint not null,
    entered_at bigint not null,                 -- since when it has this status
    ended_at   bigint not null default 0,       -- 0 until it has an outcome
    clock      text not null default '',        -- JSON; empty where no term runs
    due        bigint not null,                 -- instant at which the term has ended; far away where none runs
    version    bigint not null
);
create index cases_cases_queue on cases_cases (due, id) where ended_at = 0;
create index cases_cases_person on cases_cases (person, id) where person <> '';
create index cases_cases_occasion on cases_cases (occasion) where occasion <> '';
create index cases_cases_ended on cases_cases (ended_at, id) where ended_at > 0;

-- What was done with a case, in order. Rows are added and never changed.
create table cases_steps (
    case_id text not null,
    number  bigint not null,                    -- from 1
    at      bigint not null,
    by_whom text not null,                      -- party, officer, rule or clock
    account text not null default '',           -- of an officer
    status  text not null,                      -- in which the case is after it
    why     bytea,                              -- sealed; null where nothing was said
    primary key (case_id, number)
);

-- Who answered for a case since when. Rows are added and never changed.
create table cases_custody (
    case_id text not null,
    number  bigint not null,                    -- from 1
    body    text not null,
    unit    text not null default '',
    reason  text not null default '',           -- code, in words of the room
    at      bigint not null,
    primary key (case_id, number)
);

-- What told of a matter.
create table cases_heard (
    case_id text not null,
    source  text not null,                      -- digest of the event, the form or the message
    at      bigint not null,
    primary key (case_id, source)
);

create table cases_messages (
    id      text primary key,
    case_id text not null,
    thread  text not null,                      -- party, bodies or internal
    by_whom text not null,
    account text not null default '',
    said    bytea not null,                     -- sealed
    at      bigint not null,
    read_at bigint not null default 0
);
create index cases_messages_case on cases_messages (case_id, id);

create table cases_links (
    case_id text not null,
    other   text not null,
    kind    text not null,                      -- follows, duplicate, merged, split, caused-by, implements
    at      bigint not null,
    undone_at bigint not null default 0,
    primary key (case_id, other, kind)
);
create index cases_links_other on cases_links (other);
