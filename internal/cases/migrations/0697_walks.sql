-- Expand. What waits for a second officer is found without reading what is open, and what a leader sees of the last weeks is
-- kept added up: over the weeks once a day, and what happens since is added to it with the other sums.
create index cases_cases_draft on cases_cases (due, id) where ended_at = 0 and draft <> '';
create index cases_sums_weeks on cases_sums (week, what, value, unit, service, kind, place, body, n);
create table cases_quarter (
    day     text not null,                      -- on which it was added up
    body    text not null,
    unit    text not null,
    service text not null,
    kind    text not null,
    place   text not null,
    what    text not null,                      -- as in cases_sums
    value   text not null,
    n       bigint not null,
    primary key (day, body, unit, service, kind, place, what, value)
);
