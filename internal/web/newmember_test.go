package web

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// gate is the office of an authority with one token that waits and one that was
// used.
type gate struct {
	made      []admission.Grant
	withdrawn []string
}

func (g *gate) Offer(_ context.Context, by act.Actor, grant admission.Grant) (string, admission.Made, error) {
	if !by.Has(identity.Operator) {
		return "", admission.Made{}, problem.New(problem.Forbidden, "not-allowed")
	}
	if grant.Node == "" {
		return "", admission.Made{}, problem.New(problem.Invalid, "form-incomplete").At("node", "node-name-form")
	}
	g.made = append(g.made, grant)
	return "dobosh-join-1.TEXT", admission.Made{ID: "t1", Until: now.Add(24 * time.Hour)}, nil
}

func (g *gate) Tokens(_ context.Context, by act.Actor, _ page.Key) (page.Page[admission.Made], error) {
	if !by.Has(identity.Operator) {
		return page.Page[admission.Made]{}, problem.New(problem.Forbidden, "not-allowed")
	}
	grant := admission.Grant{Member: registry.ID{Instance: "RS", Class: "GOV", Member: "ADA"}, Node: "n1"}
	return page.Page[admission.Made]{Items: []admission.Made{
		{ID: "t1", Grant: grant, At: now, Until: now.Add(time.Hour)}, {ID: "t0", Grant: grant, At: now, Until: now.Add(time.Hour), UsedAt: now},
	}}, nil
}

func (g *gate) Withdraw(_ context.Context, by act.Actor, token string) error {
	g.withdrawn = append(g.withdrawn, token)
	return nil
}

func TestOperatorsLetNodesIn(t *testing.T) {
	d, g := supervisor(t), &gate{}
	d.Newcomers = g
	h := open(t, d)
	for _, tag := range lang.Tags() {
		for path, who := range map[string]string{"/members/new": "operator", "/members/tokens": "operator"} {
			w := request{who: who, path: path, tag: tag}.to(h)
			if w.Code != 200 {
				t.Fatalf("%s: status %d", path, w.Code)
			}
			checkPage(t, w.Body.String(), string(tag))
			checkScript(t, w.Body.String(), tag)
		}
		form := url.Values{"member": {"RS/GOV/ADA"}, "title": {"Ada"}, "node": {"n1"}, "subsystems": {"receipts, family"}}
		w := request{who: "operator", path: "/members/new", tag: tag, form: form}.to(h)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "dobosh join dobosh-join-1.TEXT") {
			t.Fatalf("the token is not shown: %d", w.Code)
		}
		checkPage(t, w.Body.String(), string(tag))
	}
	if got := g.made[0]; got.Member.Member != "ADA" || len(got.Subsystems) != 2 || got.Node != "n1" {
		t.Errorf("made for %+v", got)
	}
	for _, wrong := range []url.Values{{"member": {"ADA"}, "node": {"n1"}}, {"member": {"RS/GOV/ADA"}, "node": {""}}} {
		if w := (request{who: "operator", path: "/members/new", form: wrong}).to(h); w.Code != 422 {
			t.Errorf("%v: status %d", wrong, w.Code)
		}
	}
	if w := (request{who: "operator", path: "/members/tokens/t1/withdraw", form: url.Values{}}).to(h); w.Code != 303 || len(g.withdrawn) != 1 {
		t.Errorf("withdraw: %d", w.Code)
	}
}

func TestOthersLetNobodyIn(t *testing.T) {
	d := supervisor(t)
	d.Newcomers = &gate{}
	h := open(t, d)
	for who, status := range map[string]int{"": 401, "officer": 403, "mother": 403} {
		for _, path := range []string{"/members/new", "/members/tokens"} {
			if w := (request{who: who, path: path}).to(h); w.Code != status {
				t.Errorf("%q at %s: status %d", who, path, w.Code)
			}
		}
		form := url.Values{"member": {"RS/GOV/ADA"}, "node": {"n1"}}
		if w := (request{who: who, path: "/members/new", form: form}).to(h); w.Code != status {
			t.Errorf("%q makes a token: status %d", who, w.Code)
		}
	}
}
