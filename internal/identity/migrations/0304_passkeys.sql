-- Expand: keys that people hold, the second factor beside an electronic identity.
create table identity_passkeys (
    id text primary key,               -- SHA-256 of what the key calls itself, hexadecimal
    owner text not null,               -- keyed digest of whom it is of
    sealed bytea not null,             -- its public half and its counter
    added_at bigint not null,
    used_at bigint not null            -- 0 while it was not used
);
create index identity_passkeys_owner on identity_passkeys (owner);
