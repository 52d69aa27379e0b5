package receipts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// QuestionKind is the kind of case of a person who asks why somebody looked at their data.
const QuestionKind = "question"

// questionAnswered is its outcome.
const questionAnswered = "answered"

// maxQuestion bounds a question and a message about it, in characters.
const maxQuestion = 2000

// Question is what a person asked a body about a look, and how far its case has come. It is also how the
// body tells it to the node at which the person reads it.
type Question struct {
	ID         string    `json:"id"`
	Access     string    `json:"look"` // id of the exchange or act
	Question   string    `json:"question"`
	AskedAt    time.Time `json:"asked_at"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`

	Number string    `json:"number,omitempty"` // of the case, for people
	Status lang.Text `json:"status,omitempty"`
	Next   lang.Text `json:"next,omitempty"` // what happens now
	Until  civil.Day `json:"until,omitzero"` // last day on which the body is in time
	Said   []Said    `json:"said,omitempty"` // after the question, by either
}

// sent is a question, or a message to one, on its way to the body.
type sent struct {
	ID       string `json:"id"`
	Access   string `json:"look"`
	Question string `json:"question"`
	Follows  string `json:"follows,omitempty"` // the question to which this is a message; empty for a new one
	About    about  `json:"about,omitzero"`    // the look as the person was shown it
}

// about is what a person was shown of a look: the body that looked need not have the receipt itself, which is
// with whoever held the data.
type about struct {
	At        time.Time `json:"at"`
	Holder    string    `json:"holder"`
	Role      string    `json:"role,omitempty"`
	Purpose   string    `json:"purpose"`
	Provision string    `json:"provision"`
	Matter    string    `json:"matter,omitempty"`
}

func aboutOf(l journal.Receipt, at time.Time) about {
	return about{At: at, Holder: l.Holder, Role: l.Role, Purpose: l.Purpose, Provision: l.Provision, Matter: l.Matter}
}

// aboutColumns is how many columns it has.
const aboutColumns = 6

func (a about) columns() []string {
	return []string{strconv.FormatInt(storage.Micros(a.At), 10), a.Holder, a.Role, a.Purpose, a.Provision, a.Matter}
}

func aboutFrom(c []string) about {
	at, _ := strconv.ParseInt(c[0], 10, 64) // it was sealed by columns
	return about{At: storage.Instant(at), Holder: c[1], Role: c[2], Purpose: c[3], Provision: c[4], Matter: c[5]}
}

// fits bounds what another node says.
func (a about) fits() bool {
	return len(a.Holder) <= 200 && len(a.Role) <= 64 && len(a.Purpose) <= 200 && len(a.Provision) <= 200 && len(a.Matter) <= 200
}

