CREATE TABLE looks_questions (
	id          text PRIMARY KEY,
	person      text NOT NULL,
	look        text NOT NULL,
	question    text NOT NULL,
	asked_at    bigint NOT NULL,
	answer      text NOT NULL DEFAULT '',
	answered_at bigint NOT NULL DEFAULT 0,
	answered_by text NOT NULL DEFAULT ''
);
CREATE INDEX looks_questions_person ON looks_questions (person, id);
CREATE INDEX looks_questions_open ON looks_questions (answered_at, id);
