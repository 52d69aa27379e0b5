package receipts

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Holding is something that this node keeps about people.
type Holding struct {
	Name string // of its part of a copy; the sentences are "copy." and the name, and that with "-what"
	// Copy gives what is kept about a person, a thing after the other, each with a line for people or none.
	Copy func(ctx context.Context, by act.Actor, put Put) error
	// Forget erases what no law keeps; nil where all of it has to stay.
	Forget func(ctx context.Context, tx *storage.Tx, by act.Actor) error
}

// Put takes a thing into a copy. Its error ends the holding.
type Put func(line lang.Text, thing any) error

// Holds adds what other rooms keep. It is called once, before anything is served.
func (s *System) Holds(holdings ...Holding) { s.holdings = append(s.own(), holdings...) }

// The rights by which a person gets a copy, and that by which what no law keeps is erased.
const (
	rightAccess      = "access"
	rightPortability = "portability"
	rightErasure     = "erasure"
)

func copies(right string) bool { return right == rightAccess || right == rightPortability }

// eraseAfter lets the notice of the outcome go out before the address is erased to which it goes.
const eraseAfter = time.Hour

// Bounds of a copy.
const (
	copyStays = 30 * 24 * time.Hour
	copyMost  = 100 << 20 // bytes of a part, before it is packed
	linesMost = 300       // of a part, for people
)

// What is done later about a request.
const (
	doCopy  = "copy"
	doErase = "erase"
	doGone  = "gone" // the copy is deleted
)

// todo is one of these, about a case.
type todo struct{ Case, What string }

// request is a row of looks_requests.
type request struct {
	cased, number, person, aliases, asked, file string
	at, made, ends, erased                      time.Time
	secret                                      []byte
	size                                        int64
}

var requests = storage.NewTable("looks_requests",
	storage.Col("case_id", func(q *request) *string { return &q.cased }),
	storage.Col("number", func(q *request) *string { return &q.number }),
	storage.Col("person", func(q *request) *string { return &q.person }),
	storage.Col("aliases", func(q *request) *string { return &q.aliases }),
	storage.Col("asked", func(q *request) *string { return &q.asked }),
	storage.Time("at", func(q *request) *time.Time { return &q.at }),
	storage.Col("file", func(q *request) *string { return &q.file }),
	storage.Col("secret", func(q *request) *[]byte { return &q.secret }),
	storage.Col("size", func(q *request) *int64 { return &q.size }),
	storage.Time("made_at", func(q *request) *time.Time { return &q.made }),
	storage.Time("ends_at", func(q *request) *time.Time { return &q.ends }),
	storage.Time("erased_at", func(q *request) *time.Time { return &q.erased }),
)

// ended begins what follows from the outcome of a request: a copy, where there is none any more, or the erasure.
func (s *System) ended(ctx context.Context, tx *storage.Tx, c cases.Case) error {
	q, err := requests.One(ctx, tx, `where case_id = $1`, c.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil // of before this was kept
	}
	if err != nil {
		return fmt.Errorf("data request: %w", err)
	}
	switch granted := c.Status == requestFulfilled || c.Status == requestInPart; {
	case granted && copies(q.asked) && len(q.secret) == 0:
		return s.todo.Add(ctx, tx, c.ID+"/"+doCopy, todo{c.ID, doCopy})
	case granted && q.asked == rightErasure && q.erased.IsZero():
		return s.todo.Add(ctx, tx, c.ID+"/"+doErase, todo{c.ID, doErase}, work.In(eraseAfter))
	}
	return nil
}

// do does what is due about a request. Each can be done again.
func (s *System) do(ctx context.Context, t *work.Try[todo]) error {
	q, err := requests.One(ctx, s.DB.Read(ctx), `where case_id = $1`, t.Job.Case)
	if err != nil {
		return fmt.Errorf("data request: %w", err)
	}
	switch t.Job.What {
	case doCopy:
		return s.copy(ctx, q)
	case doErase:
		return s.erase(ctx, q)
	default:
		return s.gone(ctx, q)
	}
}

// everywhere is the person of a request under the pseudonyms of all sectors in which this body keeps something about
// them, also of before a contact was joined to them.
func (s *System) everywhere(q request) (act.Actor, error) {
	by := behind(q.person)
	by.Level, by.Aliases = act.LevelEID, map[string][]string{exchange.ReceiptSector: strings.Fields(q.aliases)}
	for _, service := range s.Pack.Services() {
		if by.Persons[service.Sector] != "" || s.Sectors == nil {
			continue
		}
		for i, name := range by.Names(exchange.ReceiptSector) {
			there, err := s.Sectors.Translate(exchange.ReceiptSector, service.Sector, name)
			switch {
			case err != nil:
				return by, fmt.Errorf("name the person of a request: %w", err)
			case i == 0:
				by.Persons[service.Sector] = there
			default:
				by.Aliases[service.Sector] = append(by.Aliases[service.Sector], there)
			}
		}
	}
	return by, nil
}

