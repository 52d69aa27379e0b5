-- Expand. What an officer has decided, for as long as it can be taken back or waits for a second officer. Rows stay.
create table cases_drafts (
    id        text primary key,
    case_id   text not null,
    to_status text not null,
    account   text not null,                    -- of the officer who decided
    why       bytea,                            -- sealed; null where nothing was said
    given     bytea,                            -- sealed: what the room of the kind does with it; null for nothing
    at        bigint not null,
    holds_at  bigint not null default 0,        -- from when it holds; 0 while it waits for a second officer
    second    text not null default '',         -- account of the officer who confirmed or returned it
    said      bytea,                            -- sealed: why it was returned; null where it was not
    state     text not null,                    -- undoable, second, sealing; held, undone, returned, overtaken
    ended_at  bigint not null default 0
);
create unique index cases_drafts_open on cases_drafts (case_id) where ended_at = 0;
create index cases_drafts_case on cases_drafts (case_id, id);
alter table cases_cases add column draft text not null default ''; -- state of the open one
