-- Events that could not be taken in stand in the one dead list. Expand: the rows of
-- bus_dead move there. Contract: bus_dead stays, empty, for one release, so that the
-- binary of before can still be started on this database; then it is dropped.
insert into work_jobs (queue, ref, job, line, place, lane, added, due, put, tries, code, fault, dead)
	select consumer || '.hear', event_id, event, '', at, 0, at, at, at, attempts, 'internal', reason, at
	from bus_dead where consumer = 'services'
	on conflict (queue, ref) do nothing;
delete from bus_dead where consumer = 'services';
