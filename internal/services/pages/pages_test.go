package pages

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/identity"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

func cityPages() []pages.Expected {
	return []pages.Expected{
		{Path: "/", Status: 200}, {Who: "mother", Path: "/", Status: 200}, {Who: "nobody", Path: "/", Status: 200}, {Who: "officer", Path: "/", Status: 303},
		{Who: "mother", Path: "/inbox", Status: 200}, {Who: "mother", Path: "/offers/first", Status: 200}, {Who: "mother", Path: "/offers/second", Status: 200}, {Who: "mother", Path: "/offers/taken", Status: 200},
		{Who: "mother", Path: "/offers/declined", Status: 200}, {Who: "mother", Path: "/offers/objected", Status: 200}, {Who: "mother", Path: "/offers/referred", Status: 200}, {Who: "mother", Path: "/offers/lapsed", Status: 200},
		{Who: "mother", Path: "/offers/first/amount", Status: 200}, {Who: "mother", Path: "/offers/second/amount", Status: 200},
		{Who: "mother", Path: "/offers/first/person", Status: 200}, {Who: "mother", Path: "/offers/first/decline", Status: 200}, {Who: "mother", Path: "/offers/first/never", Status: 200}, {Who: "mother", Path: "/offers/taken/never", Status: 409},
		{Who: "mother", Path: "/offers/none", Status: 404}, {Who: "mother", Path: "/decisions", Status: 200}, {Who: "mother", Path: "/decisions/d1", Status: 200}, {Who: "mother", Path: "/decisions/fresh", Status: 200}, {Who: "mother", Path: "/decisions/d1/appeal", Status: 200}, {Who: "mother", Path: "/decisions/fresh/appeal", Status: 200},
		{Path: "/verify", Status: 200}, {Path: "/verify/" + code, Status: 200}, {Path: "/verify/ZR-1", Status: 422},
		{Who: "officer", Path: "/desk", Status: 200}, {Who: "officer", Path: "/desk/offers", Status: 200}, {Who: "officer", Path: "/desk/offers?state=open", Status: 200}, {Who: "officer", Path: "/desk/offers?state=x", Status: 200},
		{Who: "officer", Path: "/desk/assessments", Status: 200}, {Who: "officer", Path: "/desk/referrals", Status: 303}, {Who: "officer", Path: "/desk/referrals/r1", Status: 200}, {Who: "officer", Path: "/desk/referrals/closed", Status: 200},
		{Who: "officer", Path: "/desk/referrals/r1/dismiss", Status: 200}, {Who: "officer", Path: "/desk/referrals/ready", Status: 200}, {Who: "officer", Path: "/desk/referrals/both", Status: 200}, {Who: "officer", Path: "/desk/referrals/ready/correct/child.born", Status: 200}, {Who: "officer", Path: "/desk/referrals/ready/correct/mother.resident", Status: 200}, {Who: "officer", Path: "/desk/referrals/ready/correct/none", Status: 404}, {Who: "mother", Path: "/desk/referrals/ready/correct/child.born", Status: 403}, {Who: "officer", Path: "/desk/decisions", Status: 200}, {Who: "officer", Path: "/desk/payments", Status: 200},
		{Who: "officer", Path: "/desk/payments/f1/release", Status: 200}, {Who: "officer", Path: "/desk/payments/p1/unpaid", Status: 200},
		{Path: "/inbox", Status: 401}, {Path: "/desk", Status: 401}, {Who: "mother", Path: "/desk", Status: 403}, {Who: "auditor", Path: "/desk/offers", Status: 403},
	}
}

func emptyPages() []pages.Expected {
	var all []pages.Expected
	for _, path := range []string{"/", "/inbox", "/decisions"} {
		all = append(all, pages.Expected{Who: "mother", Path: path, Status: 200})
	}
	for _, path := range []string{"/desk/offers", "/desk/assessments", "/desk/decisions", "/desk/payments"} {
		all = append(all, pages.Expected{Who: "officer", Path: path, Status: 200})
	}
	return append(all, pages.Expected{Path: "/verify/" + code, Status: 404})
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	h := open(t, &city{})
	pages.Walk(t, h, cityPages())
	pages.Small(t, h, cityPages())
	pages.Walk(t, open(t, &city{empty: true}), emptyPages())
}

// The desk is for officers; what is a person's own is for whoever is signed in,
// and the room says whose it is.
func TestThoseWhoAreNotMeantAreRefused(t *testing.T) {
	p := open(t, &city{})
	pages.Refuses(t, p, "", 401)
	for _, who := range []string{"mother", "registrar", "contracts", "auditor", "operator", "nobody"} {
		for _, page := range p.Pages() {
			if !slices.Contains(page.Right.Roles, identity.Officer) {
				continue
			}
			method, path, _ := strings.Cut(page.Pattern, " ")
			q := pages.Request{Who: who, Path: path}
			if method == http.MethodPost {
				q.Form = url.Values{}
			}
			pages.Says(t, p, q, 403)
		}
	}
}

// The pages of other rooms are led to only where the node has these rooms.
func TestWhatIsNotOnTheNodeIsNotOnThePage(t *testing.T) {
	h := open(t, &city{})
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/looks"}, 404)
	for who, paths := range map[string][]string{"mother": {"/", "/inbox", "/offers/first"}, "officer": {"/desk", "/desk/referrals/r1"}} {
		for _, path := range paths {
			html := pages.Request{Who: who, Path: path}.To(h).Body.String()
			for _, gone := range []string{`"/looks`, `"/messages`, `"/desk/messages`, `"/births`} {
				if strings.Contains(html, gone) {
					t.Errorf("%s leads to %s, which is not there", path, gone)
				}
			}
		}
	}
}

func TestWhatOtherRoomsSayStandsOnAPersonsOwnPage(t *testing.T) {
	beside := portal.Room{Beside: []portal.Part{func(*portal.Visit) (template.HTML, error) { return "<p>beside</p>", nil }}}
	h := pages.Open(t, config(t), opened(t, &city{}), beside)
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/"}, 200, "<p>beside</p>")
}
