package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// portal is the handler of all pages. Nothing in it changes after New.
type portal struct {
	Deps
	catalogue *lang.Catalogue
	assets    assets
	speakers  map[lang.Tag]speaker
	pages     map[lang.Tag]*template.Template
	forms     formSealer
	mux       *http.ServeMux
}

// New reads templates and catalogue and plugs in the pages of the rooms that
// deps holds.
func New(deps Deps) (http.Handler, error) {
	if deps.Now == nil || deps.Log == nil || len(deps.Body) == 0 {
		return nil, errors.New("portal: Now, Log and Body are needed")
	}
	p := &portal{Deps: deps, speakers: map[lang.Tag]speaker{}, pages: map[lang.Tag]*template.Template{}, mux: http.NewServeMux()}
	for _, load := range []func() error{p.loadForms, p.loadWords, p.loadPages} {
		if err := load(); err != nil {
			return nil, fmt.Errorf("portal: %w", err)
		}
	}
	p.routes()
	return p.handler(), nil
}

func (p *portal) loadForms() (err error) {
	key := p.FormKey
	if len(key) == 0 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	}
	p.forms, err = newFormSealer(key)
	return err
}

func (p *portal) loadWords() (err error) {
	if p.catalogue, err = Words(); err != nil {
		return err
	}
	zone, err := time.LoadLocation(civil.Home)
	if err != nil {
		return err
	}
	for _, tag := range lang.Tags() {
		p.speakers[tag] = speaker{p.catalogue, tag, zone}
	}
	p.assets, err = loadAssets()
	return err
}

func (p *portal) loadPages() error {
	for tag, s := range p.speakers {
		set, err := template.New("").Funcs(s.funcs()).Funcs(template.FuncMap{"asset": p.assets.address}).
			ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return err
		}
		p.pages[tag] = set
	}
	return nil
}

func (p *portal) handler() http.Handler {
	secure := strings.HasPrefix(p.PublicURL, "https:")
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(p.action(func(*visit) error { return problem.New(problem.Forbidden, "cross-site") }))
	return logRequests(p.Log, p.Now, guard(secure, switchLanguage(secure, own.Handler(p.mux))))
}

// routes plugs in what this node has.
func (p *portal) routes() {
	p.mux.Handle("GET /assets/", p.assets)
	p.on("GET /{$}", p.home)
	p.on("GET /problems", p.problems)
	p.on("/", func(*visit) error { return problem.New(problem.NotFound, "page-unknown") })
	if p.SignIn != nil {
		p.signInRoutes()
	}
	p.personRoutes()
	p.deskRoutes()
	if p.Verifier != nil {
		p.verifyRoutes()
	}
	if p.Registrar != nil {
		p.birthRoutes()
	}
	if p.Oversight != nil {
		p.oversightRoutes()
	}
	if p.Events != nil {
		p.eventRoutes()
	}
	if p.Contracts != nil {
		p.contractRoutes()
	}
	if p.DataServices != nil {
		p.dataServiceRoutes()
	}
	if p.Registry != nil {
		p.registryRoutes()
	}
	if p.Newcomers != nil {
		p.newcomerRoutes()
	}
}

func (p *portal) personRoutes() {
	if p.Offers != nil {
		p.offerRoutes()
	}
	if p.Decisions != nil {
		p.decisionRoutes()
	}
	if p.Looks != nil {
		p.lookRoutes()
	}
	if p.Messages != nil {
		p.signedIn("GET /messages", p.messages)
	}
}

func (p *portal) deskRoutes() {
	if p.Desk != nil {
		p.overviewRoutes()
	}
	if p.Waiting != nil {
		p.signedIn("GET /desk/assessments", p.deskAssessments)
	}
	if p.Referrals != nil {
		p.referralRoutes()
	}
	if p.Payments != nil {
		p.paymentRoutes()
	}
	if p.Answering != nil {
		p.answeringRoutes()
	}
}
