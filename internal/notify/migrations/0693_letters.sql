-- Expand. What was sent to a person is read by them, the newest first.
create index notify_notices_person on notify_notices (person, created_at, id);
