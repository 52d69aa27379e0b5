-- Expand. What was decided is kept beside the decision, sealed under a key that all
-- nodes of the member share, so that each of them can read it, whichever of their
-- journals holds it. The column content of services_decisions stays for the rows of
-- before and for the binary of before; new rows have it empty.
create table services_contents (
    decision text primary key,        -- id of the decision
    sealed   bytea not null           -- its canonical content, compressed and sealed, bound to the id
);
alter table services_decisions add column log text not null default '';  -- name of the journal that log_index counts in; empty for that of the only node of before
alter table services_decisions add column stamp bytea;                   -- of the entry: what proves it without the journal; null for rows of before
create index services_decisions_unsealed on services_decisions (made_at) where log_index < 0;

-- Who laid a file of payments out: another has to release it. Empty for files of before.
alter table services_payment_files add column prepared_by text not null default '';
