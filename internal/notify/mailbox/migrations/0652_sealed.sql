-- Expand: of a mail, what it came in, its beginning and why it was dismissed are sealed under a key of its own, as its original is.
alter table mailbox_mails add column key bytea;    -- of this mail, itself sealed; null where the original lies as it came, or was erased
alter table mailbox_mails add column sealed bytea; -- JSON: envelope, summary and reason; null where those columns say it
create index mailbox_mails_erased on mailbox_mails (id) where kept = 1 and state = 'erased';
create index mailbox_mails_open on mailbox_mails (id) where kept = 1 and key is null and state <> 'erased';
