-- Expand. A question to the party can be taken back as a decision can; and a message says which of several parties it is from.
alter table cases_drafts add column asked bytea;                          -- sealed: the question; null for a decision
alter table cases_messages add column party bigint not null default 0;    -- number of the party, as in cases_parties; 0 for the first, and for officers
