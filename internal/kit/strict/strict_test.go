package strict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/strict"
)

type base struct {
	ID string `json:"id"`
}

type thing struct {
	base
	Name  string            `json:"name"`
	Count int               `json:"count"`
	Share float64           `json:"share"`
	Yes   bool              `json:"yes"`
	Day   civil.Day         `json:"day,omitzero"`
	At    time.Time         `json:"at,omitzero"`
	Below *thing            `json:"below"`
	List  []thing           `json:"list"`
	Words map[string]string `json:"words"`
	Any   any               `json:"any"`
	Raw   json.RawMessage   `json:"raw"`
	Two   [2]int            `json:"two"`
	Plain string            // its name is that of the field
	Out   string            `json:"-"`
}

func TestWhatIsRead(t *testing.T) {
	for text, want := range map[string]thing{
		`{}`: {},
		" { \"id\" : \"1\" , \"name\":\"Ана \\\"x\\\"\" }\r\n\t": {base: base{"1"}, Name: `Ана "x"`},
		`{"count":-12,"share":1.5e-3,"yes":true}`:                {Count: -12, Share: 1.5e-3, Yes: true},
		`{"day":"2026-11-29","at":"2026-11-29T10:00:00Z"}`:       {Day: civil.Date(2026, 11, 29), At: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)},
		`{"below":{"name":"a","list":[{"name":"b"},{}]}}`:        {Below: &thing{Name: "a", List: []thing{{Name: "b"}, {}}}},
		`{"below":null,"list":null,"words":null,"any":null}`:     {},
		`{"words":{"a":"1","A":"2","":"3"},"two":[1,2]}`:         {Words: map[string]string{"a": "1", "A": "2", "": "3"}, Two: [2]int{1, 2}},
		`{"any":{"n":123456789012345678901,"l":[1.50,"x"]}}`:     {Any: map[string]any{"n": json.Number("123456789012345678901"), "l": []any{json.Number("1.50"), "x"}}},
		`{"raw":{"any":[1,2]},"Plain":"x"}`:                      {Raw: json.RawMessage(`{"any":[1,2]}`), Plain: "x"},
		`{"name":"\ud834\udd1e \ufffd \u0000"}`:                  {Name: "𝄞 \ufffd \x00"},
	} {
		var got thing
		if err := strict.Upto(1000).Decode([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v: %v; want %+v", text, got, err, want)
		}
	}
}

