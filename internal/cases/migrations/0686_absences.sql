-- Expand. When an officer is away, and who sees to what they have taken. Rows stay.
create table cases_absences (
    id        text primary key,
    account   text not null,                    -- of the officer
    deputy    text not null,                    -- account of who sees to it
    from_day  text not null,
    to_day    text not null,                    -- the last
    at        bigint not null,
    undone_at bigint not null default 0         -- when the officer said that they are here after all
);
create index cases_absences_deputy on cases_absences (deputy, to_day) where undone_at = 0;
create index cases_absences_account on cases_absences (account, to_day) where undone_at = 0;
