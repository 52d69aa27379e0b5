-- Expand. What lists of a million cases walk along: the open ones of a scope by their clock, and all of a scope
-- by their age. Which is meant they say with "ended_at = 0" in so many words, since an index of a part is not
-- used for a condition whose value comes later.
create index cases_cases_queue_unit    on cases_cases (unit, due, id) where ended_at = 0;
create index cases_cases_queue_service on cases_cases (service, due, id) where ended_at = 0;
create index cases_cases_queue_kind    on cases_cases (kind, due, id) where ended_at = 0;
create index cases_cases_queue_place   on cases_cases (place, due, id) where ended_at = 0;
create index cases_cases_queue_officer on cases_cases (officer, due, id) where ended_at = 0 and officer <> '';
create index cases_cases_unit    on cases_cases (unit, id) where unit <> '';
create index cases_cases_service on cases_cases (service, id);
create index cases_cases_kind    on cases_cases (kind, id);
create index cases_cases_place   on cases_cases (place, id);