// Said is a message of the conversation about a question.
type Said struct {
	By   law.Mover `json:"by"` // party or officer
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// questionsAnswer is the body of an answer with questions.
type questionsAnswer struct {
	Questions []Question `json:"questions"`
}

// takenAnswer says that a question, or a message about one, was taken.
type takenAnswer struct {
	ID string `json:"id"`
}

// askedRow is a question as the room keeps it: which look it is about, and in which case it is.
type askedRow struct {
	id, person, access, number string
	askedAt, answeredAt        time.Time
	about                      about // zero for what was asked before it was kept

	question, answer string // of before questions were cases
}

var askedRows = storage.NewTable("looks_questions",
	storage.Col("id", func(q *askedRow) *string { return &q.id }),
	storage.Col("person", func(q *askedRow) *string { return &q.person }),
	storage.Col("look", func(q *askedRow) *string { return &q.access }),
	storage.Col("question", func(q *askedRow) *string { return &q.question }),
	storage.Time("asked_at", func(q *askedRow) *time.Time { return &q.askedAt }),
	storage.Col("answer", func(q *askedRow) *string { return &q.answer }),
	storage.Time("answered_at", func(q *askedRow) *time.Time { return &q.answeredAt }),
	storage.Col("number", func(q *askedRow) *string { return &q.number }),
	storage.JSON("about", func(q *askedRow) *about { return &q.about }),
)

// behind is the person for whom another node asks, as the party of their cases here.
func behind(person string) act.Actor {
	return act.Actor{Account: "person", Persons: map[string]string{exchange.ReceiptSector: person}}
}

func (s *System) serveQuestions(w http.ResponseWriter, r *http.Request) {
	found, err := s.questions(r.Context(), r.PathValue("person"))
	if err != nil {
		http.Error(w, "questions cannot be read now", http.StatusServiceUnavailable)
		return
	}
	write(w, questionsAnswer{Questions: found})
}

// questions are what a person asked here, the newest first.
func (s *System) questions(ctx context.Context, person string) ([]Question, error) {
	found := []Question{}
	asked, err := askedRows.All(ctx, s.DB.Read(ctx), `where person = $1 order by id desc limit $2`, person, pageSize)
	for _, row := range asked {
		q, err := s.question(ctx, row)
		if err != nil {
			return nil, err
		}
		found = append(found, q)
	}
	return found, err
}

// question reads how far a question has come from its case.
func (s *System) question(ctx context.Context, row askedRow) (Question, error) {
	q := Question{ID: row.id, Access: row.access, Question: row.question, AskedAt: row.askedAt, Answer: row.answer, AnsweredAt: row.answeredAt}
	if row.number == "" { // its case is begun in a moment
		return q, nil
	}
	c, err := s.Cases.Case(ctx, behind(row.person), row.number)
	if problem.HasCode(err, "case-unknown") { // its case was erased: that there was a question is all that is left
		return q, nil
	}
	if err != nil {
		return q, fmt.Errorf("question %s: %w", row.id, err)
	}
	q.Number, q.Status, q.Next, q.Until = c.Number, c.Status.Title, c.Status.Next, c.Last()
	slices.SortStableFunc(c.Messages, func(a, b cases.Message) int { return a.At.Compare(b.At) })
	for i, m := range c.Messages {
		if i == 0 {
			q.Question = m.Said
			continue
		}
		q.Said = append(q.Said, Said{By: m.By, Text: m.Said, At: m.At})
	}
	if c.Ended() {
		q.Answer, q.AnsweredAt = c.Steps[len(c.Steps)-1].Why, c.EndedAt
	}
	return q, nil
}

// takeQuestion begins the case of a question, or adds a message to that of the question that it follows. The id
// of a question comes from the asker, so that the same question again is one.
func (s *System) takeQuestion(w http.ResponseWriter, r *http.Request) {
	var q sent
	err := strict.Upto(16<<10).AllowUnknown().Read(r.Body, &q)
	if err != nil || !id.Valid(q.ID) || q.Access == "" || len(q.Access) > 200 || !sayable(q.Question) || !q.About.fits() {
		http.Error(w, "a question wants an id, the look it is about, and up to 2000 characters", http.StatusUnprocessableEntity)
		return
	}
	if q.Follows != "" {
		err = s.takeMessage(r.Context(), r.PathValue("person"), q)
	} else {
		err = s.begin(r.Context(), askedRow{id: q.ID, person: r.PathValue("person"), access: q.Access, askedAt: s.Now(), about: q.About}, q.Question)
	}
	if errors.Is(err, storage.ErrNotFound) {
		http.Error(w, "there is no such question", http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, "the question cannot be kept now", http.StatusServiceUnavailable)
		return
	}
	write(w, takenAnswer{q.ID})
}

// begin begins the case of a question that is not known yet.
func (s *System) begin(ctx context.Context, row askedRow, said string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if n, err := askedRows.Insert(ctx, tx, `on conflict (id) do nothing`, row); err != nil || n == 0 {
			return err
		}
		c, _, err := s.Cases.Open(ctx, tx, opening(row, strings.TrimSpace(said)))
		if err != nil {
			return err
		}
		return numbered(ctx, tx, row.id, c.Number)
	})
}

func opening(row askedRow, said string) cases.Opening {
	return cases.Opening{
		Kind: QuestionKind, About: "question " + row.id, Whom: row.person, Source: row.id,
		Person: row.person, Sector: exchange.ReceiptSector, Channel: cases.ByPage, Said: said,
	}
}

// numbered writes down in which case a question is.
func numbered(ctx context.Context, tx *storage.Tx, question, number string) error {
	_, err := tx.ExecContext(ctx, `update looks_questions set number = $1, question = '', answer = '' where id = $2`, number, question)
	return err
}

func sayable(s string) bool {
	_, err := text.Lines(s, maxQuestion)
	return err == nil
}

