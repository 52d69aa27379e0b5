-- Expand: letters that went out and can be answered, and mail that came in.
create table mailbox_sent (
    ref text primary key,            -- the first half of the token
    notice text not null,
    person text not null,            -- pseudonym; empty where it went to nobody in particular
    thread text not null,            -- where an answer belongs; empty where there is none
    sent_at bigint not null
);

create table mailbox_mails (
    id text primary key,
    digest text not null unique,     -- of the bytes and the recipients
    source text not null,            -- smtp, lmtp, or imap: and the name of a mailbox
    envelope text not null,          -- JSON: sender and recipients
    size bigint not null,            -- bytes
    arrived_at bigint not null,
    state text not null,             -- arrived, filed, held, noted, dismissed
    kind text not null default '',   -- what the mail is
    sign text not null default '',   -- a code: by what that was known, or why it is held
    thread text not null default '',
    said text not null default '',   -- digest of sender, id and words, to know them again
    summary text not null default '',-- JSON, while it is held: what the person who decides reads
    settled_at bigint not null default 0,
    settled_by text not null default '',
    reason text not null default '', -- why it was dismissed
    kept bigint not null default 1   -- 1 while the original is in the store
);
create index mailbox_mails_list on mailbox_mails (state, arrived_at, id);
create index mailbox_mails_thread on mailbox_mails (thread, said) where thread <> '';
create index mailbox_mails_old on mailbox_mails (settled_at, id) where kept = 1 and state in ('noted', 'dismissed');

-- How far a mailbox of others was read.
create table mailbox_collected (
    mailbox text primary key,        -- its name in the configuration
    validity bigint not null,        -- UIDVALIDITY
    last bigint not null             -- the highest UID that was taken
);
