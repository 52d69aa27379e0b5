package receipts

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// ServiceCode is the data service under which every member answers here.
const ServiceCode = "receipts"

const (
	pageSize  = 50
	maxRounds = 100 // pages read for one answer
)

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

// SystemConfig is what a [System] works with. All is needed but what says otherwise.
type SystemConfig struct {
	Member  registry.ID // whose looks are asked about
	DB      *storage.DB
	Pack    *law.Pack
	Cases   *cases.Room
	Journal Appender
	Title   func(registry.ID) lang.Text
	Sectors Translator // nil where all cases name their person in the sector of receipts
	Watch   *Watch     // nil where nobody watches over looks
	Now     clock.Now

	Work  *work.Runner // makes copies and erases; nil where nobody asks for their data
	Files files.Store  // of copies
	Page  CopyPage     // of copies, for people
	Key   *seal.Sealer // of the keys of copies; the same on all nodes of the member
}

// Translator gives the pseudonym that a person of one sector has in another.
type Translator interface {
	Translate(from, to, pseudonym string) (string, error)
}

// System is the information system behind the node that holds its receipts
// and the questions about them. It trusts its node to have checked who asks.
type System struct {
	SystemConfig
	holdings []Holding         // set before anything is served
	todo     *work.Queue[todo] // nil without work
}

// NewSystem makes the system of a member. A pack that does not say how questions go is an error.
func NewSystem(cfg SystemConfig) (*System, error) {
	kind, ok := cfg.Pack.CaseKind(QuestionKind)
	if !ok {
		return nil, fmt.Errorf("the pack has no kind of case %q (cases/%s.yaml)", QuestionKind, QuestionKind)
	}
	if _, ok := kind.Status(questionAnswered); !ok {
		return nil, fmt.Errorf("the kind of case %q in the pack has no status %q", QuestionKind, questionAnswered)
	}
	s := &System{SystemConfig: cfg}
	s.Holds()
	if cfg.Work != nil {
		s.todo = &work.Queue[todo]{Name: "looks.requests", Workers: 2, Do: s.do}
		cfg.Work.Register(s.todo)
		cfg.Cases.EndedBy(requestKind, s.ended)
	}
	return s, nil
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
		some, err := journal.Receipts(ctx, s.DB, person, after, pageSize+1)
		if err != nil {
			return nil, err
		}
		for _, receipt := range some.Items {
			if receipt.Hidden.Until.After(s.Now()) { // the law lets it be hidden until then
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