// takeMessage adds what a person says to the case of their question.
func (s *System) takeMessage(ctx context.Context, person string, q sent) error {
	row, err := askedRows.One(ctx, s.DB.Read(ctx), `where id = $1 and person = $2 and number <> ''`, q.Follows, person)
	if err != nil {
		return err
	}
	return s.Cases.Answer(ctx, behind(person), row.number, strings.TrimSpace(q.Question))
}

// adoptBatch is how many questions one transaction makes cases of.
const adoptBatch = 100

// Adopt begins the cases of questions that were asked before questions were cases. An answered one has its
// answer as the reason of the outcome, and nobody is told of it again.
func (s *System) Adopt(ctx context.Context) error {
	for {
		asked, err := askedRows.All(ctx, s.DB.Read(ctx), `where number = '' order by id limit $1`, adoptBatch)
		if err != nil || len(asked) == 0 {
			return err
		}
		err = s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for _, row := range asked {
				var err error
				o := opening(row, row.question)
				var c cases.Case
				if o.Why = row.answer; row.answeredAt.IsZero() {
					c, _, err = s.Cases.Open(ctx, tx, o)
				} else {
					c, err = s.Cases.Restore(ctx, tx, o, questionAnswered, row.answeredAt)
				}
				if err == nil {
					err = numbered(ctx, tx, row.id, c.Number)
				}
				if err != nil {
					return fmt.Errorf("case of question %s: %w", row.id, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// Looked implements [cases.Looks] for cases that are about no public service: it leaves a receipt that an
// officer saw a person's case, and notes it where looks are watched over.
func (s *System) Looked(ctx context.Context, by act.Actor, c cases.Case, seen ...string) error {
	subject := c.Person
	if c.Sector != exchange.ReceiptSector {
		var err error
		if subject, err = s.Sectors.Translate(c.Sector, exchange.ReceiptSector, c.Person); err != nil {
			return fmt.Errorf("name the person of a receipt: %w", err)
		}
	}
	kind, _ := s.Pack.CaseKind(c.Kind)
	meta, err := json.Marshal(journal.Receipt{
		Asker: s.Member.String(), Role: exchange.RoleOfficer, Holder: s.Member.String(), Act: exchange.ActRead, Purpose: purposeOf(c.Kind), Provision: string(kind.Provision), Matter: "case " + c.Number, Fields: seen,
	})
	if err != nil {
		return err
	}
	receipt, now := id.New(), s.Now()
	if _, err := s.Journal.Append(ctx, journal.Entry{Kind: "act", ID: receipt, At: now, Subjects: []string{subject}, Meta: meta}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	if s.Watch == nil || strings.HasPrefix(by.Account, act.SystemPrefix) {
		return nil
	}
	return s.Watch.Note(ctx, Look{ID: receipt, Account: by.Account, Person: subject, Matter: "case " + c.Number, At: now, Waits: !c.Ended() || c.Officer == by.Account, Own: by.Bears(exchange.ReceiptSector, subject)})
}

// purposeOf is that for which an officer sees a case of a kind of this room; empty for others.
func purposeOf(kind string) string {
	if kind == QuestionKind || kind == requestKind {
		return "own-data"
	}
	return ""
}

// About is the look that the case of a question is about, in words, as the person was shown it; found is false
// where that was not kept. Whoever asks may see the case.
func (s *System) About(ctx context.Context, number string) (a Access, found bool, err error) {
	row, err := askedRows.One(ctx, s.DB.Read(ctx), `where number = $1`, number)
	if errors.Is(err, storage.ErrNotFound) {
		return a, false, nil
	}
	if err != nil || row.about.At.IsZero() {
		return a, false, err
	}
	holder, _ := registry.ParseID(row.about.Holder)
	a = Access{At: row.about.At, Body: s.Title(s.Member), Role: row.about.Role, Holder: s.Title(holder), Matter: row.about.Matter}
	inLaw(s.Pack, row.about.Purpose, row.about.Provision, &a)
	return a, true, nil
}

// inLaw puts purpose and provision of a receipt into words.
func inLaw(pack *law.Pack, purpose, provision string, a *Access) {
	if purpose, ok := pack.Purpose(purpose); ok {
		a.Purpose = purpose.Title
	}
	if provision, ok := pack.Provision(law.Ref(provision)); ok {
		a.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
	}
}
