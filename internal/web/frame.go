package web

import (
	"html/template"
	"strings"

	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
)

// frame is what stands around every page.
type frame struct {
	Tag       lang.Tag
	Page      string // name of the page, for the stylesheet
	Title     string
	Body      lang.Text
	Nav       []link
	Languages []link
	Demo      bool
	Name      string // of who is signed in
	Help      Help
	Verify    bool
	Services  bool
	Main      template.HTML
}

type link struct {
	URL  string
	Text string
	Tag  lang.Tag // language of the text where it is not that of the page
	Here bool
}

func (v *visit) frame(page, title, main string) frame {
	f := frame{
		Tag: v.tag, Page: page, Title: title, Body: v.Body, Languages: languageLinks(v.here, v.tag),
		Demo: v.Demo != nil, Nav: v.nav(), Help: v.Help, Verify: v.Verifier != nil, Services: v.DataServices != nil,
		Main: template.HTML(main), //nolint:gosec // made by html/template just before
	}
	if v.known {
		f.Name = v.actor.Name
	}
	return f
}

// nav lists the rooms of this node that the reader has a use for.
func (v *visit) nav() []link {
	var links []link
	add := func(there bool, path, key string) {
		if there {
			links = append(links, link{URL: path, Text: v.say(key), Here: v.under(path)})
		}
	}
	add(v.resident() && v.Offers != nil, "/inbox", "nav.inbox")
	add(v.resident() && v.Looks != nil, "/looks", "nav.looks")
	add(v.resident() && v.portal.Messages != nil, "/messages", "nav.messages")
	add(v.officer() && v.Desk != nil, "/desk", "nav.desk")
	add(v.officer() && v.Desk != nil, "/desk/offers", "nav.offers")
	add(v.officer() && v.Waiting != nil, "/desk/assessments", "nav.assessments")
	add(v.officer() && v.Referrals != nil, "/desk/referrals", "nav.referrals")
	add(v.officer() && v.Desk != nil, "/desk/decisions", "nav.decisions")
	add(v.officer() && v.Payments != nil, "/desk/payments", "nav.payments")
	add(v.officer() && v.Answering != nil, "/desk/messages", "nav.questions")
	add(v.known && v.actor.Has(identity.Registrar) && v.Registrar != nil, "/births", "nav.births")
	add(v.watcher() && v.Oversight != nil, "/desk/operate", "nav.operate")
	add(v.watcher() && v.Oversight != nil, "/desk/exchanges", "nav.exchanges")
	add(v.watcher() && v.Events != nil, "/desk/events", "nav.events")
	add(v.watcher() && v.Oversight != nil, "/desk/hidden", "nav.hidden")
	add(v.atContracts(), "/desk/contracts", "nav.our-contracts")
	add(v.engineer(), "/desk/services", "nav.our-services")
	add(v.DataServices != nil && (v.Registry != nil || v.atContracts() || v.engineer()), "/catalogue", "nav.services")
	add(v.Registry != nil, "/members", "nav.members")
	add(v.admits(), "/members/tokens", "nav.tokens")
	add(v.Registry != nil, "/contracts", "nav.contracts")
	add(v.Registry != nil, "/logs", "nav.logs")
	return links
}

// under reports whether the page belongs to the room at path. The desk itself and
// the members are rooms whose path other rooms begin with.
func (v *visit) under(path string) bool {
	here := v.r.URL.Path
	return here == path || path != "/desk" && path != "/members" && strings.HasPrefix(here, path+"/")
}
