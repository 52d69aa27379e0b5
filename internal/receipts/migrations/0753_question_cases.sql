-- Expand. A question is a case of the body that looked; here stands which look it is about, as the person was shown
-- it. What was said before stays in the other columns until its case is begun.
alter table looks_questions add column number text not null default ''; -- of the case, for people
alter table looks_questions add column about text not null default '{}'; -- JSON
create index looks_questions_number on looks_questions (number);
