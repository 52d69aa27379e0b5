-- Expand. The average of a kind is that of its last ratings, which are found without reading all of them.
create index participation_ratings_last on participation_ratings (kind, at);
