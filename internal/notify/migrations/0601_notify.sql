-- Where people can be reached, and in which language.
create table notify_addresses (
    person text not null,            -- pseudonym
    channel text not null,
    address text not null,
    lang text not null,
    primary key (person, channel)
);

create table notify_notices (
    id text primary key,             -- chosen by the sender: the same id is sent once
    person text not null,
    lane bigint not null,
    subject text not null,           -- JSON, by language
    body text not null,              -- JSON, by language
    link text not null,
    created_at bigint not null
);

create table notify_deliveries (
    notice text not null references notify_notices (id),
    channel text not null,
    state text not null,             -- queued, sent, failed
    lane bigint not null,            -- of the notice
    attempts bigint not null default 0,
    due_at bigint not null,          -- when to try next; while it is tried, when to believe that the courier died
    claim text not null default '',  -- the batch that tries it
    reason text not null default '', -- a code for the last failure; never an address
    created_at bigint not null,
    sent_at bigint not null default 0,
    primary key (notice, channel)
);
create index notify_deliveries_due on notify_deliveries (lane, due_at) where state = 'queued';
create index notify_deliveries_next on notify_deliveries (due_at) where state = 'queued';
create index notify_deliveries_claim on notify_deliveries (claim) where claim <> '';
create index notify_deliveries_list on notify_deliveries (created_at, notice);
