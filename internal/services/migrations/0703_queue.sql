-- What the room does later stands in the queue of the node. Expand: the rows move
-- there, those that somebody had claimed too, for no process of before is left to
-- end them. Contract: services_work stays, empty, for one release, so that the
-- binary of before can still be started on this database; then it is dropped.
insert into work_jobs (queue, ref, job, line, place, lane, added, due, put, tries)
	select 'services.' || kind, ref, '{}', '', next_try, 0, next_try,
		case when owner = '' then next_try else 1 end, case when owner = '' then next_try else 1 end, tries
	from services_work where true
	on conflict (queue, ref) do nothing;
delete from services_work;
