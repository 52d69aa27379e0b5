-- Events on their way to the stream. A published row is kept for a while, to
-- publish it again should the stream lose it.
create table bus_outbox (
    id           text primary key,      -- of the message in the stream
    position     bigint not null,       -- order of publishing
    event        text not null,         -- the CloudEvent as JSON
    published_at bigint,                -- microseconds; null while it waits
    sequence     bigint                 -- its number in the stream
);
create index bus_outbox_waiting on bus_outbox (position) where published_at is null;
create index bus_outbox_published on bus_outbox (published_at) where published_at is not null;
create index bus_outbox_sequence on bus_outbox (sequence) where sequence is not null;

-- What each consumer has handled.
create table bus_consumed (
    consumer text not null,
    event_id text not null,
    at       bigint not null,           -- microseconds
    primary key (consumer, event_id)
);
create index bus_consumed_at on bus_consumed (at);

-- What a consumer could not handle.
create table bus_dead (
    consumer text not null,
    event_id text not null,
    event    text not null,             -- the CloudEvent as JSON
    reason   text not null,             -- the last error
    attempts bigint not null,
    at       bigint not null,           -- microseconds
    primary key (consumer, event_id)
);
create index bus_dead_at on bus_dead (at, consumer, event_id);
