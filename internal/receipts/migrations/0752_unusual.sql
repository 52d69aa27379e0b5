-- Expand. What officers of this body looked at, as far as it is needed to see what is unusual:
-- each has its receipt in the journal. Usual looks are forgotten after some days.
create table looks_noted (
    id      text primary key,          -- of the entry in the journal that is the receipt
    account text not null,             -- who looked
    person  text not null,             -- at whose data: a pseudonym of the sector of receipts
    service text not null,             -- public service in which it was
    matter  text not null,             -- "offer ID", "decision ID", "referral ID"
    at      bigint not null,           -- microseconds since 1970, like all instants here
    day     text not null,             -- of at, at home
    why     text not null default '',  -- what is unusual about it, each reason by its code; empty for nothing
    said    text not null default '',  -- how whoever looked explains it
    said_at bigint not null default 0
);
create index looks_noted_day on looks_noted (account, day);
create index looks_noted_unusual on looks_noted (id) where why <> '';
create index looks_noted_at on looks_noted (at);
