-- Expand: what the nodes of a member remember together of who asks them. A node that is alone on its database remembers for itself and
-- writes nothing here.
create table exchange_asked (
    key bytea  not null primary key,    -- beginning of a SHA-256 over the member that asks and the id of its request
    at  bigint not null                 -- microseconds, UTC
);
create index exchange_asked_at on exchange_asked (at);

create table exchange_counted (
    day     text   not null,            -- civil day
    account text   not null,            -- a contract; under a contract with a group, contract and client
    taken   bigint not null,            -- requests of that day
    primary key (day, account)
);
