-- what an assessment that waits has learned, so that no question is put twice
ALTER TABLE services_assessments ADD COLUMN progress text NOT NULL DEFAULT '';
