package pages

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/packs"
)

// Now is a Monday morning in Zrenjanin.
var Now = time.Date(2026, time.November, 23, 8, 12, 0, 0, time.UTC)

// Both is a text in Serbian and in English.
func Both(sr, en string) lang.Text { return lang.Text{"sr": sr, "en": en} }

// People are who can be signed in, by the value of the cookie "who".
func People() map[string]act.Actor {
	staff := func(account, name string, role act.Role) act.Actor {
		return act.Actor{Account: account, Name: name, Grants: []act.Grant{{Role: role}}}
	}
	return map[string]act.Actor{
		"mother":    {Account: "milica", Name: "Милица Пример", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": "p"}},
		"neighbour": {Account: "mira", Name: "Мира Пример", Level: act.LevelContact, Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{exchange.ReceiptSector: "n"}},
		"officer":   staff("dragan", "Драган Службеник", identity.Officer),
		"leader":    staff("ljiljana", "Љиљана Руководилац", identity.Leader),
		"registrar": staff("vesna", "Весна Матичар", identity.Registrar),
		"colleague": staff("vera", "Вера Матичар", identity.Registrar),
		"contracts": staff("dragana", "Драгана Потписић", identity.Contracts),
		"auditor":   staff("jelena", "Јелена Скицић", identity.Auditor),
		"operator":  staff("oliver", "Оливер Оператер", identity.Operator),
		"head":      staff("head", "Ана Управник", identity.Administrator),
		"nobody":    {Account: "nobody", Name: "Нико Ниједан"},
	}
}

type sessions struct{}

// Actor implements portal.Sessions by the cookie "who".
func (sessions) Actor(r *http.Request) (act.Actor, bool) {
	c, err := r.Cookie("who")
	if err != nil {
		return act.Actor{}, false
	}
	a, ok := People()[c.Value]
	return a, ok
}

// SignIn is a provider that lets everybody in, or fails with an error.
type SignIn struct{ Err error }

// BeginSignIn implements portal.SignIn.
func (s SignIn) BeginSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.Err == nil {
		http.Redirect(w, r, "https://id.example/?"+r.URL.RawQuery, http.StatusSeeOther)
	}
	return s.Err
}

// FinishSignIn implements portal.SignIn.
func (s SignIn) FinishSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.Err == nil {
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	}
	return s.Err
}

// SignOut implements portal.SignIn.
func (s SignIn) SignOut(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: "who", MaxAge: -1})
	if s.Err == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	return s.Err
}

// Provider implements portal.SignIn.
func (s SignIn) Provider() []string { return nil }

// Config is the portal of an invented city with its sentences.
func Config(words *lang.Catalogue) portal.Config {
	return portal.Config{
		Body: Both("Град Зрењанин", "City of Zrenjanin"), Kind: "city", PublicURL: "https://zrenjanin.example", Help: portal.Help{Phone: "023 000 000"},
		Catalogue: words, Now: func() time.Time { return Now }, Log: slog.New(slog.DiscardHandler), SignIn: SignIn{}, Sessions: sessions{},
	}
}

// Open opens a portal.
func Open(t testing.TB, cfg portal.Config, rooms ...portal.Room) *portal.Portal {
	t.Helper()
	p, err := portal.New(cfg, rooms...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Serbia is the pack that the program comes with.
func Serbia(t testing.TB) *law.Pack {
	t.Helper()
	p, err := law.Load(packs.Serbia())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
