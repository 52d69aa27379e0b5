-- Roles that accounts hold. A row is never deleted: who held what, and when, stays known.
create table identity_grants (
    id text primary key,               -- in the order of giving
    issuer text not null,              -- identity provider: a subject is one only there
    account text not null,             -- subject at the provider
    role text not null,
    body text not null,                -- scope: a member; empty for all, as are the next four
    unit text not null,
    service text not null,
    kind text not null,
    place text not null,
    from_at bigint not null,           -- it is in force from here on
    to_at bigint not null,             -- and before here; 0 for no end
    given_by text not null,            -- account, or "configuration" for the first administrator
    given_at bigint not null,
    confirmed_by text not null,        -- the second pair of eyes, or who gave it where one pair is enough; empty while it waits
    confirmed_at bigint not null,      -- 0 while it waits
    taken_by text not null default '', -- account; empty while it is not taken
    taken_at bigint not null default 0 -- 0 while it is not taken
);
create index identity_grants_account on identity_grants (issuer, account);
create index identity_grants_role on identity_grants (issuer, role);

-- Accounts that signed in or tried to, as far as they are no residents or hold a role: those to whom an administrator may
-- want to give one. Residents are not listed anywhere.
create table identity_accounts (
    issuer text not null,
    account text not null,             -- subject at the provider
    name text not null,                -- as the provider says it
    seen_at bigint not null,           -- when it last signed in or tried to
    primary key (issuer, account)
);
create index identity_accounts_seen_at on identity_accounts (seen_at);

-- So that people recognise their sessions; 0 for those that began before this was known.
alter table identity_sessions add column began_at bigint not null default 0;
