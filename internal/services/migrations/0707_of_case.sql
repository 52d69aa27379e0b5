-- Expand. What belongs to a case is found by it: the page of every case asks.
create index services_assessments_case on services_assessments (case_id);
