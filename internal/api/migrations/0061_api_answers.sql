-- What was answered under an Idempotency-Key.
create table api_answers (
    name    text primary key,       -- SHA-256 of surface, account and key, in hexadecimal
    request text not null,          -- SHA-256 of method, path and body
    token   text not null,          -- names what is made by it, however often it is begun
    status  bigint not null,        -- of the answer; 0 while the request is under way
    body    bytea not null,         -- of the answer
    at      bigint not null         -- microseconds: answered, or begun
);
create index api_answers_at on api_answers (at);
