-- Expand. What a party says waits until an officer has read it, also where the case has ended; a message that came by mail says who wrote it.
alter table cases_cases add column unread_at bigint not null default 0; -- since when something that the party said waits to be read; 0 for nothing
create index cases_cases_unread on cases_cases (unread_at, id) where unread_at > 0;

create table cases_mail (
    mail    text primary key,                   -- id of the mail: it is in one case, once
    case_id text not null,
    message text not null,
    letter  bytea not null                      -- sealed JSON: who wrote, whether that was checked, what came with it
);
create index cases_mail_case on cases_mail (case_id);
