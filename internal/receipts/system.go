package receipts

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// ServiceCode is the data service under which every member answers here.
const ServiceCode = "receipts"

// The bounds of a question or an answer, in characters.
const (
	maxQuestion = 2000
	pageSize    = 50
	maxRounds   = 100 // pages read for one answer
)

// Question is what a person asked a body about a look, and what it answered.
type Question struct {
	ID         string    `json:"id"`
	Access     string    `json:"look"` // id of the exchange or act
	Question   string    `json:"question"`
	AskedAt    time.Time `json:"asked_at"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`

	person string // who asked, a pseudonym
}

// sentReceipt is a receipt on its way to the person.
type sentReceipt struct {
	journal.Receipt
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Origin string    `json:"origin"`
	Index  int64     `json:"index"`
}

// receiptsAnswer is the body of an answer with receipts.
type receiptsAnswer struct {
	Receipts []sentReceipt `json:"receipts"`
}

// questionsAnswer is the body of an answer with questions.
type questionsAnswer struct {
	Questions []Question `json:"questions"`
}

// takenAnswer says that a question was taken.
type takenAnswer struct {
	ID string `json:"id"`
}

// System is the information system behind the node that holds its receipts
// and the questions about them. It trusts its node to have checked who asks.
type System struct {
	member registry.ID // whose looks are asked about
	db     *storage.DB
	now    clock.Now
}

// NewSystem makes the system of a member over a node's storage.
func NewSystem(member registry.ID, db *storage.DB, now clock.Now) *System {
	return &System{member: member, db: db, now: now}
}

// RightToAnswer is that of the officers whom people ask why somebody looked.
func RightToAnswer() act.Right { return act.Only(identity.Officer) }

func (s *System) mayAnswer(by act.Actor) error {
	return RightToAnswer().Check(by, act.Scope{Body: s.member.String()})
}

// Handler answers GET /v1/receipts/{person}, GET and POST
// /v1/questions/{person}.
func (s *System) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range s.answers() {
		mux.HandleFunc(pattern, answer)
	}
	return mux
}

func (s *System) answers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /v1/receipts/{person}":   s.serveReceipts,
		"GET /v1/questions/{person}":  s.serveQuestions,
		"POST /v1/questions/{person}": s.takeQuestion,
	}
}

func (s *System) serveReceipts(w http.ResponseWriter, r *http.Request) {
	found, err := s.receipts(r.Context(), r.PathValue("person"), page.Key(r.URL.Query().Get("after")))
	if errors.Is(err, journal.ErrPageKey) {
		http.Error(w, "after is not a key of a page of receipts", http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(w, "receipts cannot be read now", http.StatusServiceUnavailable)
		return
	}
	write(w, receiptsAnswer{Receipts: found})
}

// receipts reads one more than is shown on a page, so that the asker sees
// whether there is a next. Of the person's own looks in a row it gives the
// last one: looking at this very page must not push the looks of others off
// it.
func (s *System) receipts(ctx context.Context, person string, after page.Key) ([]sentReceipt, error) {
	found, own := []sentReceipt{}, false
	for rounds := 0; len(found) <= pageSize && rounds < maxRounds; rounds++ {
		some, err := journal.Receipts(ctx, s.db, person, after, pageSize+1)
		if err != nil {
			return nil, err
		}
		for _, receipt := range some.Items {
			if receipt.Hidden.Until.After(s.now()) { // the law lets it be hidden until then
				continue
			}
			again := own && receipt.Role == exchange.RolePerson
			if own = receipt.Role == exchange.RolePerson; !again {
				found = append(found, sentReceipt{Receipt: receipt, ID: receipt.ID, At: receipt.At, Origin: receipt.Origin, Index: receipt.Index})
			}
		}
		if after = some.Next; after == "" {
			break
		}
	}
	return found[:min(len(found), pageSize+1)], nil
}

func write(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the asker may have gone
}

func (s *System) serveQuestions(w http.ResponseWriter, r *http.Request) {
	asked, err := questions.All(r.Context(), s.db.Read(r.Context()), `where person = $1 order by id desc limit $2`, r.PathValue("person"), pageSize)
	if err != nil {
		http.Error(w, "questions cannot be read now", http.StatusServiceUnavailable)
		return
	}
	write(w, questionsAnswer{Questions: append([]Question{}, asked...)})
}

var questions = storage.NewTable("looks_questions",
	storage.Col("id", func(q *Question) *string { return &q.ID }),
	storage.Col("person", func(q *Question) *string { return &q.person }),
	storage.Col("look", func(q *Question) *string { return &q.Access }),
	storage.Col("question", func(q *Question) *string { return &q.Question }),
	storage.Time("asked_at", func(q *Question) *time.Time { return &q.AskedAt }),
	storage.Col("answer", func(q *Question) *string { return &q.Answer }),
	storage.Time("answered_at", func(q *Question) *time.Time { return &q.AnsweredAt }),
)

// takeQuestion keeps a question. Its id comes from the asker, so that the
// same question again is one.
func (s *System) takeQuestion(w http.ResponseWriter, r *http.Request) {
	var q Question
	err := strict.Upto(16<<10).AllowUnknown().Read(r.Body, &q)
	if err != nil || !id.Valid(q.ID) || q.Access == "" || len(q.Access) > 200 || !sayable(q.Question) {
		http.Error(w, "a question wants an id, the look it is about, and up to 2000 characters", http.StatusUnprocessableEntity)
		return
	}
	err = s.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := questions.Insert(ctx, tx, `on conflict (id) do nothing`, Question{ID: q.ID, person: r.PathValue("person"), Access: q.Access, Question: q.Question, AskedAt: s.now()})
		return err
	})
	if err != nil {
		http.Error(w, "the question cannot be kept now", http.StatusServiceUnavailable)
		return
	}
	write(w, takenAnswer{q.ID})
}

func sayable(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxQuestion
}

// Questions lists what people asked this body, for its officers: open ones
// first, then the newest.
func (s *System) Questions(ctx context.Context, by act.Actor, after page.Key) (page.Page[Question], error) {
	if err := s.mayAnswer(by); err != nil {
		return page.Page[Question]{}, err
	}
	openFirst := questions.List(
		storage.Up(`case when answered_at = 0 then 0 else 1 end`, func(q Question) int64 {
			if q.AnsweredAt.IsZero() {
				return 0
			}
			return 1
		}),
		storage.Down("id", func(q Question) string { return q.ID }),
	)
	asked, err := openFirst.Page(ctx, s.db.Read(ctx), storage.Filter{}, after, page.Size)
	if err != nil {
		return asked, fmt.Errorf("list questions: %w", err)
	}
	return asked, nil
}

// Answer answers a question, once: the problem "question-answered" says that
// somebody else was faster.
func (s *System) Answer(ctx context.Context, by act.Actor, question, text string) error {
	if err := s.mayAnswer(by); err != nil {
		return err
	}
	if !sayable(text) {
		return problem.New(problem.Invalid, "answer-form").At("text", "answer-form")
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update looks_questions set answer = $1, answered_at = $2, answered_by = $3 where id = $4 and answered_at = 0`, strings.TrimSpace(text), storage.Micros(s.now()), by.Account, question)
		if err != nil {
			return fmt.Errorf("answer question: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		var asked int
		if err := tx.QueryRowContext(ctx, `select count(*) from looks_questions where id = $1`, question).Scan(&asked); err != nil {
			return err
		}
		if asked == 0 {
			return problem.New(problem.NotFound, "question-unknown")
		}
		return problem.New(problem.Conflict, "question-answered")
	})
}
