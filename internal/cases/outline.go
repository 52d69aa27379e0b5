package cases

import (
	"context"
	"time"

	"dobosh/internal/law"
)

// Outline is what a page that everybody reads may say of a case: how far it has come and until when, and nothing of whose it is.
type Outline struct {
	Status   law.CaseStatus
	Running  law.Reading // of the clock of the body; zero where none runs
	OpenedAt time.Time
	EndedAt  time.Time // zero until it has an outcome
	Body     string    // that answers for it
}

// Outline tells how far a case has come. Whether somebody may know that there is such a case is for the caller to decide.
//
// Problem: case-unknown.
func (r *Room) Outline(ctx context.Context, number string) (o Outline, err error) {
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "number", number)
	if err != nil {
		return o, err
	}
	o.OpenedAt, o.EndedAt, o.Body = c.OpenedAt, c.EndedAt, c.Body
	if _, o.Status, err = r.kindOf(c); err != nil {
		return o, err
	}
	reading, whose, err := r.running(c)
	if whose == law.ByOfficer {
		o.Running = reading
	}
	return o, err
}