func TestWhatIsNotRead(t *testing.T) {
	for text, want := range map[string]struct {
		what  error
		where string
	}{
		``:                                      {strict.ErrText, ""},
		` `:                                     {strict.ErrText, ""},
		`{}{}`:                                  {strict.ErrText, ""},
		`{} x`:                                  {strict.ErrText, ""},
		"{}\x00":                                {strict.ErrText, ""},
		`{"name":"x"`:                           {strict.ErrText, ""},
		`{"name":"x",}`:                         {strict.ErrText, ""},
		`{,}`:                                   {strict.ErrText, ""},
		`{"name"}`:                              {strict.ErrText, ""},
		`{name:"x"}`:                            {strict.ErrText, ""},
		`{"name":}`:                             {strict.ErrText, "/name"},
		`{"name":'x'}`:                          {strict.ErrText, "/name"},
		"{\"name\":\"\xff\"}":                   {strict.ErrText, ""},
		"{\"name\":\"a\nb\"}":                   {strict.ErrText, "/name"},
		`{"name":"\x"}`:                         {strict.ErrText, "/name"},
		`{"name":"\u12"}`:                       {strict.ErrText, "/name"},
		`{"name":"\ud834"}`:                     {strict.ErrText, "/name"},
		`{"name":"\udd1e\ud834"}`:               {strict.ErrText, "/name"},
		`{"any":"\ud834x"}`:                     {strict.ErrText, "/any"},
		`{"any":[1,]}`:                          {strict.ErrText, "/any/1"},
		`{"any":[1 2]}`:                         {strict.ErrText, "/any"},
		`{"any":01}`:                            {strict.ErrText, "/any"},
		`{"any":+1}`:                            {strict.ErrText, "/any"},
		`{"any":.5}`:                            {strict.ErrText, "/any"},
		`{"any":1.}`:                            {strict.ErrText, "/any"},
		`{"any":1e}`:                            {strict.ErrText, "/any"},
		`{"any":-}`:                             {strict.ErrText, "/any"},
		`{"any":NaN}`:                           {strict.ErrText, "/any"},
		`{"any":nul}`:                           {strict.ErrText, "/any"},
		`{"any":truex}`:                         {strict.ErrText, ""},
		`{"other":1}`:                           {strict.ErrUnknown, "/*"},
		`{"na\u006de":"x"}`:                     {strict.ErrUnknown, "/*"},
		`{"ID":"1"}`:                            {strict.ErrUnknown, "/*"},
		`{"plain":"x"}`:                         {strict.ErrUnknown, "/*"},
		`{"Out":"x"}`:                           {strict.ErrUnknown, "/*"},
		`{"-":"x"}`:                             {strict.ErrUnknown, "/*"},
		`{"list":[{},{"below":{"x":1}}]}`:       {strict.ErrUnknown, "/list/1/below/*"},
		`{"name":"a","name":"b"}`:               {strict.ErrTwice, "/name"},
		`{"words":{"a":"1","b":"","a":"1"}}`:    {strict.ErrTwice, "/words/*"},
		`{"any":{"x":{"a":1,"\u0061":1}}}`:      {strict.ErrTwice, "/any/*/*"},
		`{"raw":{"a":1,"a":1}}`:                 {strict.ErrTwice, "/raw/*"},
		`{"words":{` + names(40) + `,"n3":""}}`: {strict.ErrTwice, "/words/*"},
		`{"name":null}`:                         {strict.ErrType, "/name"},
		`{"count":null}`:                        {strict.ErrType, "/count"},
		`{"day":null}`:                          {strict.ErrType, "/day"},
		`{"list":[null]}`:                       {strict.ErrType, "/list/0"},
		`null`:                                  {strict.ErrType, ""},
		`[]`:                                    {strict.ErrType, ""},
		`{"count":1.0}`:                         {strict.ErrType, "/count"},
		`{"count":1e2}`:                         {strict.ErrType, "/count"},
		`{"count":99999999999999999999}`:        {strict.ErrType, "/count"},
		`{"count":"1"}`:                         {strict.ErrType, "/count"},
		`{"below":{"name":1}}`:                  {strict.ErrType, "/below/name"},
		`{"day":"2026-13-01"}`:                  {strict.ErrType, ""},
		`{"any":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`: {strict.ErrLarge, "/any" + strings.Repeat("/0", 64)},
		`{"name":"` + strings.Repeat("x", 1000) + `"}`:                      {strict.ErrLarge, ""},
	} {
		err := strict.Upto(1000).Decode([]byte(text), new(thing))
		wrong, ok := errors.AsType[*strict.Error](err)
		if !ok || !errors.Is(err, want.what) || wrong.Where != want.where {
			t.Errorf("%.100s: %v, want %v at %q", text, err, want.what, want.where)
		}
	}
	if err := (strict.Bounds{Bytes: 100, Values: 3}).Decode([]byte(`[1,2,3]`), new([]int)); !errors.Is(err, strict.ErrLarge) {
		t.Errorf("four values where three may be: %v", err)
	}
	if err := strict.Upto(10).Decode([]byte(`{}`), thing{}); err == nil {
		t.Error("what cannot be changed was read into")
	}
}

