-- Expand: whose a confirmed contact is, for mail that comes from it.
alter table identity_contacts add column persons bytea; -- JSON, sealed: a pseudonym of its owner, by its sector; null for rows of before, until their owner comes again
