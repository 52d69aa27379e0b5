package pages_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	admissionpages "dobosh/internal/admission/pages"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
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
	return "dobosh-join-1.TEXT", admission.Made{ID: "t1", Until: pages.Now.Add(24 * time.Hour)}, nil
}

func (g *gate) Tokens(_ context.Context, by act.Actor, _ page.Key) (page.Page[admission.Made], error) {
	if !by.Has(identity.Operator) {
		return page.Page[admission.Made]{}, problem.New(problem.Forbidden, "not-allowed")
	}
	grant := admission.Grant{Member: registry.ID{Instance: "RS", Class: "GOV", Member: "ADA"}, Node: "n1"}
	return page.Page[admission.Made]{Items: []admission.Made{
		{ID: "t1", Grant: grant, At: pages.Now, Until: pages.Now.Add(time.Hour)}, {ID: "t0", Grant: grant, At: pages.Now, Until: pages.Now.Add(time.Hour), UsedAt: pages.Now},
	}}, nil
}

func (g *gate) Withdraw(_ context.Context, _ act.Actor, token string) error {
	g.withdrawn = append(g.withdrawn, token)
	return nil
}

func open(t testing.TB, g *gate) *portal.Portal {
	t.Helper()
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return pages.Open(t, pages.Config(words), admissionpages.New(g))
}

func TestOperatorsLetNodesIn(t *testing.T) {
	g := &gate{}
	h := open(t, g)
	for _, tag := range lang.Tags() {
		for path, who := range map[string]string{"/members/tokens/new": "operator", "/members/tokens": "operator"} {
			w := pages.Request{Who: who, Path: path, Tag: tag}.To(h)
			if w.Code != 200 {
				t.Fatalf("%s: status %d", path, w.Code)
			}
			pages.Check(t, w.Body.String(), tag)
		}
		form := url.Values{"member": {"RS/GOV/ADA"}, "title": {"Ada"}, "node": {"n1"}, "subsystems": {"receipts, family"}}
		w := pages.Request{Who: "operator", Path: "/members/tokens/new", Tag: tag, Form: form}.To(h)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "dobosh join dobosh-join-1.TEXT") {
			t.Fatalf("the token is not shown: %d", w.Code)
		}
		pages.Check(t, w.Body.String(), tag)
	}
	if got := g.made[0]; got.Member.Member != "ADA" || len(got.Subsystems) != 2 || got.Node != "n1" {
		t.Errorf("made for %+v", got)
	}
	for _, wrong := range []url.Values{{"member": {"ADA"}, "node": {"n1"}}, {"member": {"RS/GOV/ADA"}, "node": {""}}} {
		if w := (pages.Request{Who: "operator", Path: "/members/tokens/new", Form: wrong}).To(h); w.Code != 422 {
			t.Errorf("%v: status %d", wrong, w.Code)
		}
	}
	if w := (pages.Request{Who: "operator", Path: "/members/tokens/t1/withdraw", Form: url.Values{}}).To(h); w.Code != 303 || len(g.withdrawn) != 1 {
		t.Errorf("withdraw: %d", w.Code)
	}
}

func TestOthersLetNobodyIn(t *testing.T) {
	h := open(t, &gate{})
	for who, status := range map[string]int{"": 401, "officer": 403, "mother": 403} {
		for _, path := range []string{"/members/tokens/new", "/members/tokens"} {
			if w := (pages.Request{Who: who, Path: path}).To(h); w.Code != status {
				t.Errorf("%q at %s: status %d", who, path, w.Code)
			}
		}
		form := url.Values{"member": {"RS/GOV/ADA"}, "node": {"n1"}}
		if w := (pages.Request{Who: who, Path: "/members/tokens/new", Form: form}).To(h); w.Code != status {
			t.Errorf("%q makes a token: status %d", who, w.Code)
		}
	}
}