func names(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"n%d":""`, i)
	}
	return strings.Join(list, ",")
}

func TestAnAnswerOfALaterVersion(t *testing.T) {
	read := func(text string) (got thing, err error) {
		return got, strict.Upto(1000).AllowUnknown().Decode([]byte(text), &got)
	}
	if got, err := read(`{"new":{"id":1},"name":"x","other":null}`); err != nil || got.Name != "x" {
		t.Errorf("%+v: %v", got, err)
	}
	for text, want := range map[string]error{
		`{"new":1,"new":2}`:                         strict.ErrTwice,
		`{"n\u0061me":"the library would take it"}`: strict.ErrUnknown,
		`{"new":{"a":1,"a":1}}`:                     strict.ErrTwice,
		`{"Name":"the library would take it"}`:      strict.ErrUnknown,
	} {
		if got, err := read(text); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v; want %v", text, got, err, want)
		}
	}
}

// What is wrong is said without what was written there.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, text := range []string{
		`{"0101990710014":1}`, `{"words":{"0101990710014":1}}`, `{"count":"0101990710014"}`, `{"count":1010199071001499999999}`, `{"day":"0101990710014"}`,
		`{"any":{"0101990710014":1,"0101990710014":2}}`, `{"words":{"0101990710014":{}}}`, `{"any":"0101990710014\x"}`,
	} {
		err := strict.Upto(1000).Decode([]byte(text), new(thing))
		if err == nil || strings.Contains(err.Error(), "010199") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestReadTakesNoMoreThanItsBound(t *testing.T) {
	endless := &counting{}
	if err := strict.Upto(100).Read(endless, new(any)); !errors.Is(err, strict.ErrLarge) || endless.n > 1000 {
		t.Errorf("%d bytes taken: %v", endless.n, err)
	}
	if err := strict.Upto(4).Read(iotest.OneByteReader(strings.NewReader("[1] ")), new([]int)); err != nil {
		t.Errorf("as large as it may be: %v", err)
	}
	broken := errors.New("broken")
	if err := strict.Upto(4).Read(iotest.ErrReader(broken), new(any)); !errors.Is(err, broken) {
		t.Errorf("a reader that breaks: %v", err)
	}
}

// counting gives blanks without end.
type counting struct{ n int }

func (c *counting) Read(p []byte) (int, error) {
	n := min(len(p), 64)
	copy(p, strings.Repeat(" ", n))
	c.n += n
	return n, nil
}

type tree struct {
	Name  string           `json:"name"`
	N     int64            `json:"n"`
	Any   any              `json:"any"`
	Below []*tree          `json:"below"`
	Words map[string]*tree `json:"words"`
}

// What is read means the same to the standard library and to a reader that goes
// token by token, and is read again to the same.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"name":"x","n":1,"any":{"a":[1.5,null,true,"\u00e9"]},"below":[{"n":-1},null],"words":{"k":{}}}`, `{"n":1,"n":2}`, `{"N":1}`, `{"name":"\ud834\udd1e"}`,
		`{"any":{"a":1,"\u0061":2}}`, `[]`, `nul`, `{"any":1e400}`, "{\"name\":\"\xff\"}", `{"name":"\\ufffd\ufffd"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got, library tree
		if err := strict.Upto(1<<12).Decode(text, &got); err != nil {
			if wrong, ok := errors.AsType[*strict.Error](err); !ok || wrong.Offset > len(text)+1 {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		d.DisallowUnknownFields()
		if err := d.Decode(&library); err != nil || !reflect.DeepEqual(got, library) {
			t.Fatalf("%q is %+v, to the library %+v: %v", text, got, library, err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q: something follows", text)
		}
		d = json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if twice(d) {
			t.Fatalf("%q: a name stands twice", text)
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again tree
		if err := strict.Upto(1<<16).Decode(written, &again); err != nil {
			t.Fatalf("%q was written %q: %v", text, written, err)
		}
	})
}

// twice walks over a value token by token.
func twice(d *json.Decoder) bool {
	open, _ := d.Token()
	seen := map[any]bool{}
	for (open == json.Delim('{') || open == json.Delim('[')) && d.More() {
		if open == json.Delim('{') {
			name, _ := d.Token()
			if seen[name] {
				return true
			}
			seen[name] = true
		}
		if twice(d) {
			return true
		}
	}
	if open == json.Delim('{') || open == json.Delim('[') {
		_, _ = d.Token()
	}
	return false
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(`{"id":"0123456789abcdef","name":"a name","count":12,"yes":true,"at":"2026-11-29T10:00:00Z","list":[{"name":"a"},{"name":"b"}],"words":{"a":"1","b":"2"}}`)
	b.Run("strict", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := strict.Upto(1000).Decode(text, new(thing)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(new(thing)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func Example() {
	var in struct {
		Service string `json:"service"`
		Quota   int    `json:"quota"`
	}
	body := strings.NewReader(`{"service":"births","quota":100,"Quota":1000000}`)

	err := strict.Upto(1<<10).Read(body, &in)
	fmt.Println(err)
	fmt.Println(errors.Is(err, strict.ErrUnknown))
	// Output:
	// read JSON: an unknown member at byte 39 (/*)
	// true
}
