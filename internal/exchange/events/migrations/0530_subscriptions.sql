-- Who reads the stream of this node, and how far. Several nodes of a member may
-- share these tables; each carries its own subscriptions.
create table exchange_subscriptions (
    id           text primary key,
    node         text not null,           -- that carries it
    subsystem    text not null,           -- for which it was made
    system       text not null,           -- name of the system that made it
    filter       text not null,           -- JSON
    webhook      text not null,           -- where events are sent; empty when they are fetched
    secret       bytea not null,          -- that signs a webhook; empty without one
    state        text not null,           -- 'active' or 'stopped'
    version      bigint not null,         -- grows when somebody else than its worker changes it
    place        text not null,           -- reached; empty before the first event
    created      bigint not null,         -- microseconds, like the instants below; 0 for never
    delivered    bigint not null,         -- events
    delivered_at bigint not null,
    attempts     bigint not null,         -- that failed, with the event behind the place
    retry_at     bigint not null,         -- not before
    fault        text not null,           -- code of what is wrong; empty when nothing is
    fault_at     bigint not null          -- since when
);
create index exchange_subscriptions_node on exchange_subscriptions (node, id);

-- Events that a subscriber did not take.
create table exchange_dead (
    subscription text not null,
    event_id     text not null,           -- by which the subscriber knows the event
    event        text not null,           -- the CloudEvent as JSON
    reason       text not null,           -- code
    attempts     bigint not null,
    at           bigint not null,         -- microseconds: put aside
    due          bigint not null,         -- 1 to try it again
    primary key (subscription, event_id)
);
create index exchange_dead_at on exchange_dead (subscription, at, event_id);
