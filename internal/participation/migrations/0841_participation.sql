-- Expand. What people raised, as far as it goes beyond the case; what of it is public; who supports it; how the answer was rated.
create table participation_voices (
    case_id      text primary key,            -- of cases
    number       text not null unique,        -- of the case
    kind         text not null,
    person       text not null,               -- pseudonym of whoever raised it, in the sector of receipts
    place        text not null default '',    -- code; empty for none
    raised       bytea not null,              -- sealed: subject and text as they were raised
    agreed       bigint not null default 0,   -- 1: whoever raised it lets it be published
    at           bigint not null,
    subject      text not null default '',    -- as published
    body         text not null default '',    -- as published
    answer       text not null default '',    -- as published
    published_at bigint not null default 0,   -- 0: not public
    officer      text not null default '',    -- account that published it
    supports     bigint not null default 0    -- rows of participation_supports, for lists
);
create index participation_voices_public on participation_voices (published_at, case_id) where published_at > 0;
create index participation_voices_public_kind on participation_voices (kind, published_at, case_id) where published_at > 0;

create table participation_supports (
    case_id text not null,
    person  text not null,                    -- pseudonym in the sector of receipts
    at      bigint not null,
    primary key (case_id, person)
);

create table participation_reached (          -- thresholds, each once
    case_id  text not null,
    supports bigint not null,
    at       bigint not null,
    primary key (case_id, supports)
);

create table participation_ratings (
    case_id text primary key,
    kind    text not null,
    stars   bigint not null,                  -- 1 to 5
    words   bytea not null,                   -- sealed; empty for none
    at      bigint not null
);
create index participation_ratings_kind on participation_ratings (kind, at);
