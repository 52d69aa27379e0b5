package exchange

import (
	"fmt"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
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

// nameInRequest names the persons whom the request is about. Who cannot be
// named in a receipt is not asked about: there would be a response that the
// person never hears of. A body in which persons have to be found must be whole,
// and JSON.
func (in *inboundRequest) nameInRequest(named map[string]string) error {
	document := value{raw: []byte("null")}
	if in.looksAt(bodySubject) && (len(in.body) > 0 || in.Parts) {
		if in.Parts || !isJSON(in.Type) {
			return problem.New(problem.Invalid, "question-not-json", "contract", in.terms.ID)
		}
		var err error
		if document, err = parseDocument(in.body); err != nil {
			return problem.New(problem.Invalid, "question-not-json", "contract", in.terms.ID).Because(err)
		}
	}
	query, err := url.ParseQuery(in.Query)
	if err != nil && in.looksAt(querySubject) { // what two readers could understand differently
		return problem.New(problem.NotFound, "nothing-known", "service", in.Service.String()).Because(err)
	}
	err = in.name(func(_ int, where string) []string {
		kind, name := cutSubject(where)
		switch kind {
		case pathSubject:
			return []string{named[name]}
		case querySubject:
			return query[name]
		case headerSubject:
			return valuesOf(in.Headers, name)
		case bodySubject:
			return document.at(tokens(name))
		}
		return nil
	})
	if err != nil {
		return problem.New(problem.NotFound, "nothing-known", "service", in.Service.String()).Because(err)
	}
	return nil
}

// looksAt reports whether the contract finds persons in a part of the request.
func (in *inboundRequest) looksAt(kind string) bool {
	return slices.ContainsFunc(in.terms.Subjects, func(where string) bool { return strings.HasPrefix(where, kind) })
}

// cutSubject splits a place such as "query:person"; a pointer into the response is
// of no kind.
func cutSubject(where string) (kind, name string) {
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

// name adds the persons whom find finds at the contract's places to the response,
// in [ReceiptSector]. n is the number of the place. An empty value names nobody; one that is no pseudonym of
// the contract's sector is an error.
func (in *inboundRequest) name(find func(n int, where string) []string) error {
	for n, where := range in.terms.Subjects {
		for _, person := range find(n, where) {
			if person == "" {
				continue
			}
			subject, err := in.g.Sectors.Translate(in.terms.Sector, ReceiptSector, person)
			if err != nil {
				return fmt.Errorf("name a person at %s: %w", where, err)
			}
			if slices.Contains(in.out.subjects, subject) {
				continue
			}
			if len(in.out.subjects) == maxSubjects {
				return fmt.Errorf("more than %d persons in one answer", maxSubjects)
			}
			in.out.subjects = append(in.out.subjects, subject)
		}
	}
	return nil
}
