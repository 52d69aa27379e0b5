CREATE TABLE registry_descriptions (
	digest  text PRIMARY KEY,     -- SHA-256 of body in hex
	body    text NOT NULL,        -- as it was written
	summary text NOT NULL,        -- what it says of itself, language → text, in JSON
	own     bigint NOT NULL,      -- 1 for a service of this member, 0 for one of others, which may be fetched again
	at      bigint NOT NULL       -- when it came
);
CREATE INDEX registry_descriptions_others ON registry_descriptions (own, at);
