-- Expand: channels beside e-mail, what a person chose, and the day on which a document was delivered.
alter table notify_addresses add column gone_at bigint not null default 0; -- nobody is reached there, since this instant
alter table notify_notices add column serves text not null default '';     -- document that it tells of, see notify_served
create table notify_preferences (
    person  text primary key,                  -- pseudonym
    channel text not null,                     -- that is taken first
    content text not null,                     -- nothing, matter or whole
    bulk    boolean not null                   -- whether mailings are wanted
);
-- Documents with whose delivery a term begins.
create table notify_served (
    document text primary key,                 -- the case that was decided
    person   text not null,
    notice   text not null,                    -- that tells of it
    channel  text not null default '',         -- on which that went; empty until it did
    sent_at  bigint not null default 0,        -- when it went; 0 until it did, and again when it came back
    fault    text not null default '',         -- why nobody was reached; empty while that may still happen
    day      text not null default '',         -- of delivery; empty until it is known
    how      text not null default '',         -- opened, handed or collected
    account  text not null default ''          -- of the officer who wrote it down
);
create index notify_served_notice on notify_served (notice);
create index notify_served_missing on notify_served (document) where day = '' and fault <> '';
