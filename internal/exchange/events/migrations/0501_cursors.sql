CREATE TABLE exchange_cursors (
	contract text PRIMARY KEY,
	seq      bigint NOT NULL
);
