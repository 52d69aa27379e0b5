-- Expand. The names of those who are heard in a case, as they signed in. They are found by keyed digests of two parts
-- of a name together: a table that says nothing to whoever reads it, and finds nobody by a given name alone.
create table cases_named (
    case_id text not null,
    person  text not null,                  -- pseudonym
    name    bytea not null,                 -- sealed
    at      bigint not null,                -- when it was last said
    primary key (case_id, person)
);
create table cases_name_pairs (
    pair    text not null,                  -- keyed digest of two folded parts of the name, in the order of the alphabet
    case_id text not null,
    person  text not null,
    primary key (pair, case_id, person)
);
create index cases_name_pairs_case on cases_name_pairs (case_id);