// copies stand in the store under this name.
const copyBlobs = "copies/"

// copy makes the file, sealed under a key of its own, and tells the person that it is there, and until when. It never
// stands anywhere in the open.
func (s *System) copy(ctx context.Context, q request) (err error) {
	if len(q.secret) > 0 {
		return nil
	}
	by, err := s.everywhere(q)
	if err != nil {
		return err
	}
	secret := make([]byte, seal.KeySize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	key, err := seal.New(secret)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp("", "dobosh-copy-")
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer func() { err = errors.Join(err, beside.Close(), os.Remove(beside.Name())) }()
	q.file = copyBlobs + id.New()
	sealed := key.Writer(beside, q.file)
	if err := errors.Join(s.write(ctx, sealed, by), sealed.Close()); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if _, err := beside.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if err := s.Files.Put(ctx, q.file, beside, sealed.Sealed); err != nil {
		return problem.New(problem.Unavailable, "files-away").Because(err)
	}
	q.secret, q.size, q.made, q.ends = s.Key.Seal(secret, []byte("copy "+q.file)), sealed.Plain, s.Now(), s.Now().Add(copyStays)
	return s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		done, err := tx.ExecContext(ctx, `update looks_requests set file = $1, secret = $2, size = $3, made_at = $4, ends_at = $5 where case_id = $6 and coalesce(length(secret), 0) = 0`,
			q.file, q.secret, q.size, storage.Micros(q.made), storage.Micros(q.ends), q.cased)
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err // another try was quicker; this file is removed with the strays
		}
		if err := s.todo.Add(ctx, tx, q.cased+"/"+doGone, todo{q.cased, doGone}, work.At(q.ends)); err != nil {
			return err
		}
		return s.Cases.Inform(ctx, tx, q.cased, "copy", "", lang.Values{"day": civil.Of(q.ends.Add(-24 * time.Hour))})
	})
}

// gone deletes a copy whose time is over: its key first, so that nobody reads what may be left of it.
func (s *System) gone(ctx context.Context, q request) error {
	if len(q.secret) == 0 || s.Now().Before(q.ends) {
		return nil
	}
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update looks_requests set secret = null, size = 0 where case_id = $1`, q.cased)
		return err
	}); err != nil {
		return fmt.Errorf("delete copy: %w", err)
	}
	return s.Files.Delete(ctx, q.file)
}

// RemoveStrays removes from the store the copies that no request has: of a try that ended in the middle, and what was
// left of those that are gone. Requests are forgotten with the content of their cases.
func (s *System) RemoveStrays(ctx context.Context) error {
	if kind, ok := s.Pack.CaseKind(requestKind); ok {
		if err := s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `delete from looks_requests where at < $1`, storage.Micros(s.Now().AddDate(-kind.Retention-1, 0, 0)))
			return err
		}); err != nil {
			return fmt.Errorf("forget data requests: %w", err)
		}
	}
	all, err := s.Files.List(ctx, copyBlobs)
	if err != nil {
		return fmt.Errorf("copies: %w", err)
	}
	for _, f := range all {
		if at, ok := id.Time(f.Name[len(copyBlobs):]); !ok || s.Now().Sub(at) < 24*time.Hour {
			continue
		}
		var n int
		if err := s.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from looks_requests where file = $1 and coalesce(length(secret), 0) > 0`, f.Name).Scan(&n); err != nil {
			return fmt.Errorf("copies: %w", err)
		}
		if n == 0 {
			if err := s.Files.Delete(ctx, f.Name); err != nil {
				return fmt.Errorf("copies: %w", err)
			}
		}
	}
	return nil
}

// Mine is what became of a request of a person.
type Mine struct {
	Ready  bool      // a copy can be fetched
	Waits  bool      // it is being made
	Ends   time.Time // of the copy; also of one that is gone
	Size   int64
	Erased time.Time // zero until what no law keeps was erased
}

// Kilobytes is the size as people read it, never 0.
func (m Mine) Kilobytes() int64 { return (m.Size + 1023) / 1024 }

