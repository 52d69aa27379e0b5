-- the hashes that the tree stores, in the order of tlog.StoredHashIndex: each
-- row holds up to 256 of them, from number first on
CREATE TABLE registry_hashes (
	first  bigint PRIMARY KEY,
	hashes bytea NOT NULL
);
-- two checkpoints that the authority signed and that exclude each other
CREATE TABLE registry_fork (
	id     bigint PRIMARY KEY,
	ours   text NOT NULL,
	theirs text NOT NULL,
	at     bigint NOT NULL
);
