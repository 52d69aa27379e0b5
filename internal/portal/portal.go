package portal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/security"
)

// Config is what stands on every portal. Now, Log, Body and Catalogue are needed.
type Config struct {
	Body      lang.Text       // whose portal this is
	Kind      string          // of institution, for the words of its first page: city, registers, supervisor
	PublicURL string          // origin under which people reach it, without a slash at the end
	Help      Help            // how else a person gets help
	Banner    bool            // this is a demonstration, and every page says so
	FormKey   []byte          // 32 bytes, the same on all replicas; empty for a key that lives as long as the process
	Catalogue *lang.Catalogue // the sentences of all rooms
	Now       clock.Now
	Log       *slog.Logger
	SignIn    SignIn   // nil where nobody signs in
	Sessions  Sessions // nil where nobody signs in
	ByContact string   // page on which people sign in without an electronic identity; empty for none
	// Address is where a request comes from, for what is counted by address; that of the
	// connection when nil.
	Address func(r *http.Request) string
	Watch   Watch // nil for nobody
}

// Watch notes what those who watch over many systems should see; it does not wait.
// [security.Log] is one.
type Watch interface{ Note(e security.Event) }

// Help is how else a person gets help: nobody has to use a page. Without it
// nothing is promised, as on a node that serves no public.
type Help struct {
	Phone   string
	Counter lang.Text // where the counter is and when it is open
}

// SignIn leads to the identity provider and back. Each answers the request unless it
// fails.
type SignIn interface {
	BeginSignIn(w http.ResponseWriter, r *http.Request) error
	FinishSignIn(w http.ResponseWriter, r *http.Request) error
	SignOut(w http.ResponseWriter, r *http.Request) error
	// Provider gives the origins to which signing out leads on.
	Provider() []string
}

// Sessions knows who sends a request.
type Sessions interface {
	Actor(r *http.Request) (act.Actor, bool)
}

// Room is what a room brings to the portal: its pages and the ways that lead to
// them. The zero Room brings nothing.
type Room struct {
	Pages     []Page
	Templates fs.FS   // templates/*.html; they may use those of the frame, and not those of another room
	Nav       []Nav   // in the order in which they are shown
	Footer    []Nav   // for everybody, below every page
	Account   Nav     // from the name of who is signed in to what is theirs to say about the account; may be empty
	Home      []Home  // what "/" is, for whom
	Welcome   []Part  // what the first page shows to those who have no home here
	Beside    []Part  // what a person's own page shows of this room
	Waits     []Waits // what of this room waits for whoever is signed in
	Can       []Nav   // what one can do here, for the first page: its title is the key, what it is for the key with "-how"

	// Pieces are parts of pages of other rooms, by a name that both know.
	Pieces map[string]Piece
}

// Page answers one route.
type Page struct {
	Pattern string    // as [http.ServeMux] reads it, with the method
	Right   act.Right // who may; the zero Right is refused by [New]
	Do      func(v *Visit) error

	// Refills says that the same address shows the form that is sent to it, and takes what
	// was typed before: see Visit.hold.
	Refills bool
}

// Nav is a way to a page, for those who have a use for it.
type Nav struct {
	Path, Key string
	Setting   Setting // of the page and of those below it
	Order     int     // of all rooms together, the lowest first
	Whom      func(by act.Actor) bool
	Aside     bool // behind the others, in the fold, where place is narrow
}

// Home is the first page of those whom it is for.
type Home struct {
	Order int // of all rooms together: the lowest that is for the reader is shown
	Whom  func(by act.Actor) bool
	Do    func(v *Visit) error
}

// Part is a part of the first page; empty for nothing.
type Part func(v *Visit) (template.HTML, error)

// Waits are the things that wait for whoever is signed in, a card for each.
type Waits func(v *Visit) ([]template.HTML, error)

// Piece is a part of a page that belongs to another room, about something that both
// know; empty for nothing.
type Piece func(v *Visit, about any) (template.HTML, error)

// Portal is the handler of all pages. Nothing in it changes after [New].
type Portal struct {
	Config
	assets   assets
	speakers map[lang.Tag]Speaker
	frames   *templates
	Forms    FormSealer
	mux      *http.ServeMux
	rooms    []*room
	nav      []Nav
	footer   []Nav
	can      []Nav
	account  Nav
	homes    []home
	handler  http.Handler
	budgets  budgets
}

// room is a Room with its pages parsed, which begin with those of the frame.
type room struct {
	Room
	pages *templates
}

type home struct {
	Home
	room *room
}

