-- Expand: letters that were handed over to be printed, and what the post said of each.
create table notify_letters (
    number    text primary key,                -- stands on the letter; says nothing of its matter
    notice    text not null,                   -- that it carries
    handed_at bigint not null,                 -- when it was handed over
    became    text not null default '',        -- delivered, collected or returned; empty until the post says so
    day       text not null default '',        -- on which that was
    account   text not null default '',        -- of the officer who wrote it down
    told_at   bigint not null default 0        -- when
);
create index notify_letters_list on notify_letters (became, handed_at, number);
create index notify_letters_notice on notify_letters (notice);
