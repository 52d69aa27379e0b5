CREATE TABLE registry_tokens (
	id         text PRIMARY KEY,
	secret     text NOT NULL UNIQUE,
	grants     text NOT NULL,
	made_by    text NOT NULL,
	made_at    bigint NOT NULL,
	ends_at    bigint NOT NULL,
	used_at    bigint,
	used_by    text
);
