-- Expand. What people ask about their own data: by which right, and the copy that was made for them. Its content is in
-- the file store, sealed; without its key nobody reads it.
create table looks_requests (
    case_id   text primary key,
    number    text not null unique,           -- of the case, for people
    person    text not null,                  -- pseudonym of the sector of receipts
    aliases   text not null default '',       -- what the person was called there as a contact, before it was joined to them
    asked     text not null,                  -- the right, as the form of the pack names it
    at        bigint not null,
    file      text not null default '',       -- name of the copy in the store
    secret    bytea,                          -- sealed: its key; null when it was destroyed or never made
    size      bigint not null default 0,      -- of the copy, in bytes
    made_at   bigint not null default 0,
    ends_at   bigint not null default 0,      -- from then on the copy is gone
    erased_at bigint not null default 0       -- when what no law keeps was erased
);
create index looks_requests_at on looks_requests (at);
