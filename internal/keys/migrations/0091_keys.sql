-- Expand: secrets that all nodes on this database share.
create table keys_shared (
    name text primary key,
    key  bytea not null,                -- 32 random bytes
    made bigint not null                -- microseconds since 1970
);
