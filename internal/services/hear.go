package services

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// hear takes an event in: one case, with its assessment, for each public service of this
// member that waits for such events in that area, which is the one thing that the data of
// an event may say. The day that decides comes from facts, never from the event, so nothing
// that is heard ends here. Another event about the same is noted at the case that stands.
func (r *Room) hear(_ context.Context, e bus.Event) (bus.Commit, error) {
	var data struct {
		Area string `json:"area"`
	}
	if strict.Upto(bus.MaxData).AllowUnknown().Decode(e.Data, &data) != nil {
		data.Area = ""
	}
	day := civil.Of(e.Time)
	var wanted []law.PublicService
	for _, s := range r.Pack.Services() {
		if s.Body == r.Member.String() && s.Event == e.Type && (s.Area == "" || s.Area == data.Area) {
			wanted = append(wanted, s)
		}
	}
	return func(ctx context.Context, tx *storage.Tx) error {
		for _, s := range wanted {
			if err := r.begin(ctx, tx, s, e, day); err != nil {
				return fmt.Errorf("begin assessment for %s: %w", s.ID, err)
			}
		}
		return nil
	}, nil
}

// begin begins the case and the assessment of a matter, unless they stand.
func (r *Room) begin(ctx context.Context, tx *storage.Tx, s law.PublicService, e bus.Event, day civil.Day) error {
	stands, at, err := heardBefore(ctx, tx, s, e.Subject)
	if err != nil || stands && at == "" { // of before there were cases
		return err
	}
	c, _, err := r.Cases.Open(ctx, tx, r.opening(s, e.Subject, e.ID))
	if err != nil || stands {
		return err
	}
	a := id.New()
	begun, err := changed(tx.ExecContext(ctx, `insert into services_assessments (id, service, event, subject, day, state, since, case_id) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (event, service) do nothing`,
		a, s.ID, e.ID, e.Subject, day.String(), AssessmentAsking, storage.Micros(r.Now()), c.ID))
	if err != nil || !begun {
		return err
	}
	return r.later.assess.Add(ctx, tx, a, work.None{})
}

// assessment is a row of services_assessments as the work needs it.
type assessment struct {
	Assessment
	subject string    // of the event: what is asked about
	day     civil.Day // of the event
	progress
	cased string // id of its case; empty for those of before
}

var assessments = storage.NewTable("services_assessments",
	storage.Col("id", func(a *assessment) *string { return &a.ID }),
	storage.Col("service", func(a *assessment) *string { return &a.Service }),
	storage.Col("event", func(a *assessment) *string { return &a.Event }),
	storage.Col("subject", func(a *assessment) *string { return &a.subject }),
	storage.Text("day", func(a *assessment) *civil.Day { return &a.day }),
	storage.Col("state", func(a *assessment) *AssessmentState { return &a.State }),
	storage.JSON("waits", func(a *assessment) *lang.Text { return &a.Waits }),
	storage.Col("tries", func(a *assessment) *int { return &a.Tries }),
	storage.Time("next_try", func(a *assessment) *time.Time { return &a.NextTry }),
	storage.Time("since", func(a *assessment) *time.Time { return &a.Since }),
	storage.JSON("progress", func(a *assessment) *progress { return &a.progress }),
	storage.Col("case_id", func(a *assessment) *string { return &a.cased }),
)

func (r *Room) assessmentByID(ctx context.Context, from storage.Reader, id string) (assessment, error) {
	a, err := assessments.One(ctx, from, `where id = $1`, id)
	if err != nil {
		return a, fmt.Errorf("assessment %s: %w", id, err)
	}
	return a, nil
}

// service finds a public service of the pack.
func (r *Room) service(id string) (law.PublicService, error) {
	s, ok := r.Pack.Service(id)
	if !ok {
		return s, problem.New(problem.NotFound, "service-unknown", "service", id)
	}
	return s, nil
}
