-- Who lives where. A column that is null is a fact the register does not know.
create table residence_persons (
	person       text primary key, -- pseudonym of sector register
	given_name   text not null,
	family_name  text not null,
	born         text not null,    -- civil day
	resident     boolean,          -- has residence in the country
	citizen      boolean,          -- of the country
	municipality text,             -- code, of the residence
	settlement   text,             -- code, of the residence
	since        text              -- civil day the residence began
);
