-- Who looked at what a contract hides from the persons concerned, and what they found.
CREATE TABLE oversight_reviews (
	id       text PRIMARY KEY,
	contract text   NOT NULL,
	at       bigint NOT NULL, -- microseconds, UTC
	account  text   NOT NULL,
	hidden   bigint NOT NULL, -- how many receipts were hidden then
	finding  text   NOT NULL
);
CREATE INDEX oversight_reviews_contract ON oversight_reviews (contract, id);
