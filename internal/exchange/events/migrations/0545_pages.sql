-- Expand: which numbers of the own stream hold what came from others, so that it can be
-- fetched again should the stream lose it.
create table exchange_pages (
    stream    text not null,              -- id of the own stream
    first     bigint not null,            -- number of the first event in it
    last      bigint not null,            -- of the last; between them may be others
    contract  text not null,
    node      text not null,              -- of the provider
    after     text not null,              -- the place after which the page begins at the provider
    events    bigint not null,            -- how many were taken in
    at        bigint not null,            -- microseconds
    primary key (stream, first)
);
create index exchange_pages_last on exchange_pages (stream, last);
create index exchange_pages_at on exchange_pages (at);
