-- How far the database has followed a log. Expand: the binary of before does not look at it. A database that lost what it had, or a log
-- that was cut back, do not fit each other any more, and the node sees it at its start.
create table journal_marks (
    origin text   not null primary key, -- name of the log
    size   bigint not null,             -- entries of it that the database knows of
    root   text   not null,             -- root of the tree of that size, in hexadecimal
    at     bigint not null              -- microseconds, UTC; when the mark moved
);
