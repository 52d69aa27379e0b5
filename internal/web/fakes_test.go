package web

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/registers"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/packs"
)

// now is a Monday morning in Zrenjanin.
var now = time.Date(2026, time.November, 23, 8, 12, 0, 0, time.UTC)

func both(sr, en string) lang.Text { return lang.Text{"sr": sr, "en": en} }

// people are who can be signed in, by the value of the cookie "who".
func people() map[string]act.Actor {
	return map[string]act.Actor{
		"mother":    {Account: "milica", Name: "Милица Пример", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": "p"}},
		"officer":   {Account: "dragan", Name: "Драган Службеник", Grants: []act.Grant{{Role: identity.Officer}}},
		"registrar": {Account: "vesna", Name: "Весна Матичар", Grants: []act.Grant{{Role: identity.Registrar}}},
		"contracts": {Account: "dragana", Name: "Драгана Потписић", Grants: []act.Grant{{Role: identity.Contracts}}},
		"auditor":   {Account: "jelena", Name: "Јелена Скицић", Grants: []act.Grant{{Role: identity.Auditor}}},
		"operator":  {Account: "oliver", Name: "Оливер Оператер", Grants: []act.Grant{{Role: identity.Operator}}},
		"nobody":    {Account: "nobody", Name: "Нико Ниједан"},
	}
}

type sessions struct{}

func (sessions) Actor(r *http.Request) (act.Actor, bool) {
	c, err := r.Cookie("who")
	if err != nil {
		return act.Actor{}, false
	}
	a, ok := people()[c.Value]
	return a, ok
}

type signIn struct{ err error }

func (s signIn) BeginSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.err == nil {
		http.Redirect(w, r, "https://id.example/?"+r.URL.RawQuery, http.StatusSeeOther)
	}
	return s.err
}

func (s signIn) FinishSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.err == nil {
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	}
	return s.err
}

func (s signIn) SignOut(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: "who", MaxAge: -1})
	return s.err
}

type published struct{}

func (published) Members(context.Context) ([]Member, error) {
	return []Member{{ID: "RS-DEMO/GOV/ZRENJANIN", Title: both("Град Зрењанин", "City of Zrenjanin"), Address: "127.0.0.1:9443", Systems: []string{"family", "portal"}, KeyAge: 50 * time.Hour}}, nil
}

func (published) Contracts(context.Context) ([]Contract, error) {
	c := Contract{ID: "c1", Consumer: "RS-DEMO/GOV/ZRENJANIN/family", Provider: "RS-DEMO/GOV/REGISTERS/civil", Service: "births", Purpose: both("Родитељски додатак", "Parental allowance"), Cite: both("чл. 22 Закона", "Art. 22 of the Law"), Fields: []string{"/born", "/order"}, InForce: true}
	stopped := c
	stopped.ID, stopped.InForce, stopped.Why = "c2", false, both("Чл. 22 Закона није на снази.", "Art. 22 of the Law is not in force.")
	return []Contract{c, stopped}, nil
}

func (published) Logs(context.Context) ([]LogState, error) {
	return []LogState{{Origin: "dobosh.example/zrenjanin", Size: 120431, At: now}, {Origin: "dobosh.example/registers"}}, nil
}

func serbia(t testing.TB) *law.Pack {
	t.Helper()
	p, err := law.Load(packs.Serbia())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// site is a portal that is not open yet.
type site struct {
	portal.Config
	Deps
}

func base(t testing.TB) site {
	words, err := Words(registers.Words())
	if err != nil {
		t.Fatal(err)
	}
	return site{portal.Config{
		Body: both("Град Зрењанин", "City of Zrenjanin"), Kind: "city", PublicURL: "https://zrenjanin.example", Help: portal.Help{Phone: "023 000 000"}, Banner: true,
		Catalogue: words, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), SignIn: signIn{}, Sessions: sessions{},
	}, Deps{Pack: serbia(t)}}
}

func supervisor(t testing.TB) site {
	d := base(t)
	d.Help = portal.Help{Counter: both("Трг слободе 10, радним данима од 8 до 15.", "Trg slobode 10, on weekdays from 8 to 15.")}
	d.Kind = "supervisor"
	d.Body, d.Registry = both("Надзорни орган", "Supervisor"), published{}
	return d
}
