package exchange

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/registry"

	"pgregory.net/rapid"
)

// words draws texts with everything that JSON has to escape.
func words() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"Ана\"\\", "a\tb\nc", "<&>", "\u2028", "𝄞", "\x00\x1f\x7f"}), rapid.StringN(1, 8, 40))
}

func idsOf(parts int) *rapid.Generator[registry.ID] {
	return rapid.Custom(func(t *rapid.T) registry.ID {
		id := registry.ID{Instance: "RS", Class: "GOV", Member: rapid.SampledFrom([]string{"CITY", "ć/1"}).Draw(t, "member"), Subsystem: "civil"}
		if parts == 5 {
			id.Service = "births"
		}
		return id
	})
}

func headersDrawn(t *rapid.T) (list []Header) {
	for range rapid.IntRange(0, 3).Draw(t, "headers") {
		list = append(list, Header{words().Draw(t, "name"), words().Draw(t, "value")})
	}
	return list
}

func questions() *rapid.Generator[RequestMeta] {
	return rapid.Custom(func(t *rapid.T) RequestMeta {
		w := func() string { return words().Draw(t, "text") }
		q := RequestMeta{
			Version: rapid.IntRange(-1, 3).Draw(t, "v"), ID: w(), At: morning.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "at"))), Client: idsOf(4).Draw(t, "client"), Service: idsOf(5).Draw(t, "service"),
			Contract: w(), Method: w(), Path: w(), Query: w(), Type: w(), Accept: w(), Purpose: w(), Provision: law.Ref(w()), Matter: w(), Role: w(), Message: w(), Trace: w(),
			Parts: rapid.Bool().Draw(t, "parts"), Headers: headersDrawn(t),
		}
		if rapid.Bool().Draw(t, "behalf") {
			q.Behalf = idsOf(4).Draw(t, "for")
		}
		return q
	})
}

func replies() *rapid.Generator[ResponseMeta] {
	return rapid.Custom(func(t *rapid.T) ResponseMeta {
		w := func() string { return words().Draw(t, "text") }
		r := ResponseMeta{
			Version: 1, ID: w(), At: morning, Request: w(), Asker: idsOf(4).Draw(t, "asker"), Holder: idsOf(5).Draw(t, "holder"), Act: w(), Contract: w(), Purpose: w(), Provision: law.Ref(w()),
			Matter: w(), Role: w(), Status: rapid.IntRange(0, 599).Draw(t, "status"), Type: w(), Parts: rapid.Bool().Draw(t, "parts"), Headers: headersDrawn(t),
		}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			r.Fields = append(r.Fields, w())
		}
		if rapid.Bool().Draw(t, "refused") {
			r.Refusal = &Refusal{Status: 403, Code: w()}
			if rapid.Bool().Draw(t, "args") {
				r.Refusal.Args = map[string]string{"service": w(), "cite_en": w()}
			}
		}
		if rapid.Bool().Draw(t, "hidden") {
			r.Hidden = &Hidden{Until: civil.Date(2027, 1, 2), Provision: law.Ref(w())}
		}
		return r
	})
}

// sameWriting checks that what we write means the same to us and to the standard
// library.
func sameWriting[T any](t *rapid.T, m T) {
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs T
	if err := ReadMessage(raw, &ours); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if err := json.Unmarshal(raw, &theirs); err != nil || !reflect.DeepEqual(ours, theirs) || !reflect.DeepEqual(ours, m) {
		t.Fatalf("%s is %+v to us, %+v to the library (%v), and was %+v", raw, ours, theirs, err, m)
	}
}

func TestMessagesMeanTheSameToEveryReader(t *testing.T) {
	t.Run("questions", rapid.MakeCheck(func(t *rapid.T) { sameWriting(t, questions().Draw(t, "question")) }))
	t.Run("replies", rapid.MakeCheck(func(t *rapid.T) { sameWriting(t, replies().Draw(t, "reply")) }))
}

