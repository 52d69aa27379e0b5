CREATE TABLE registry_statements (
	idx  bigint PRIMARY KEY,
	body text NOT NULL
);
CREATE TABLE registry_checkpoint (
	id   bigint PRIMARY KEY,
	note text NOT NULL,
	at   bigint NOT NULL
);
