-- Expand. What one person raised and supported is found without reading what all did: for a copy, and for its erasure.
create index participation_voices_person on participation_voices (person, case_id);
create index participation_supports_person on participation_supports (person, case_id);
