-- Numbers that the stream gave out and no longer has, in the middle of those that
-- it has. Expand: a row of the outbox says under which number it was lost.
alter table bus_outbox add column lost bigint not null default 0;    -- 0 for never

create table bus_missing (
    stream text not null,               -- id of the stream
    number bigint not null,
    state  text not null,               -- 'again': published again; 'gone': nobody has it any more
    at     bigint not null,             -- microseconds
    primary key (stream, number)
);
create index bus_missing_at on bus_missing (at);
