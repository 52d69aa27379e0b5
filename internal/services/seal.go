package services

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// decisionKind marks decisions in the journal.
const decisionKind = "decision"

const (
	// sealBy is when a decision is sealed by the round, because the call that made it
	// has not: about how long one stands unsealed after a process has died.
	sealBy = 5 * time.Second
	// sealWait is how long a person waits for the seal.
	sealWait = 10 * time.Second
	// sealMost bounds the decisions that one look of the round finds.
	sealMost = 64
)

// sealNow seals at once, so that the person sees a sealed decision, and gives the
// decision as it stands then. Should it fail, the round does it.
func (r *Room) sealNow(ctx context.Context, d storedDecision, content []byte) storedDecision {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealWait) // the decision stands, whether or not the person still waits
	defer cancel()
	unlock := r.sealing.lock(d.id)
	defer unlock()
	sealed, err := r.seal(ctx, d, content)
	if err != nil {
		r.Log.WarnContext(ctx, "decision is sealed later", slog.String("decision", d.id), slog.Any("error", err))
		return d
	}
	return sealed
}

// KeepSealed seals until ctx ends what those who decided did not get to.
func (r *Room) KeepSealed(ctx context.Context) {
	tick := time.NewTicker(sealBy)
	defer tick.Stop()
	for {
		if err := r.SealLeft(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "decisions are sealed later", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// SealLeft seals the decisions that have waited for it too long. The row itself says
// that it waits, so there is no job to add and to end for each decision. The first
// that cannot be sealed ends the look: what is in its way is in the way of all.
func (r *Room) SealLeft(ctx context.Context) error {
	for {
		rows, err := r.DB.Read(ctx).QueryContext(ctx, `select id from services_decisions where log_index < 0 and made_at <= $1 order by made_at limit $2`, storage.Micros(r.Now().Add(-sealBy)), sealMost)
		left, err := storage.All(rows, err, func(scan storage.Scan) (id string, err error) { return id, scan(&id) })
		if err != nil {
			return fmt.Errorf("find what is not sealed: %w", err)
		}
		for _, decision := range left {
			if err := r.sealLater(ctx, decision); err != nil {
				return err
			}
		}
		if len(left) < sealMost {
			return nil
		}
	}
}

// sealLater seals a decision unless somebody has. Two that seal the same decision
// wait for each other.
func (r *Room) sealLater(ctx context.Context, decision string) error {
	unlock := r.sealing.lock(decision)
	defer unlock()
	d, err := r.decisionWhere(ctx, "id", decision)
	if err != nil || d.index >= 0 {
		return err
	}
	content, err := r.written(ctx, d)
	if err != nil {
		return err
	}
	_, err = r.seal(ctx, d, content)
	return err
}

// seal puts the content of a decision into the journal and notes its place there. A
// process that dies between the two leaves an entry that nobody was told of; the
// round then seals again, and so may another node of the member. That is harmless: all entries
// hold the same decision byte for byte, and the row names one of them.
func (r *Room) seal(ctx context.Context, d storedDecision, content []byte) (storedDecision, error) {
	meta, err := proof.Content{Decision: proof.Decision{ID: d.id}}.Meta()
	if err != nil {
		return d, err
	}
	s, err := r.service(d.service)
	if err != nil {
		return d, err
	}
	subjects, err := r.subjectsOf(s.Sector, d.person)
	if err != nil {
		return d, err
	}
	decided := journal.Entry{Kind: decisionKind, ID: d.id, At: d.madeAt, Subjects: subjects, Meta: meta, Body: content}
	behind, err := r.matterOf(ctx, d, decided)
	if err != nil {
		return d, err
	}
	stamps, err := r.Journal.AppendAll(ctx, decided, behind)
	if err != nil {
		return d, fmt.Errorf("seal decision %s: %w", d.id, err)
	}
	stamp := stamps[0]
	d.index, d.log, d.stamp = stamp.Index, r.Journal.Origin(), stamp.Bytes()
	return d, r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update services_decisions set log_index = $1, log = $2, stamp = $3, content = '' where id = $4 and log_index < 0`,
			d.index, d.log, d.stamp, d.id)
		return err
	})
}
