-- Expand. What somebody may still do of an act that costs others something.
create table act_budgets (
    key  text primary key,           -- hash of who, and of what they do: names nobody
    whole bigint not null             -- when all of it is there again, microseconds since 1970
);
create index act_budgets_full on act_budgets (whole);
