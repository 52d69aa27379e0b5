package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	casepages "dobosh/internal/cases/pages"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	searchpages "dobosh/internal/search/pages"
	"dobosh/internal/storage"
	"dobosh/internal/words"
	"dobosh/internal/work"
	"dobosh/packs"
)

// CasesOptions are the choices of "dobosh-lab bench cases".
type CasesOptions struct {
	Dir    string // of the database of SQLite; what a run before has loaded there is used again
	Engine string // SQLite or Postgres
	Server string // URL of a database of PostgreSQL, which is used again too; empty for a server that this starts
	Cases  int    // 1,000 to 5,000,000
	Times  int    // how often each page is asked for, and how many cases are begun; 20 to 100,000
	// Reminders is how many are due at once in the end, each by mail; 0 for none, up to a million.
	Reminders int
	Log       io.Writer // progress for people
}

// CasesResult is what the measurement says, one JSON object.
type CasesResult struct {
	Engine    string            `json:"engine"`
	Cases     int               `json:"cases"`
	Open      int               `json:"open"`             // of them
	LoadS     float64           `json:"load_s,omitempty"` // 0 when they were there
	Create    Latency           `json:"create"`           // Open of the room as an event has it, in a transaction that is durable
	CreateCPU float64           `json:"create_cpu_ms"`    // of this process, for one
	Appeal    Latency           `json:"create_by_page"`   // the same of a person who appeals in words, and is told that it came
	Load      [2]string         `json:"load_average"`     // of the machine, before and after the pages
	Pages     map[string]Answer `json:"pages"`            // by the name of what is asked for
	Reminders *Reminders        `json:"reminders,omitempty"`
	Cores     int               `json:"cores"`
}

// Latency is in milliseconds.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Answer is what a page was answered with.
type Answer struct {
	Latency
	Bytes int `json:"bytes"` // of the last, not compressed
}

func latency(all []time.Duration) Latency {
	return Latency{milliseconds(quantile(all, 0.5)), milliseconds(quantile(all, 0.99)), milliseconds(quantile(all, 1))}
}

// OK says that every page was answered and cases were begun. How fast is for people to judge.
func (r CasesResult) OK() bool { return len(r.Pages) > 0 && r.Create.P99 > 0 }

// Write says it for people.
func (r CasesResult) Write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s, %d cores: %d cases, %d open, loaded in %.0f s; load average %s, then %s\na case begun: %.1f ms median, %.1f ms (99%%), %.2f ms of CPU\nan appeal: %.1f ms median, %.1f ms (99%%)\n",
		r.Engine, r.Cores, r.Cases, r.Open, r.LoadS, r.Load[0], r.Load[1], r.Create.P50, r.Create.P99, r.CreateCPU, r.Appeal.P50, r.Appeal.P99)
	for _, ask := range asks(nil, "") {
		a := r.Pages[ask.name]
		_, _ = fmt.Fprintf(w, "%-22s %8.1f ms median %8.1f ms (99%%) %8.1f ms at most, %d bytes\n", ask.name, a.P50, a.P99, a.Max, a.Bytes)
	}
	if m := r.Reminders; m != nil {
		_, _ = fmt.Fprintf(w, "%d reminders due at once: told in %.1f s, sent in %.1f s, %.2f ms of CPU each; meanwhile a case begun %.1f ms median, %.1f ms (99%%), the queue %.1f and %.1f ms, a case at the desk %.1f and %.1f ms (%d times)\n",
			m.Due, m.ToldS, m.SentS, m.CPU, m.Create.P50, m.Create.P99, m.Queue.P50, m.Queue.P99, m.Case.P50, m.Case.P99, m.Begun)
	}
}

// casesRig is the room of cases with its pages, as a node has them, with nothing beside it.
type casesRig struct {
	db     *storage.DB
	url    string // of the database of PostgreSQL
	room   *cases.Room
	runner *work.Runner
	mail   *noticesRig
	front  http.Handler
	pack   *law.Pack
	now    time.Time
}