// Mine says what became of the request of a case, for whoever may see the case.
func (s *System) Mine(ctx context.Context, number string) (m Mine, err error) {
	q, err := requests.One(ctx, s.DB.Read(ctx), `where number = $1`, number)
	if errors.Is(err, storage.ErrNotFound) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("data request: %w", err)
	}
	ready := len(q.secret) > 0 && s.Now().Before(q.ends)
	return Mine{Ready: ready, Waits: s.todo != nil && copies(q.asked) && q.made.IsZero(), Ends: q.ends, Size: q.size, Erased: q.erased}, nil
}

// Fetch gives a person the copy that was made for them; the caller closes it.
//
// Problems: case-unknown for whoever else asks, copy-gone, files-away.
func (s *System) Fetch(ctx context.Context, by act.Actor, number string) (size int64, content io.ReadCloser, err error) {
	q, err := requests.One(ctx, s.DB.Read(ctx), `where number = $1`, number)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !by.Bears(exchange.ReceiptSector, q.person) {
		return 0, nil, problem.New(problem.NotFound, "case-unknown")
	}
	if err != nil {
		return 0, nil, fmt.Errorf("data request: %w", err)
	}
	if len(q.secret) == 0 || !s.Now().Before(q.ends) {
		return 0, nil, problem.New(problem.Gone, "copy-gone")
	}
	secret, err := s.Key.Open(q.secret, []byte("copy "+q.file))
	if err != nil {
		return 0, nil, fmt.Errorf("key of a copy: %w", err)
	}
	key, err := seal.New(secret)
	if err != nil {
		return 0, nil, err
	}
	stored, err := s.Files.Get(ctx, q.file)
	if err != nil {
		return 0, nil, problem.New(problem.Unavailable, "files-away").Because(err)
	}
	if content, err = key.Reader(stored, q.size, q.file); err != nil {
		return 0, nil, errors.Join(problem.New(problem.Unavailable, "files-away").Because(err), stored.Close())
	}
	return q.size, content, nil
}

// Copied is what the page of a copy says.
type Copied struct {
	Body  lang.Text // whose copy it is
	Day   civil.Day // on which it was made
	Parts []Part
}

// Part is what the page of a copy says of one holding.
type Part struct {
	Name  string
	Count int
	Lines []lang.Text
	Cut   bool // there is more than one file takes
}

// CopyPage writes the page of a copy in a language.
type CopyPage func(to io.Writer, tag lang.Tag, c Copied) error

// write writes the copy: data.json for programs, as it is read, and a page in each language for people.
func (s *System) write(ctx context.Context, to io.Writer, by act.Actor) error {
	packed := zip.NewWriter(to)
	data, err := packed.Create("data.json")
	if err != nil {
		return err
	}
	parts, err := s.parts(ctx, data, by)
	if err != nil {
		return err
	}
	for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn, lang.En} {
		name := "index.html"
		if tag != lang.SrCyrl {
			name = "index-" + string(tag) + ".html"
		}
		index, err := packed.Create(name)
		if err != nil {
			return err
		}
		if err := s.Page(index, tag, Copied{s.Title(s.Member), civil.Of(s.Now()), parts}); err != nil {
			return err
		}
	}
	return packed.Close()
}

var errCut = errors.New("the part is full")

