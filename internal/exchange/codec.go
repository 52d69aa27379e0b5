package exchange

import (
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// encode writes a request as it is journaled and travels.
func (q RequestMeta) encode() ([]byte, error) {
	w := newWriter()
	w.number("v", int64(q.Version))
	w.text("id", q.ID, true)
	w.marshal("at", q.At)
	w.marshal("client", q.Client)
	w.marshal("service", q.Service)
	w.text("contract", q.Contract, true)
	w.text("method", q.Method, true)
	w.text("path", q.Path, true)
	w.text("query", q.Query, false)
	w.text("type", q.Type, false)
	w.text("accept", q.Accept, false)
	w.text("purpose", q.Purpose, true)
	w.text("provision", string(q.Provision), true)
	w.text("matter", q.Matter, false)
	w.text("role", q.Role, true)
	w.text("message", q.Message, false)
	if q.Behalf != (registry.ID{}) {
		w.marshal("behalf", q.Behalf)
	}
	w.headers("headers", q.Headers)
	w.text("trace", q.Trace, false)
	w.truth("parts", q.Parts)
	return w.end()
}

// decode reads a request; every member at most once, and none that is unknown.
func (q *RequestMeta) decode(raw []byte) error {
	l := newLexer(raw)
	l.object(func(name []byte) int {
		switch string(name) {
		case "v":
			q.Version = int(l.number())
			return 0
		case "id":
			q.ID = l.text()
			return 1
		case "at":
			l.into(&q.At)
			return 2
		case "client":
			l.into(&q.Client)
			return 3
		case "service":
			l.into(&q.Service)
			return 4
		case "contract":
			q.Contract = l.text()
			return 5
		case "method":
			q.Method = l.text()
			return 6
		case "path":
			q.Path = l.text()
			return 7
		case "query":
			q.Query = l.text()
			return 8
		case "type":
			q.Type = l.text()
			return 9
		case "accept":
			q.Accept = l.text()
			return 10
		case "purpose":
			q.Purpose = l.text()
			return 11
		case "provision":
			q.Provision = law.Ref(l.text())
			return 12
		case "matter":
			q.Matter = l.text()
			return 13
		case "role":
			q.Role = l.text()
			return 14
		case "message":
			q.Message = l.text()
			return 15
		case "behalf":
			l.into(&q.Behalf)
			return 16
		case "headers":
			q.Headers = l.headers()
			return 17
		case "trace":
			q.Trace = l.text()
			return 18
		case "parts":
			q.Parts = l.truth()
			return 19
		}
		return -1
	})
	return l.end()
}

// encode writes a response as it is journaled and travels.
func (r ResponseMeta) encode() ([]byte, error) {
	w := newWriter()
	w.number("v", int64(r.Version))
	w.text("id", r.ID, true)
	w.marshal("at", r.At)
	w.text("question", r.Request, true)
	w.marshal("asker", r.Asker)
	w.marshal("holder", r.Holder)
	w.text("act", r.Act, true)
	w.text("contract", r.Contract, false)
	w.text("purpose", r.Purpose, false)
	w.text("provision", string(r.Provision), false)
	w.text("matter", r.Matter, false)
	w.text("role", r.Role, false)
	if r.Status != 0 {
		w.number("status", int64(r.Status))
	}
	w.text("type", r.Type, false)
	w.texts("fields", r.Fields)
	if r.Refusal != nil {
		w.member("refusal")
		w.refusal(*r.Refusal)
	}
	if r.Behalf != (registry.ID{}) {
		w.marshal("behalf", r.Behalf)
	}
	w.headers("headers", r.Headers)
	w.truth("parts", r.Parts)
	if r.Hidden != nil {
		w.member("hidden")
		w.b = append(w.b, '{')
		w.marshal("until", r.Hidden.Until)
		w.text("provision", string(r.Hidden.Provision), true)
		w.b = append(w.b, '}')
	}
	return w.end()
}

// decode reads a response; every member at most once, and none that is unknown.
func (r *ResponseMeta) decode(raw []byte) error {
	l := newLexer(raw)
	l.object(func(name []byte) int {
		switch string(name) {
		case "v":
			r.Version = int(l.number())
			return 0
		case "id":
			r.ID = l.text()
			return 1
		case "at":
			l.into(&r.At)
			return 2
		case "question":
			r.Request = l.text()
			return 3
		case "asker":
			l.into(&r.Asker)
			return 4
		case "holder":
			l.into(&r.Holder)
			return 5
		case "act":
			r.Act = l.text()
			return 6
		case "contract":
			r.Contract = l.text()
			return 7
		case "purpose":
			r.Purpose = l.text()
			return 8
		case "provision":
			r.Provision = law.Ref(l.text())
			return 9
		case "matter":
			r.Matter = l.text()
			return 10
		case "role":
			r.Role = l.text()
			return 11
		case "status":
			r.Status = int(l.number())
			return 12
		case "type":
			r.Type = l.text()
			return 13
		case "fields":
			r.Fields = l.texts()
			return 14
		case "refusal":
			r.Refusal = l.refusal()
			return 15
		case "behalf":
			l.into(&r.Behalf)
			return 16
		case "headers":
			r.Headers = l.headers()
			return 17
		case "parts":
			r.Parts = l.truth()
			return 18
		case "hidden":
			r.Hidden = l.hidden()
			return 19
		}
		return -1
	})
	return l.end()
}

// headers reads a list of names with their values.
func (l *lexer) headers() (list []Header) {
	l.list(func() {
		pair := l.texts()
		if len(pair) != 2 {
			l.fail("a header is a name and a value")
			return
		}
		list = append(list, Header{pair[0], pair[1]})
	})
	return list
}

func (l *lexer) hidden() *Hidden {
	h := &Hidden{}
	l.object(func(name []byte) int {
		switch string(name) {
		case "until":
			l.into(&h.Until)
			return 0
		case "provision":
			h.Provision = law.Ref(l.text())
			return 1
		}
		return -1
	})
	return h
}
