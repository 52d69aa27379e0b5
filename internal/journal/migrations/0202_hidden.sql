-- Receipts that the person concerned does not see yet, under which contract and by which provision.
alter table journal_receipts add column contract text not null default '';
alter table journal_receipts add column hidden_until bigint not null default 0; -- microseconds, UTC; 0 for never hidden
alter table journal_receipts add column hidden_by text not null default '';
create index journal_receipts_hidden on journal_receipts (hidden_until, contract);