func TestMessagesThatAreNotRead(t *testing.T) {
	good, err := json.Marshal(RequestMeta{Version: 1, ID: "1", At: morning, Client: family, Service: birthsS, Headers: []Header{{"A", "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := ReadMessage(append([]byte(" \n"), append(bytes.ReplaceAll(good, []byte(":"), []byte(" :\t")), ' ')...), new(RequestMeta)); err == nil {
		t.Error("blanks within a time were read") // the replacement meets those of texts too
	}
	if err := ReadMessage([]byte(" { \"v\" : 1 , \"headers\" : [ [ \"a\" , \"b\" ] , [\"c\",\"d\"] ] } "), new(RequestMeta)); err != nil {
		t.Errorf("blanks: %v", err)
	}
	for name, change := range map[string]func(s string) string{
		"an unknown member":     func(s string) string { return strings.Replace(s, `"v":1`, `"w":1`, 1) },
		"a member twice":        func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"v":1`, 1) },
		"capital letters":       func(s string) string { return strings.Replace(s, `"id"`, `"ID"`, 1) },
		"an escaped name":       func(s string) string { return strings.Replace(s, `"id"`, `"\u0069d"`, 1) },
		"no value":              func(s string) string { return strings.Replace(s, `"v":1`, `"v":`, 1) },
		"null":                  func(s string) string { return strings.Replace(s, `"v":1`, `"v":null`, 1) },
		"a null text":           func(s string) string { return strings.Replace(s, `"id":"1"`, `"id":null`, 1) },
		"a fraction":            func(s string) string { return strings.Replace(s, `"v":1`, `"v":1.0`, 1) },
		"zeroes in front":       func(s string) string { return strings.Replace(s, `"v":1`, `"v":01`, 1) },
		"a number without end":  func(s string) string { return strings.Replace(s, `"v":1`, `"v":99999999999999999999`, 1) },
		"a number as text":      func(s string) string { return strings.Replace(s, `"v":1`, `"v":"1"`, 1) },
		"a text as number":      func(s string) string { return strings.Replace(s, `"id":"1"`, `"id":1`, 1) },
		"no time":               func(s string) string { return strings.Replace(s, `"at":"2026`, `"at":"20x6`, 1) },
		"no identifier":         func(s string) string { return strings.Replace(s, family.String(), "RS", 1) },
		"a control character":   func(s string) string { return strings.Replace(s, `"id":"1"`, "\"id\":\"1\x01\"", 1) },
		"a broken escape":       func(s string) string { return strings.Replace(s, `"id":"1"`, `"id":"\x"`, 1) },
		"broken UTF-8":          func(s string) string { return strings.Replace(s, `"id":"1"`, "\"id\":\"\xff\"", 1) },
		"a header of three":     func(s string) string { return strings.Replace(s, `["A","b"]`, `["A","b","c"]`, 1) },
		"a header of one":       func(s string) string { return strings.Replace(s, `["A","b"]`, `["A"]`, 1) },
		"a header object":       func(s string) string { return strings.Replace(s, `[["A","b"]]`, `{"A":"b"}`, 1) },
		"something behind it":   func(s string) string { return s + "{}" },
		"a zero byte behind it": func(s string) string { return s + "\x00" },
		"a comma too many":      func(s string) string { return strings.Replace(s, `}`, `,}`, 1) },
		"a comma in front":      func(s string) string { return strings.Replace(s, `{`, `{,`, 1) },
		"cut":                   func(s string) string { return s[:len(s)-1] },
		"nothing":               func(string) string { return "" },
		"a list":                func(s string) string { return "[" + s + "]" },
	} {
		if err := ReadMessage([]byte(change(string(good))), new(RequestMeta)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	for name, raw := range map[string]string{
		"an argument twice": `{"refusal":{"status":1,"code":"x","args":{"a":"1","a":"2"}}}`,
		"hidden twice":      `{"hidden":{"until":"2026-01-01","until":"2026-01-01"}}`, "hidden by what": `{"hidden":{"by":"x"}}`, "no day": `{"hidden":{"until":"2026-13-01"}}`, "parts": `{"parts":"true"}`,
	} {
		if err := ReadMessage([]byte(raw), new(ResponseMeta)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func TestARefusalHasFewArguments(t *testing.T) {
	for n, ok := range map[int]bool{maxArguments: true, maxArguments + 1: false} {
		refusal := &Refusal{Status: 403, Code: "x", Args: map[string]string{}}
		for i := range n {
			refusal.Args["a"+strings.Repeat("b", i)] = ""
		}
		raw, err := json.Marshal(ResponseMeta{Version: Version, Act: ActRefused, Refusal: refusal})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResponse(raw); (err == nil) != ok {
			t.Errorf("%d arguments: %v", n, err)
		}
	}
}

// What we read means the same to the standard library, and is written again to
// the same.
func FuzzQuestion(f *testing.F) {
	raw, err := json.Marshal(RequestMeta{Version: Version, ID: "1", Client: family, Service: birthsS, Method: "GET", Path: "/x", Headers: []Header{{"A", "b"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(bytes.Replace(raw, []byte(`"id"`), []byte(`"ID"`), 1))
	f.Add([]byte(`{"v":1,"v":2}`))
	f.Add([]byte(`{"id":"\ud834\udd1e\u0000"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var q, library RequestMeta
		if ReadMessage(raw, &q) != nil {
			return
		}
		if err := json.Unmarshal(raw, &library); err != nil || !reflect.DeepEqual(q, library) {
			t.Fatalf("%s: %+v, and to the library %+v: %v", raw, q, library, err)
		}
		again, err := json.Marshal(q)
		if err != nil {
			return // a time that has no text
		}
		var back RequestMeta
		if err := ReadMessage(again, &back); err != nil || !back.At.Equal(q.At) || back.ID != q.ID || back.Path != q.Path || !utf8.Valid(again) {
			t.Fatalf("%s became %s: %v", raw, again, err)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	q := RequestMeta{Version: 1, ID: "0123456789abcdef", At: morning, Client: family, Service: birthsS, Contract: "births", Method: "GET", Path: "/v1/births/b1", Accept: "application/json", Purpose: "family-support", Provision: "zfpp/48", Role: RoleSystem}
	b.ReportAllocs()
	for b.Loop() {
		raw, err := json.Marshal(q)
		if err != nil {
			b.Fatal(err)
		}
		var back RequestMeta
		if err := ReadMessage(raw, &back); err != nil {
			b.Fatal(err)
		}
	}
}
