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

// sealBy is when the job takes over from the call that made the decision.
const sealBy = 5 * time.Second

// sealers is how many jobs seal at once: they come only after those who decided
// have failed to.
const sealers = 4

// sealWait is how long a person waits for the seal.
const sealWait = 10 * time.Second

// sealNow seals at once, so that the person sees a sealed decision. Should it
// fail, the job does it.
func (r *Room) sealNow(ctx context.Context, decision string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealWait) // the decision stands, whether or not the person still waits
	defer cancel()
	err := r.seal(ctx, decision, func(ctx context.Context, save func(context.Context, *storage.Tx) error) error {
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if _, err := r.later.seal.Remove(ctx, tx, decision); err != nil {
				return err
			}
			return save(ctx, tx)
		})
	})
	if err != nil {
		r.Log.WarnContext(ctx, "decision is sealed later", slog.String("decision", decision), slog.Any("error", err))
	}
}

// seal puts the content of a decision into the journal and keeps only its
// place there. Two that seal the same decision wait for each other. A process
// that dies between the two leaves an entry that nobody was told of; the job
// then seals again. That is harmless: both entries hold the same decision byte
// for byte, and the row names one of them. The end is a transaction that also
// ends the job.
func (r *Room) seal(ctx context.Context, decision string, end func(context.Context, func(context.Context, *storage.Tx) error) error) error {
	unlock := r.sealing.lock(decision)
	defer unlock()
	d, err := r.decisionWhere(ctx, "id", decision)
	if err != nil {
		return err
	}
	if d.index < 0 {
		meta, err := proof.Content{Decision: proof.Decision{ID: d.id}}.Meta()
		if err != nil {
			return err
		}
		s, err := r.service(d.service)
		if err != nil {
			return err
		}
		subjects, err := r.subjectsOf(s.Sector, d.person)
		if err != nil {
			return err
		}
		decided := journal.Entry{Kind: decisionKind, ID: d.id, At: d.madeAt, Subjects: subjects, Meta: meta, Body: []byte(d.content)}
		behind, err := r.matterOf(ctx, d, decided)
		if err != nil {
			return err
		}
		stamps, err := r.Journal.AppendAll(ctx, decided, behind)
		if err != nil {
			return fmt.Errorf("seal decision %s: %w", d.id, err)
		}
		d.index = stamps[0].Index
	}
	return end(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update services_decisions set log_index = $1, content = '' where id = $2 and log_index < 0`, d.index, decision)
		return err
	})
}
