-- Expand: contacts that people confirmed, the identities that stand on a contact alone, and the codes by which both are shown.
create table identity_contacts (
    id text primary key,
    owner text not null,               -- keyed digest of whom it is of
    channel text not null,             -- email, sms
    address_hash text not null,        -- keyed digest: finds the address and does not show it
    sealed bytea not null,             -- the address
    lang text not null,                -- in which notices go to it
    added_at bigint not null,
    confirmed_at bigint not null,      -- 0 while it waits for its code
    unique (owner, channel, address_hash)
);
create index identity_contacts_address on identity_contacts (address_hash);
create index identity_contacts_waiting on identity_contacts (added_at) where confirmed_at = 0;

-- Who is known by a contact alone. A row is never deleted: what was begun under it stays somebody's.
create table identity_reached (
    id text primary key,               -- of its account
    body text not null,                -- for whom its pseudonyms stand, hexadecimal; see docs/spec/pseudonym.md
    address_hash text not null,        -- keyed digest of the address that leads to it
    owner text not null,               -- keyed digest of the person to whom it was joined; empty while it stands alone
    began_at bigint not null,
    seen_at bigint not null,           -- when the address was confirmed last
    closed_at bigint not null          -- since when the address leads to it no more; 0 while it does
);
create unique index identity_reached_address on identity_reached (address_hash) where closed_at = 0;
create index identity_reached_owner on identity_reached (owner) where owner <> '';

-- Codes that were sent. They stay for a day, so that they can be counted.
create table identity_codes (
    attempt text not null,             -- SHA-256 of what the browser holds, or of the contact that is confirmed
    made_at bigint not null,
    address_hash text not null,
    sealed bytea not null,             -- channel, address and language
    code_hash text not null,           -- keyed digest of the code; empty where none was sent, since there were too many
    tries int not null,                -- left
    ends_at bigint not null,
    primary key (attempt, made_at)
);
create index identity_codes_address on identity_codes (address_hash, made_at);
create index identity_codes_made on identity_codes (made_at);