// parts writes what is kept, holding by holding, each thing as it comes.
func (s *System) parts(ctx context.Context, to io.Writer, by act.Actor) (parts []Part, err error) {
	head, err := json.Marshal(map[string]any{"body": s.Title(s.Member), "made_at": s.Now()})
	if err != nil {
		return nil, err
	}
	if _, err := to.Write(head[:len(head)-1]); err != nil {
		return nil, err
	}
	for _, h := range s.holdings {
		one, size := Part{Name: h.Name}, 0
		if _, err := fmt.Fprintf(to, ",\n%q:[", h.Name); err != nil {
			return nil, err
		}
		err := h.Copy(ctx, by, func(line lang.Text, thing any) error {
			raw, err := json.Marshal(thing)
			if err != nil {
				return err
			}
			if size += len(raw); size > copyMost {
				return errCut
			}
			if one.Count++; one.Count > 1 {
				raw = append([]byte(",\n"), raw...)
			}
			if len(line) > 0 && len(one.Lines) < linesMost {
				one.Lines = append(one.Lines, line)
			}
			_, err = to.Write(raw)
			return err
		})
		if one.Cut = errors.Is(err, errCut); err != nil && !one.Cut {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
		if _, err := io.WriteString(to, "]"); err != nil {
			return nil, err
		}
		parts = append(parts, one)
	}
	_, err = io.WriteString(to, "}\n")
	return parts, err
}

// own are what this room and that of cases keep.
func (s *System) own() []Holding {
	return []Holding{{Name: "receipts", Copy: s.copyReceipts}, {Name: "cases", Copy: s.copyCases}}
}

// copyReceipts gives who looked; what the law lets be hidden is not told here either.
func (s *System) copyReceipts(ctx context.Context, by act.Actor, put Put) error {
	for _, name := range by.Names(exchange.ReceiptSector) {
		if err := s.copyReceiptsOf(ctx, name, put); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) copyReceiptsOf(ctx context.Context, name string, put Put) error {
	for after := page.Key(""); ; {
		found, err := journal.Receipts(ctx, s.DB, name, after, journal.MaxReceipts)
		if err != nil {
			return err
		}
		for _, r := range found.Items {
			if r.Hidden.Until.After(s.Now()) {
				continue
			}
			if err := put(nil, sentReceipt{Receipt: r, ID: r.ID, At: r.At, Origin: r.Origin, Index: r.Index}); err != nil {
				return err
			}
		}
		if after = found.Next; after == "" {
			return nil
		}
	}
}

// copiedCase is a case in a copy.
type copiedCase struct {
	Number   string    `json:"number"`
	Kind     lang.Text `json:"kind"`
	Service  string    `json:"service,omitempty"`
	Status   lang.Text `json:"status"`
	OpenedAt time.Time `json:"opened_at"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	Until    civil.Day `json:"until,omitzero"`
	Messages []Said    `json:"messages"`
	Files    []string  `json:"files,omitempty"`

	Steps []copiedStep `json:"steps"`
}

// copiedStep is what was done with a case, an outcome with its reason.
type copiedStep struct {
	By     law.Mover `json:"by"`
	At     time.Time `json:"at"`
	Status lang.Text `json:"status"`
	Why    string    `json:"why,omitempty"`
}

func (s *System) copyCases(ctx context.Context, by act.Actor, put Put) error {
	return s.Cases.Copies(ctx, by, func(v cases.View) error {
		one := copiedCase{Number: v.Number, Kind: v.Kind.Title, Service: v.Service, Status: v.Status.Title, OpenedAt: v.OpenedAt, EndedAt: v.EndedAt, Until: v.Last(), Steps: []copiedStep{}, Messages: []Said{}}
		for _, step := range v.Steps {
			to, _ := v.Kind.Status(step.Status)
			one.Steps = append(one.Steps, copiedStep{By: step.By, At: step.At, Status: to.Title, Why: step.Why})
		}
		for _, m := range v.Messages {
			one.Messages = append(one.Messages, Said{By: m.By, At: m.At, Text: m.Said})
		}
		for _, f := range v.Files {
			one.Files = append(one.Files, f.Name)
		}
		line := lang.Text{}
		for _, in := range []string{"sr", "en"} {
			line[in] = v.Number + ", " + v.Kind.Title[in] + ": " + v.Status.Title[in]
		}
		return put(line, one)
	})
}

// erase erases what no law keeps, and tells the person what that was, what stays, and by which provision.
func (s *System) erase(ctx context.Context, q request) error {
	by, err := s.everywhere(q)
	if err != nil || !q.erased.IsZero() {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, h := range s.holdings {
			if h.Forget == nil {
				continue
			}
			if err := h.Forget(ctx, tx, by); err != nil {
				return fmt.Errorf("erase %s: %w", h.Name, err)
			}
		}
		kept, err := s.Cases.RetainOwn(ctx, tx, by)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update looks_requests set erased_at = $1 where case_id = $2`, storage.Micros(s.Now()), q.cased); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		return s.Cases.Inform(ctx, tx, q.cased, "erased", s.stays(kept), lang.Values{"day": civil.Of(s.Now())})
	})
}

// stays says what was erased and what has to stay, with the provision that keeps it, as the thread of a case is
// written: in Serbian.
func (s *System) stays(kept []cases.Case) string {
	says := said().Say(lang.SrCyrl, "erased.gone")
	count := map[string]int{}
	for _, c := range kept {
		count[c.Kind]++
	}
	for _, kind := range s.Pack.CaseKinds() {
		if n := count[kind.ID]; n > 0 {
			says += "\n" + said().Say(lang.SrCyrl, "erased.cases", "kind", kind.Title.In(lang.SrCyrl), "n", fmt.Sprint(n), "years", fmt.Sprint(kind.Retention), "cite", s.cite(kind.Provision))
		}
	}
	return says + "\n" + said().Say(lang.SrCyrl, "erased.receipts", "cite", s.cite("zzpl/26/1"))
}

func (s *System) cite(ref law.Ref) string {
	if p, ok := s.Pack.Provision(ref); ok {
		return p.Cite(lang.SrCyrl)
	}
	return string(ref)
}
