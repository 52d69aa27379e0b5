-- expand: forks that a continuation ended, and the histories that were given up
-- with them, stay known
create table registry_forks_ended (
	ended_at bigint primary key, -- instant, microseconds
	ours     text not null,      -- checkpoint that was known here, signed note
	theirs   text not null       -- checkpoint that contradicted it, signed note
);
