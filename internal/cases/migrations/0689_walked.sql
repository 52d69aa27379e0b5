-- Expand. An index of a part is not used for a value that comes later, so these are of all; and queues are
-- cut by phase.
drop index cases_cases_unit;
drop index cases_cases_queue_officer;
create index cases_cases_unit on cases_cases (unit, id);
create index cases_cases_queue_officer on cases_cases (officer, due, id) where ended_at = 0;
create index cases_cases_queue_phase   on cases_cases (phase, due, id) where ended_at = 0;
