package registers

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
)

// Sector is the sector in which the registers name persons in their tables.
const Sector = "register"

// SectorHeader is the request header in which the node says in which sector the
// asker names persons.
const SectorHeader = "Dobosh-Sector"

// Persons knows the names of one person in different sectors.
type Persons interface {
	Pseudonym(sector string, number jmbg.Number) (string, error)
	Number(sector, pseudonym string) (jmbg.Number, error)
	Translate(from, to, pseudonym string) (string, error)
}

// Desk takes the questions of a register over HTTP. It never changes and is
// safe for concurrent use.
type Desk struct {
	Persons Persons
	Say     problem.Say // the sentences of problem documents
	Log     *slog.Logger
}

// Answer answers one question with a value for JSON, or with a problem.
type Answer func(ctx context.Context, q *Question) (any, error)

// Created marks an answer that made something new.
type Created struct{ Answer any }

// Routes serves answers by pattern, as [http.ServeMux] reads them. Every other
// question gets a problem document too.
func (d Desk) Routes(answers map[string]Answer) http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range answers {
		mux.Handle(pattern, d.serve(answer))
	}
	mux.Handle("/", d.serve(func(context.Context, *Question) (any, error) {
		return nil, problem.New(problem.NotFound, "question-unknown")
	}))
	return mux
}

func (d Desk) serve(answer Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &Question{request: r, writer: w, persons: d.Persons}
		body, err := answer(r.Context(), q)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		status := http.StatusOK
		if made, ok := body.(Created); ok {
			status, body = http.StatusCreated, made.Answer
		}
		text, err := json.Marshal(body)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(text) // the asker may have gone
	})
}

// refuse logs what nobody outside can repair. The path stays out of the log,
// because it names a person.
func (d Desk) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if p := problem.Of(err); p.Kind == problem.Internal {
		d.Log.ErrorContext(r.Context(), "register gave no answer", slog.String("route", r.Pattern), slog.Any("error", err))
	}
	w.Header().Set("Cache-Control", "no-store")
	problem.WriteJSON(w, r, err, d.Say)
}
