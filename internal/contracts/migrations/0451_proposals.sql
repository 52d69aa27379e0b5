-- a proposal: one contract on its way from being asked for to being in force
CREATE TABLE registry_proposals (
	id       text PRIMARY KEY,
	contract text NOT NULL,
	text     text NOT NULL, -- the note as it is signed so far
	digest   text NOT NULL, -- SHA-256 of the contract's text, hex
	author   text NOT NULL, -- side that wrote the text
	state    text NOT NULL,
	step     bigint NOT NULL,
	version  bigint NOT NULL,
	waits    bigint NOT NULL, -- 1 while somebody here has to do something
	peer     text NOT NULL, -- the other member; empty when both sides are here
	reason   text NOT NULL,
	opened   bigint NOT NULL,
	changed  bigint NOT NULL
);
CREATE INDEX registry_proposals_list ON registry_proposals (waits, id);
CREATE INDEX registry_proposals_state ON registry_proposals (state, id);
CREATE INDEX registry_proposals_contract ON registry_proposals (contract, id);
-- every act of either side, in order
CREATE TABLE registry_steps (
	proposal text NOT NULL,
	n        bigint NOT NULL,
	act      text NOT NULL,
	side     text NOT NULL,
	officer  text NOT NULL, -- account here; empty for the other side's
	reason   text NOT NULL,
	letter   text NOT NULL, -- signed note
	at       bigint NOT NULL,
	PRIMARY KEY (proposal, n)
);
-- what has to be brought to somebody: a letter to the other side, or a
-- statement to the registry
CREATE TABLE registry_errands (
	id       text PRIMARY KEY,
	kind     text NOT NULL,
	proposal text NOT NULL, -- empty for what belongs to none
	n        bigint NOT NULL,
	peer     text NOT NULL,
	body     text NOT NULL,
	due      bigint NOT NULL,
	tries    bigint NOT NULL DEFAULT 0,
	fault    text NOT NULL DEFAULT '',
	given    bigint NOT NULL
);
CREATE INDEX registry_errands_due ON registry_errands (due);
CREATE INDEX registry_errands_proposal ON registry_errands (proposal, id);
