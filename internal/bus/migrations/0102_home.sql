-- Expand: to which stream the events of this database go. One row.
create table bus_home (
    one      bigint primary key check (one = 1),
    database text not null,             -- name of this database, made by chance; its stream says the same
    stream   text not null              -- id of the stream; empty before the first
);
