-- Sessions. The token is with the browser only; what the row says about the
-- person is sealed with it.
create table identity_sessions (
    token_hash text primary key,     -- SHA-256 of the token, hexadecimal
    account_hash text not null,      -- SHA-256 of issuer and subject, to end all sessions of an account
    sealed bytea not null,           -- account, name, pseudonyms, time of authentication
    ends_at bigint not null,         -- when it ends unless it is used again
    last_at bigint not null          -- when it ends at the latest
);
create index identity_sessions_ends_at on identity_sessions (ends_at);
create index identity_sessions_account on identity_sessions (account_hash);

-- Sign-ins that were finished, until their state expires by itself: none works twice.
create table identity_finished (
    state_hash text primary key,
    ends_at bigint not null
);
create index identity_finished_ends_at on identity_finished (ends_at);

-- The key that seals the cookie of a sign-in under way; all replicas share it.
create table identity_keys (
    name text primary key,
    key bytea not null
);
