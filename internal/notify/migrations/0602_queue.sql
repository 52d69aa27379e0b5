-- Deliveries that wait are jobs in the queue of the node; the table keeps what
-- became of each. Expand: the jobs of those that wait are added. Contract: claim is
-- not written any more and is dropped with a later release, so that the binary of
-- before can still be started on this database.
insert into work_jobs (queue, ref, job, line, place, lane, added, due, put, tries)
	select 'notify.mail', notice || '/' || channel,
		'{"notice":"' || replace(replace(notice, '\', '\\'), '"', '\"') || '","channel":"' || channel || '","lane":' || lane || '}',
		'', created_at, lane, created_at, case when claim = '' then due_at else created_at end, created_at, attempts
	from notify_deliveries where state = 'queued'
	on conflict (queue, ref) do nothing;
drop index notify_deliveries_due;
drop index notify_deliveries_next;
drop index notify_deliveries_claim;
