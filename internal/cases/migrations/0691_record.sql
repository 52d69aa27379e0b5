-- Expand. What belongs to a case: parties beside the first, tasks, units that were asked, why cases belong together, and when their content was erased.
create table cases_parties (
    case_id  text not null,
    number   bigint not null,               -- from 1
    person   text not null,                 -- pseudonym
    sector   text not null,
    role     text not null,                 -- guardian, representative or interested
    mandate  bytea not null,                -- sealed: on what it rests
    from_at  bigint not null,
    to_at    bigint not null default 0,     -- from then on the person sees and does nothing; 0 for no end
    added_by text not null,                 -- account of an officer
    ended_by text not null default '',
    primary key (case_id, number)
);
create index cases_parties_person on cases_parties (person, case_id);

create table cases_tasks (
    id      text primary key,
    case_id text not null,
    body    text not null,
    unit    text not null default '',
    officer text not null default '',       -- account; empty for whoever of the unit takes it
    what    bytea not null,                 -- sealed
    due     text not null default '',       -- civil day
    at      bigint not null,
    made_by text not null,
    done_at bigint not null default 0,
    done_by text not null default '',       -- empty where the end of the case ended it
    word    bytea                           -- sealed: what came of it
);
create index cases_tasks_case on cases_tasks (case_id, id);
create index cases_tasks_open on cases_tasks (due, id) where done_at = 0;

create table cases_consulted (
    case_id  text not null,
    body     text not null,
    unit     text not null,
    by_whom  text not null,                 -- account of an officer
    at       bigint not null,
    ended_at bigint not null default 0,
    primary key (case_id, body, unit)
);

alter table cases_links add column account text not null default '';   -- of the officer who linked; empty where the program did
alter table cases_links add column before text not null default '';    -- JSON: status and clock that the case had, to go back to
alter table cases_links add column undone_by text not null default '';
alter table cases_cases add column tasks bigint not null default 0;      -- open ones
alter table cases_cases add column reduced_at bigint not null default 0; -- when its content was erased
create index cases_cases_retained on cases_cases (kind, ended_at) where ended_at > 0 and reduced_at = 0;
