-- The civil register of births.
create table civil_births (
	id          text primary key,     -- reference that says nothing; the subject of the event
	token       text not null unique, -- of the form or message that recorded it
	child       text not null unique, -- pseudonym of sector register
	given_name  text not null,
	family_name text not null,
	sex         text not null,
	born        text not null,        -- civil day
	live        boolean not null,
	birth_order bigint,               -- among the live births of the mother; null when not known
	place       text not null,        -- code of the settlement of birth
	mother      text not null,        -- pseudonym of sector register
	mother_name text not null,
	father      text,                 -- pseudonym of sector register; null when not known
	father_name text,
	recorded_at bigint not null,      -- microseconds
	recorded_by text not null         -- account
);

create index civil_births_mother on civil_births (mother);
create index civil_births_recorded on civil_births (recorded_at, id);
