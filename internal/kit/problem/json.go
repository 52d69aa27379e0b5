package problem

import (
	"encoding/json"
	"net/http"

	"dobosh/internal/kit/lang"
)

// Say finds the sentence for a key in a language, as [lang.Catalogue.Say].
type Say func(tag lang.Tag, key string, pairs ...string) string

// Document is a problem document of RFC 9457 with two members of our own:
// the stable code, and what is wrong with each field.
type Document struct {
	Type   string          `json:"type"`
	Title  string          `json:"title"`
	Status int             `json:"status"`
	Code   string          `json:"code"`
	Fields []FieldDocument `json:"fields,omitempty"`
}

// FieldDocument says in a sentence what is wrong with a field.
type FieldDocument struct {
	Name  string `json:"name"`
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Document renders the problem in one language.
func (p *Problem) Document(tag lang.Tag, say Say) Document {
	d := Document{
		Type:   "/problems#" + p.Code,
		Title:  say(tag, "problem."+p.Code, Pairs(p.Args)...),
		Status: p.Kind.Status(),
		Code:   p.Code,
	}
	for _, f := range p.Fields {
		d.Fields = append(d.Fields, FieldDocument{f.Name, f.Code, say(tag, "problem."+f.Code, Pairs(f.Args)...)})
	}
	return d
}

// WriteJSON answers a request to an API with the problem document of err, in
// the language that the request accepts.
func WriteJSON(w http.ResponseWriter, r *http.Request, err error, say Say) {
	p := Of(err)
	tag := lang.En
	if header := r.Header.Get("Accept-Language"); header != "" {
		tag = lang.Accept(header)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", string(tag))
	w.WriteHeader(p.Kind.Status())
	_ = json.NewEncoder(w).Encode(p.Document(tag, say)) // the reader may have gone
}
