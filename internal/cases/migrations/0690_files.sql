-- Expand. Files that were added to a case; their content is in the file store, sealed.
create table cases_files (
    id        text primary key,               -- also of the blob
    case_id   text not null,
    thread    text not null,                  -- whoever sees it sees the file
    by_whom   text not null,
    account   text not null default '',       -- of an officer
    name      bytea not null,                 -- sealed
    type      text not null,                  -- by content: pdf, jpg …
    size      bigint not null,                -- of the content, in bytes
    camera    bigint not null default 0,      -- 1 when the picture carries what a camera wrote into it
    key       bytea not null,                 -- sealed, of the content; empty when it was destroyed
    at        bigint not null,
    erased_at bigint not null default 0
);
create index cases_files_case on cases_files (case_id, id);
