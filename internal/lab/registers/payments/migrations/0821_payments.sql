-- Accounts of persons, and what was granted to them.
create table payments_accounts (
	person  text primary key, -- pseudonym of sector register
	account text not null     -- 18 digits
);

create table payments_grants (
	person   text not null,   -- pseudonym of sector register
	service  text not null,   -- id of the public service
	birth    text not null,   -- reference in the civil register
	decision text not null,   -- id, of the decision that granted it
	noted_at bigint not null, -- microseconds
	primary key (person, service, birth)
);