// RunCases measures the room of cases with many of them: what it takes to begin one, and how long the real pages take. A
// session is there already, and receipts of looks are not written: both are measured with the loop.
func RunCases(ctx context.Context, o CasesOptions) (result CasesResult, err error) {
	result = CasesResult{Engine: o.Engine, Cases: o.Cases, Pages: map[string]Answer{}, Cores: runtime.NumCPU()}
	if err := errors.Join(within("cases", o.Cases, 1000, 5_000_000), within("times", o.Times, 20, 100_000), within("reminders", o.Reminders, 0, 1_000_000)); err != nil {
		return result, err
	}
	where := storage.Config{Engine: o.Engine, Path: filepath.Join(o.Dir, "cases.db"), URL: o.Server}
	if o.Engine == Postgres && o.Server == "" {
		server, err := startPostgres(ctx)
		if err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		where.URL = server.url("postgres")
	}
	r, end, err := newCasesRig(ctx, where)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, end()) }()
	begun := time.Now()
	loaded, err := r.load(ctx, o)
	if err != nil {
		return result, err
	}
	if loaded {
		result.LoadS = round(time.Since(begun).Seconds())
	}
	if err := r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from cases_cases where ended_at = 0`).Scan(&result.Open); err != nil {
		return result, err
	}
	if err := r.room.Fold(ctx); err != nil { // as a node does every minute
		return result, err
	}
	numbers, err := r.numbers(ctx, o)
	if err != nil {
		return result, err
	}
	own, err := r.ownNumber(ctx)
	if err != nil {
		return result, err
	}
	result.Load[0] = loadAverage()
	for _, ask := range asks(numbers, own) {
		if result.Pages[ask.name], err = r.ask(ctx, ask, o.Times); err != nil {
			return result, err
		}
		a := result.Pages[ask.name]
		_, _ = fmt.Fprintf(o.Log, "%s: %.1f ms, %.1f ms (99%%)\n", ask.name, a.P50, a.P99)
	}
	busy := cpuSoFar()
	for into, how := range map[*Latency]string{&result.Create: "event", &result.Appeal: "page"} {
		var took []time.Duration
		for i := range o.Times {
			one, err := r.begin(ctx, how, i)
			if err != nil {
				return result, err
			}
			took = append(took, one)
		}
		*into = latency(took)
	}
	result.CreateCPU = round(float64((cpuSoFar() - busy).Microseconds()) / 2000 / float64(o.Times))
	result.Load[1] = loadAverage()
	_, _ = fmt.Fprintf(o.Log, "a case begun: %.1f ms, %.1f ms (99%%); an appeal: %.1f, %.1f\n", result.Create.P50, result.Create.P99, result.Appeal.P50, result.Appeal.P99)
	if o.Reminders > 0 {
		reminders, err := r.remind(ctx, o, numbers)
		if err != nil {
			return result, err
		}
		result.Reminders = &reminders
	}
	return result, nil
}

// unwritten takes looks and keeps none.
type unwritten struct{}

func (unwritten) Looked(context.Context, act.Actor, cases.Case, ...string) error { return nil }

// Pseudonym implements cases.Pseudonyms: whoever is asked for is one of those who were loaded.
func (unwritten) Pseudonym(_ string, n jmbg.Number) (string, error) {
	return personOf(int(n.String()[6])), nil
}

func newCasesRig(ctx context.Context, where storage.Config) (r *casesRig, end func() error, err error) {
	var ends []func() error
	end = func() (err error) {
		for i := range ends {
			err = errors.Join(err, ends[len(ends)-1-i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	pack, err := law.Load(packs.Serbia())
	if err != nil {
		return nil, end, err
	}
	said, err := words.Of()
	if err != nil {
		return nil, end, err
	}
	member, err := registry.ParseID(casesBody)
	if err != nil {
		return nil, end, err
	}
	key, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		return nil, end, err
	}
	log := slog.New(slog.DiscardHandler)
	db, err := storage.Open(ctx, where, log, work.Migrations(), notify.Migrations(), cases.Migrations())
	if err != nil {
		return nil, end, err
	}
	ends = append(ends, db.Close)
	r = &casesRig{db: db, url: where.URL, pack: pack, now: time.Now(), runner: work.New(db, now, log, "bench"), mail: &noticesRig{db: db, urgent: make(chan string, 1)}}
	closed, err := r.mail.post(ctx, r.runner)
	ends = append(ends, closed)
	if err != nil {
		return nil, end, err
	}
	title := func(registry.ID) lang.Text {
		return lang.Text{"sr": "Град Зрењанин", "en": "City of Zrenjanin"}
	}
	r.room = cases.New(cases.Config{
		Member: member, Prefix: "ZR", PublicURL: "http://localhost", Title: title, Pack: pack, DB: db, Key: key, Now: clock.System, NameKey: bytes.Repeat([]byte{9}, 32), Pseudonyms: unwritten{},
		Work: r.runner, Notifier: r.mail.courier, Deliveries: r.mail.courier,
	})
	r.room.WatchedBy(unwritten{})
	brought, err := casepages.New(r.room, pack)
	if err != nil {
		return nil, end, err
	}
	r.front, err = portal.New(portal.Config{
		Body: title(member), Kind: "city", PublicURL: "http://localhost", Catalogue: said, Now: clock.System, Log: log, Sessions: known{},
	}, brought, searchpages.New(r.room, pack))
	return r, end, err
}

// known are those who ask, by a header of the request.
type known struct{}

// Actor implements portal.Sessions.
func (known) Actor(r *http.Request) (act.Actor, bool) {
	officer := func(scope act.Scope) act.Actor {
		return act.Actor{Account: "officer-7", Grants: []act.Grant{{Role: identity.Officer, Scope: scope}}}
	}
	switch r.Header.Get("X-Who") {
	case "officer":
		return officer(act.Scope{}), true
	case "unit":
		return officer(act.Scope{Unit: "second-instance"}), true
	case "service":
		return officer(act.Scope{Service: "parental-allowance"}), true
	case "scopes":
		two := officer(act.Scope{Unit: "second-instance"})
		two.Grants = append(two.Grants, officer(act.Scope{Place: "zr-22"}).Grants...)
		return two, true
	case "leader":
		return act.Actor{Account: "leader-1", Grants: []act.Grant{{Role: identity.Leader}}}, true
	case "leader of a place":
		return act.Actor{Account: "leader-2", Grants: []act.Grant{{Role: identity.Leader, Scope: act.Scope{Place: "zr-03"}}}}, true
	case "person":
		return act.Actor{Account: "person", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": personOf(1077)}}, true
	case "busy":
		return act.Actor{Account: "busy", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": personOf(busyPerson)}}, true
	}
	return act.Actor{}, false
}

// ask is a page with who asks for it; of several addresses each in turn.
type ask struct {
	name, who string
	paths     []string
	form      url.Values // sent with it, where it is one
}

// asks are the pages that are measured: numbers are those of cases of all years, own is one of the person with many.
func asks(numbers []string, own string) []ask {
	of := func(prefix string) (paths []string) {
		for _, number := range numbers {
			paths = append(paths, prefix+number)
		}
		return paths
	}
	one := func(path string) []string { return []string{path} }
	find := func(words string) []string { return one("/desk/cases?q=" + url.QueryEscape(words)) }
	search := func(words string) []string { return one("/search?q=" + url.QueryEscape(words)) }
	return []ask{
		{"queue", "officer", one("/desk/cases"), nil},
		{"queue of a unit", "unit", one("/desk/cases"), nil},
		{"queue of a service", "service", one("/desk/cases"), nil},
		{"queue of two scopes", "scopes", one("/desk/cases"), nil},
		{"queue, own", "officer", one("/desk/cases?state=mine"), nil},
		{"queue, free", "officer", one("/desk/cases?state=free"), nil},
		{"queue, free, unit", "unit", one("/desk/cases?state=free"), nil},
		{"queue, party waits", "officer", one("/desk/cases?state=waiting-party"), nil},
		{"next", "officer", one("/desk/cases/next"), nil},
		{"case at the desk", "officer", of("/desk/cases/"), nil},
		{"queue, unread", "officer", one("/desk/cases?state=unread"), nil},
		{"queue, second officer", "officer", one("/desk/cases?state=second"), nil},
		{"queue, triage, unit", "unit", one("/desk/cases?state=triage"), nil},
		{"ended", "officer", one("/desk/cases?state=ended"), nil},
		{"ended, of a unit", "unit", one("/desk/cases?state=ended"), nil},
		{"ended, of two scopes", "scopes", one("/desk/cases?state=ended"), nil},
		{"ended, by status", "officer", one("/desk/cases?state=ended&kind=appeal&status=upheld"), nil},
		{"tasks", "officer", one("/desk/tasks"), nil},
		{"undelivered", "officer", one("/desk/cases/undelivered"), nil},
		{"search a number", "officer", of("/desk/cases?q="), nil},
		{"search one word", "officer", find("novorodjeno"), nil},
		{"search, common", "officer", find("право"), nil},
		{"search, common two", "officer", find("право на услугу"), nil},
		{"search two words", "officer", find("жалба Чента"), nil},
		{"search, rare", "officer", find("withdrawn Tomaševac"), nil},
		{"search, nothing", "officer", find("сутра"), nil},
		{"search in a unit", "unit", find("novorođeno"), nil},
		{"search in two scopes", "scopes", find("odbijeno"), nil},
		{"search a name", "officer", one("/desk/cases/person"), url.Values{"name": {"petrovic ana"}}},
		{"search a person", "officer", one("/desk/cases/person"), url.Values{"number": {jmbg.Make(civil.Date(1996, 3, 7), 85, 512).String()}}},
		{"leader", "leader", one("/desk/leader"), nil},
		{"leader of a place", "leader of a place", one("/desk/leader"), nil},
		{"leader, as a file", "leader", one("/desk/leader.csv"), nil},
		{"own cases", "person", one("/cases"), nil},
		{"own cases, many", "busy", one("/cases"), nil},
		{"own case", "busy", one("/cases/" + own), nil},
		{"people search", "person", search("dodatak"), nil},
		{"people search, common", "busy", search("право"), nil},
		{"people search, many", "busy", search("новорођено дете"), nil},
		{"people search, nobody", "", search("право"), nil},
	}
}

// ask asks for a page so many times, one after the other, and says how long the whole answer took.
func (r *casesRig) ask(ctx context.Context, a ask, times int) (Answer, error) {
	var took []time.Duration
	size := 0
	if a.form != nil {
		times = min(times, 20) // no more are let through in a minute
	}
	for i := range times + 3 { // three to warm up
		one, bytes, err := r.once(ctx, a, i)
		if err != nil {
			return Answer{}, err
		}
		if size = bytes; i >= 3 {
			took = append(took, one)
		}
	}
	return Answer{latency(took), size}, nil
}

// once asks for a page, of several in turn the one with a number.
func (r *casesRig) once(ctx context.Context, a ask, i int) (took time.Duration, size int, err error) {
	method, body := http.MethodGet, ""
	if a.form != nil {
		method, body = http.MethodPost, a.form.Encode()
	}
	request := httptest.NewRequestWithContext(ctx, method, "http://localhost"+a.paths[i%len(a.paths)], strings.NewReader(body))
	request.Header.Set("X-Who", a.who)
	if a.form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	begun := time.Now()
	r.front.ServeHTTP(answer, request)
	took = time.Since(begun)
	if answer.Code != http.StatusOK && answer.Code != http.StatusSeeOther {
		return took, 0, fmt.Errorf("%s: answered with %d", a.name, answer.Code)
	}
	return took, answer.Body.Len(), nil
}
