-- Expand: what a clock does by itself.
alter table cases_cases add column answer text not null default '';     -- JSON: clock of the party's term in this status; empty where none runs
alter table cases_cases add column ends bigint not null default 0;      -- first late instant of the clock that ran last
alter table cases_cases add column mark bigint not null default 0;      -- when the clock does something next; far away for never, 0 while not worked out
alter table cases_cases add column told bigint not null default 0;      -- the latest of what it did about that end
alter table cases_cases add column alarm text not null default '';      -- what it raised: reminded, over or escalated; empty for nothing
create index cases_cases_unmarked on cases_cases (id) where mark = 0 and ended_at = 0;
create index cases_cases_alarm on cases_cases (alarm, due, id) where alarm <> '' and ended_at = 0;
