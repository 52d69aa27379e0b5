-- Who looked at whose data: what the log says, in the order in which a person wants to read it. It can be made again from the log.
create table journal_receipts (
    origin     text   not null,
    entry      bigint not null, -- index in the log
    subject    text   not null, -- pseudonym in the sector receipts
    at         bigint not null, -- microseconds, UTC
    id         text   not null,
    kind       text   not null,
    asker      text   not null,
    role       text   not null,
    holder     text   not null,
    act        text   not null,
    purpose    text   not null,
    provision  text   not null,
    fields     text   not null, -- JSON list
    matter     text   not null,
    primary key (origin, entry, subject)
);
create index journal_receipts_subject on journal_receipts (subject, at, entry, origin);

-- How far the receipts of a log have been made.
create table journal_cursors (
    origin text   not null primary key,
    next   bigint not null -- index of the first entry that was not read
);
