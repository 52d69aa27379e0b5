-- Expand: notices of one event that wait a little for each other, so that a person gets one message of it.
create table notify_together (
    notice text primary key,
    person text not null,
    event  text not null,                      -- a digest; says nothing of the event
    thread text not null default ''            -- where an answer by mail belongs
);
alter table notify_notices add column gathered_in text not null default ''; -- the message in which it went; empty where it went by itself
create index notify_together_event on notify_together (event, person);
