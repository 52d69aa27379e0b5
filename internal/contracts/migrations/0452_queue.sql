-- What has to be carried stands in the queue of the node. Expand: the rows move
-- there, the letters of a proposal in their order. Contract: registry_errands
-- stays, empty, for one release, so that the binary of before can still be started
-- on this database; then it is dropped.
insert into work_jobs (queue, ref, job, line, place, lane, added, due, put, tries, code, fault)
	select 'contracts.carry', id,
		'{"kind":"' || kind || '","proposal":"' || proposal || '","peer":"' || peer || '","body":"' ||
			replace(replace(replace(body, '\', '\\'), '"', '\"'), '
', '\n') || '"}',
		case when kind = 'letter' then proposal else '' end, n, 0, given, due, given, tries, fault, fault
	from registry_errands where true
	on conflict (queue, ref) do nothing;
delete from registry_errands;
