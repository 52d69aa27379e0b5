CREATE TABLE services_assessments (
	id       text PRIMARY KEY,
	service  text NOT NULL,
	event    text NOT NULL,
	subject  text NOT NULL,
	day      text NOT NULL,
	state    text NOT NULL,
	waits    text NOT NULL DEFAULT '',
	tries    bigint NOT NULL DEFAULT 0,
	next_try bigint NOT NULL DEFAULT 0,
	since    bigint NOT NULL,
	UNIQUE (event, service)
);
CREATE INDEX services_assessments_state ON services_assessments (state, id);

CREATE TABLE services_offers (
	id         text PRIMARY KEY,
	assessment text NOT NULL UNIQUE,
	service    text NOT NULL,
	person     text NOT NULL,
	state      text NOT NULL,
	version    bigint NOT NULL,
	day        text NOT NULL,
	subject    text NOT NULL,
	known      text NOT NULL,
	outcome    text NOT NULL,
	made_at    bigint NOT NULL,
	until      bigint NOT NULL,
	seen_at    bigint NOT NULL DEFAULT 0,
	decision   text NOT NULL DEFAULT ''
);
CREATE INDEX services_offers_person ON services_offers (person, id);
CREATE INDEX services_offers_state ON services_offers (state, id);
CREATE INDEX services_offers_until ON services_offers (state, until);

CREATE TABLE services_decisions (
	id         text PRIMARY KEY,
	code       text NOT NULL UNIQUE,
	offer      text NOT NULL UNIQUE,
	service    text NOT NULL,
	person     text NOT NULL,
	granted    boolean NOT NULL,
	made_at    bigint NOT NULL,
	content    text NOT NULL,
	log_index  bigint NOT NULL DEFAULT -1
);
CREATE INDEX services_decisions_person ON services_decisions (person, id);

CREATE TABLE services_payments (
	id       text PRIMARY KEY,
	decision text NOT NULL,
	number   bigint NOT NULL,
	count    bigint NOT NULL,
	amount   bigint NOT NULL,
	account  text NOT NULL DEFAULT '',
	due      text NOT NULL,
	state    text NOT NULL,
	file     text NOT NULL DEFAULT '',
	UNIQUE (decision, number)
);
CREATE INDEX services_payments_state ON services_payments (state, id);
CREATE INDEX services_payments_file ON services_payments (file, id);

CREATE TABLE services_payment_files (
	id          text PRIMARY KEY,
	made_at     bigint NOT NULL,
	count       bigint NOT NULL,
	sum         bigint NOT NULL,
	released_at bigint NOT NULL DEFAULT 0,
	released_by text NOT NULL DEFAULT ''
);

CREATE TABLE services_referrals (
	id         text PRIMARY KEY,
	assessment text NOT NULL,
	offer      text NOT NULL DEFAULT '',
	service    text NOT NULL,
	why        text NOT NULL,
	known      text NOT NULL,
	missing    text NOT NULL,
	since      bigint NOT NULL,
	until      bigint NOT NULL,
	open       boolean NOT NULL,
	version    bigint NOT NULL,
	ended_by   text NOT NULL DEFAULT '',
	ended_why  text NOT NULL DEFAULT ''
);
CREATE INDEX services_referrals_open ON services_referrals (open, id);
CREATE UNIQUE INDEX services_referrals_once ON services_referrals (assessment, why);

CREATE TABLE services_objections (
	person  text NOT NULL,
	service text NOT NULL,
	at      bigint NOT NULL,
	PRIMARY KEY (person, service)
);

CREATE TABLE services_work (
	kind     text NOT NULL,
	ref      text NOT NULL,
	next_try bigint NOT NULL,
	tries    bigint NOT NULL DEFAULT 0,
	owner    text NOT NULL DEFAULT '',
	PRIMARY KEY (kind, ref)
);
CREATE INDEX services_work_due ON services_work (next_try);