// New reads the pages of the frame and of the rooms. A page without a right is
// an error: nothing is open by being forgotten.
func New(cfg Config, rooms ...Room) (*Portal, error) {
	if cfg.Now == nil || cfg.Log == nil || len(cfg.Body) == 0 || cfg.Catalogue == nil {
		return nil, errors.New("portal: Now, Log, Body and Catalogue are needed")
	}
	p := &Portal{Config: cfg, speakers: map[lang.Tag]Speaker{}, mux: http.NewServeMux()}
	if p.Address == nil {
		p.Address = func(r *http.Request) string { return entrance.Proxies{}.Client(r).String() }
	}
	p.budgets = newBudgets(p.Now)
	if len(p.FormKey) == 0 {
		p.FormKey = make([]byte, 32)
		_, _ = rand.Read(p.FormKey) // never fails: crypto/rand ends the program instead
	}
	var err error
	if p.Forms.Sealer, err = seal.New(p.FormKey); err != nil {
		return nil, fmt.Errorf("portal: key of forms: %w", err)
	}
	if p.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	zone, err := time.LoadLocation(civil.Home)
	if err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	for _, tag := range lang.Tags() {
		p.speakers[tag] = Speaker{p.Catalogue, tag, zone}
	}
	p.frames = p.templates(templateFiles)
	if err := p.add(p.own()); err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	for _, r := range rooms {
		if err := p.add(r); err != nil {
			return nil, fmt.Errorf("portal: %w", err)
		}
	}
	byOrder := func(a, b Nav) int { return a.Order - b.Order }
	slices.SortStableFunc(p.nav, byOrder)
	slices.SortStableFunc(p.footer, byOrder)
	slices.SortStableFunc(p.can, byOrder)
	slices.SortStableFunc(p.homes, func(a, b home) int { return a.Order - b.Order })

	secure := p.secure()
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(p.rooms[0].serve(p, Page{Right: act.Anyone(), Do: func(*Visit) error { return problem.New(problem.Forbidden, "cross-site") }}))
	p.handler = logRequests(p.Log, p.Now, guard(secure, p.SignIn, switchLanguage(secure, own.Handler(p.mux))))
	return p, nil
}

// ServeHTTP answers with a page.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// add plugs in a room.
func (p *Portal) add(brought Room) error {
	r := &room{brought, p.templates(templateFiles, brought.Templates)}
	if _, err := r.pages.parse(lang.SrCyrl); err != nil { // a mistake is one in every language
		return err
	}
	for _, page := range r.Pages {
		if page.Right.IsZero() {
			return fmt.Errorf("%s: no right says who may", page.Pattern)
		}
		p.mux.Handle(page.Pattern, r.serve(p, page))
	}
	p.rooms = append(p.rooms, r)
	p.nav, p.footer, p.can = append(p.nav, r.Nav...), append(p.footer, r.Footer...), append(p.can, r.Can...)
	if r.Account.Path != "" {
		p.account = r.Account
	}
	for _, h := range r.Home {
		p.homes = append(p.homes, home{h, r})
	}
	return nil
}

// own are the pages of the frame itself.
func (p *Portal) own() Room {
	pages := append(about(), []Page{
		{Pattern: "GET /{$}", Right: act.Anyone(), Do: (*Visit).home},
		{Pattern: "GET /problems", Right: act.Anyone(), Do: (*Visit).problems},
		{Pattern: "GET /languages", Right: act.Anyone(), Do: (*Visit).languages},
		{Pattern: "GET " + heldPage, Right: act.Anyone(), Do: (*Visit).sendHeld},
		{Pattern: "/", Right: act.Anyone(), Do: func(*Visit) error { return problem.New(problem.NotFound, "page-unknown") }},
	}...)
	if p.SignIn != nil {
		pages = append(pages, p.signInPages()...)
	}
	p.mux.Handle(assetsPattern, p.assets)
	return Room{Pages: pages, Footer: append(aboutWays(), Nav{Path: "/languages", Key: "languages.footer", Order: 900})}
}

// secure says whether browsers reach the portal by https.
func (p *Portal) secure() bool { return strings.HasPrefix(p.PublicURL, "https:") }

// assetsPattern is where style and letters stand, the one route that is no page.
const assetsPattern = "GET /assets/"

// Rows lists every route of the portal with who may.
func (p *Portal) Rows() []act.Row {
	rows := []act.Row{{Pattern: assetsPattern, Right: act.Anyone()}}
	for _, page := range p.Pages() {
		rows = append(rows, act.Row{Pattern: page.Pattern, Right: page.Right})
	}
	return rows
}

// Pages lists every page of the portal with its right, for whoever walks them.
func (p *Portal) Pages() (all []Page) {
	for _, r := range p.rooms {
		all = append(all, r.Pages...)
	}
	return all
}

// serve answers a page: who asks is known and may before the body is read, but for a small
// form that is taken along to the sign-in.
func (r *room) serve(p *Portal, page Page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		v := p.visit(w, request, r)
		v.R = v.R.WithContext(security.By(v.R.Context(), v.who()))
		err := v.hold(page, v.admit(page.Right))
		if err == nil {
			err = v.spend()
		}
		if err == nil {
			err = v.readForm()
		}
		if err == nil {
			err = v.hold(page, page.Do(v))
		}
		if err != nil {
			v.fail(err)
		}
	})
}

// admit is the error of whoever may not have a page anywhere. For which matter
// they may says the room.
func (v *Visit) admit(right act.Right) error {
	return right.Admit(v.Actor)
}
