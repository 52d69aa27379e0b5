package work

import (
	"context"

	"dobosh/internal/act"
)

// settled is what the acts on a job that was put aside ask for, each a part of it.
type settled struct{ Queue, Ref, Reason string }

// Acts are what people do about jobs that were put aside: have one tried again, or
// drop it with a reason. The right is that of whoever keeps the node going, for all
// that the node does.
func (r *Runner) Acts(right act.Right, matter act.Scope) ([]act.Act, error) {
	settles := func(name, page string, do func(ctx context.Context, by act.Actor, in settled) error, more ...act.Field[settled]) func() (act.Act, error) {
		return act.Def[settled, None]{
			Name: name, Page: page, Right: right,
			Fields: append([]act.Field[settled]{
				act.OfCode("queue", func(in *settled) *string { return &in.Queue }, act.InPath()),
				act.OfLine("ref", func(in *settled) *string { return &in.Ref }, act.InPath(), act.Most(maxRef)), // others may have given it
			}, more...),
			Begin: func(ctx context.Context, by act.Actor, in *settled) error {
				if err := right.Check(by, matter); err != nil {
					return err
				}
				_, err := r.FindDead(ctx, in.Queue, in.Ref)
				return err
			},
			Do: func(ctx context.Context, by act.Actor, in settled) (None, error) {
				if err := right.Check(by, matter); err != nil {
					return None{}, err
				}
				return None{}, do(ctx, by, in)
			},
		}.Act
	}
	again, err := settles("job.try-again", "/desk/queue/{queue}/{ref}/try-again", func(ctx context.Context, _ act.Actor, in settled) error {
		return r.TryAgain(ctx, in.Queue, in.Ref)
	})()
	if err != nil {
		return nil, err
	}
	drop, err := settles("job.drop", "/desk/queue/{queue}/{ref}/drop", func(ctx context.Context, by act.Actor, in settled) error {
		return r.Drop(ctx, in.Queue, in.Ref, in.Reason, by.Account)
	}, act.OfText("reason", func(in *settled) *string { return &in.Reason }, act.Most(maxReason), act.Says("job.why"), act.Missing("reason-needed")))()
	return []act.Act{again, drop}, err
}
