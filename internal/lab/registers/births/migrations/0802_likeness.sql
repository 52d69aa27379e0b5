-- Expand: the time of a birth decides the order of twins; what was alike or too near is recorded only when a person has checked it.
alter table civil_births add column hour text;    -- of the day of birth, "14:05"; null when not written down
alter table civil_births add column checked text; -- what the registrar checked before a doubtful entry was recorded; null when nothing was stated
