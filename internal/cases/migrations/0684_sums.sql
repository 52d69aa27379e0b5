-- Expand: how much work there is, in numbers. What happens to a case is appended, and folded into sums now and then.
create table cases_counted (
    id      text primary key,                   -- in the order of time
    week    text not null,                      -- its Monday; empty for what is true of all time
    body    text not null,
    unit    text not null,
    service text not null,
    kind    text not null,
    place   text not null,
    what    text not null,                      -- open, begun, ended, late or days
    value   text not null,                      -- status of what ended; how many days it took
    n       bigint not null
);
create table cases_sums (
    week    text not null,
    body    text not null,
    unit    text not null,
    service text not null,
    kind    text not null,
    place   text not null,
    what    text not null,
    value   text not null,
    n       bigint not null,
    primary key (week, body, unit, service, kind, place, what, value)
);
insert into cases_sums (week, body, unit, service, kind, place, what, value, n)
    select '', body, unit, service, kind, place, 'open', '', count(*) from cases_cases where ended_at = 0 group by body, unit, service, kind, place;
create index cases_cases_late on cases_cases (body, unit, service, kind, place) where ended_at = 0 and alarm in ('over', 'escalated');
