-- Dead letters stand in the one dead list of the node. Expand: the rows move there.
-- Contract: exchange_dead stays, empty, for one release, so that the binary of
-- before can still be started on this database; then it is dropped.
insert into work_jobs (queue, ref, job, line, place, lane, added, due, put, tries, again, code, fault, dead)
	select 'events.letters', subscription || '/' || event_id, '{"subscription":"' || subscription || '","event":' || event || '}', subscription,
		at, 0, at, at, at, attempts, attempts, reason, reason, case when due = 1 then 0 else at end
	from exchange_dead where true
	on conflict (queue, ref) do nothing;
delete from exchange_dead;
