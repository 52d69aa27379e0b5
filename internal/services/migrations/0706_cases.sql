-- Expand. What is assessed belongs to a case; the same matter told of again finds the assessment that stands.
alter table services_assessments add column case_id text not null default '';  -- empty for rows of before
create index services_assessments_subject on services_assessments (subject, service);
