-- What the member's systems published, to know it when it comes again.
create table exchange_published (
    source text not null,
    id     text not null,
    digest bytea not null,            -- SHA-256 of the event as its maker wrote it
    at     bigint not null,           -- microseconds
    primary key (source, id)
);
create index exchange_published_at on exchange_published (at);
