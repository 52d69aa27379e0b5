package exchange

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Where a contract finds the persons concerned: the beginnings of its
// [registry.Contract.Subjects]. A pointer into the response has none.
const (
	pathSubject   = "path:"   // a segment that a pattern names
	querySubject  = "query:"  // a parameter
	headerSubject = "header:" // of the request
	bodySubject   = "body:"   // a pointer into the request
)

// maxSubjects bounds the persons whom one response may concern, as the journal
// bounds them.
const maxSubjects = journal.MaxSubjects

// errNobody says that nobody was found where a contract says that somebody is named.
var errNobody = errors.New("nobody is named where the contract says")

// nameInRequest names the persons whom the request is about. Who cannot be
// named in a receipt is not asked about: there would be a response that the
// person never hears of. A body in which persons have to be found must be whole,
// and JSON.
func (in *inboundRequest) nameInRequest(named map[string]string) error {
	unnamed := func(err error) error {
		return problem.New(problem.NotFound, "nothing-known", "service", in.Service.String()).Because(err)
	}
	var document scanned
	whole := len(in.body) > 0 || in.Parts
	if in.looksAt(bodySubject) && whole {
		var err error
		if in.Parts || !isJSON(in.Type) {
			err = errDocument
		} else {
			document, err = scan(in.body, parseFields(nil), in.terms.asked, nil)
		}
		if err != nil {
			return problem.New(problem.Invalid, "question-not-json", "contract", in.terms.ID).Because(err)
		}
	}
	query, err := url.ParseQuery(in.Query)
	if err != nil && in.looksAt(querySubject) { // what two readers could understand differently
		return unnamed(err)
	}
	if whole && in.looksAt(querySubject) && isForm(in.Type) { // many systems read both as one
		return problem.New(problem.Forbidden, "parameter-not-agreed", "contract", in.terms.ID)
	}

	for n, where := range in.terms.Subjects {
		var found []string
		here := true
		must := !strings.HasPrefix(where, registry.MaybeSubject)
		switch kind, name := cutSubject(where); kind {
		case pathSubject:
			var person string
			person, here = named[name] // other paths of the contract have other names
			found, must = []string{person}, must && here
		case querySubject:
			found = query[name]
		case headerSubject:
			found = valuesOf(in.Headers, name)
		case bodySubject:
			if must = must && whole; !whole {
				continue
			}
			found = document.found[n]
			if must = must || document.odd[n]; document.odd[n] || must && document.missed[n] {
				found = nil
			}
		default:
			continue
		}
		if err := in.name(where, found, must); err != nil {
			return unnamed(err)
		}
		in.concerns = in.concerns || here
	}
	return nil
}

// nameInResponse names the persons whom a response is about. Where the contract says that
// somebody is named and nobody is, nothing leaves.
func (in *inboundRequest) nameInResponse(document scanned) error {
	for n, where := range in.terms.Subjects {
		if kind, _ := cutSubject(where); kind != "" {
			continue
		}
		found, must := document.found[n], !strings.HasPrefix(where, registry.MaybeSubject) && len(document.fields) > 0
		if must = must || document.odd[n]; document.odd[n] || must && document.missed[n] {
			found = nil
		}
		if err := in.name(where, found, must); err != nil {
			return err
		}
		in.concerns = true
	}
	return nil
}

// mustName reports whether the contract has a place in the response, or one that is in
// this request, at which somebody has to be named.
func (in *inboundRequest) mustName() bool {
	return in.concerns || slices.ContainsFunc(in.terms.Subjects, func(where string) bool {
		kind, _ := cutSubject(where)
		return kind == "" && !strings.HasPrefix(where, registry.MaybeSubject)
	})
}

// somebody refuses to let something leave that is about persons of whom none was named.
func (in *inboundRequest) somebody() error {
	if in.concerns && len(in.out.Fields) > 0 && len(in.out.subjects) == 0 {
		return in.unnamed(errNobody)
	}
	return nil
}

// unnamed keeps an answer back in which nobody can be named, and tells the operator: the information
// system behind this node does not give what the contract says.
func (in *inboundRequest) unnamed(cause error) error {
	in.g.Log.Error("an answer names nobody where its contract says that somebody is named; it was kept back",
		attr("service", in.Service.String()), attr("contract", in.terms.ID), attr("exchange", in.ID), attr("error", cause.Error()))
	if !errors.Is(cause, errNobody) {
		return problem.New(problem.BadGateway, "system-failed", "service", in.Service.String()).Because(cause)
	}
	return problem.New(problem.BadGateway, "answer-unnamed", "service", in.Service.String(), "contract", in.terms.ID).Because(cause)
}

// looksAt reports whether the contract finds persons in a part of the request.
func (in *inboundRequest) looksAt(kind string) bool {
	return slices.ContainsFunc(in.terms.Subjects, func(where string) bool { k, _ := cutSubject(where); return k == kind })
}

// cutSubject splits a place such as "query:person"; a pointer into the response is
// of no kind.
func cutSubject(where string) (kind, name string) {
	where = strings.TrimPrefix(where, registry.MaybeSubject)
	if strings.HasPrefix(where, "/") {
		return "", where
	}
	kind, name, _ = strings.Cut(where, ":")
	return kind + ":", name
}

func valuesOf(headers []Header, name string) (list []string) {
	name = textproto.CanonicalMIMEHeaderKey(name)
	for _, h := range headers {
		if textproto.CanonicalMIMEHeaderKey(h.Name) == name {
			list = append(list, h.Value)
		}
	}
	return list
}

// name adds the persons found at a place of the contract to the response, in [ReceiptSector]. An
// empty value names nobody; one that is no pseudonym of the contract's sector is an error, and so is it when
// somebody must be named and nobody is.
func (in *inboundRequest) name(where string, found []string, must bool) error {
	for _, person := range found {
		if person == "" {
			continue
		}
		subject, err := in.g.Sectors.Translate(in.terms.Sector, ReceiptSector, person)
		if err != nil {
			return fmt.Errorf("name a person at %s: %w", where, err)
		}
		must = false
		if slices.Contains(in.out.subjects, subject) {
			continue
		}
		if len(in.out.subjects) == maxSubjects {
			return fmt.Errorf("more than %d persons in one answer", maxSubjects)
		}
		in.out.subjects = append(in.out.subjects, subject)
	}
	if must {
		return fmt.Errorf("%s: %w", where, errNobody)
	}
	return nil
}
