package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFilter(t *testing.T) {
	for _, c := range []struct {
		name, document, want string
		fields, left         []string
	}{
		{"members", `{"a":1,"b":2}`, `{"a":1}`, []string{"/a"}, []string{"/a"}},
		{"nothing agreed", `{"a":1}`, `{}`, nil, nil},
		{"not there", `{"a":1}`, `{}`, []string{"/b"}, nil},
		{"below", `{"a":{"b":1,"c":2},"d":3}`, `{"a":{"b":1}}`, []string{"/a/b"}, []string{"/a/b"}},
		{"below what is no object", `{"a":7}`, `{}`, []string{"/a/b"}, nil},
		{"order and writing", `{"z": 1.50 , "b":2, "a" : [ 1 ]}`, `{"z":1.50,"a":[ 1 ]}`, []string{"/a", "/z"}, []string{"/a", "/z"}},
		{"long numbers", `{"n":123456789012345678901234567890.10,"m":1E400}`, `{"n":123456789012345678901234567890.10,"m":1E400}`, []string{"/n", "/m"}, []string{"/m", "/n"}},
		{"list", `{"l":[{"a":1,"b":2},{"b":3},{"a":4}]}`, `{"l":[{"a":1},{"a":4}]}`, []string{"/l/*/a"}, []string{"/l/*/a"}},
		{"empty list", `{"l":[]}`, `{"l":[]}`, []string{"/l/*/a"}, nil},
		{"list without agreed elements", `{"l":[{"a":1}]}`, `{}`, []string{"/l/0/a"}, nil},
		{"list of lists", `[[{"a":1,"b":2}]]`, `[[{"a":1}]]`, []string{"/*/*/a"}, []string{"/*/*/a"}},
		{"list at the top", `[{"a":1,"b":2},3]`, `[{"a":1}]`, []string{"/*/a"}, []string{"/*/a"}},
		{"star is a name in an object", `{"*":1,"a":2}`, `{"*":1}`, []string{"/*"}, []string{"/*"}},
		{"whole", ` {"a":1} `, `{"a":1}`, []string{""}, []string{""}},
		{"scalar", `7`, `{}`, []string{"/a"}, nil},
		{"scalar, whole", `"x"`, `"x"`, []string{""}, []string{""}},
		{"escaped tokens", `{"a/b":1,"c~d":2,"e":3}`, `{"a/b":1,"c~d":2}`, []string{"/a~1b", "/c~0d"}, []string{"/a~1b", "/c~0d"}},
		{"escaped names", `{"\u0061":1,"b\n":2}`, `{"a":1,"b\n":2}`, []string{"/a", "/b\n"}, []string{"/a", "/b\n"}},
		{"empty name", `{"":1,"a":2}`, `{"":1}`, []string{"/"}, []string{"/"}},
		{"name with quotes", `{"a\"}":{"b":1},"c":2}`, `{"a\"}":{"b":1}}`, []string{`/a"}/b`}, []string{`/a"}/b`}},
		{"text with brackets", `{"a":"}]\\\"{","b":1}`, `{"a":"}]\\\"{"}`, []string{"/a"}, []string{"/a"}},
		{"null", `{"a":null,"b":null}`, `{"a":null}`, []string{"/a"}, []string{"/a"}},
		{"part and whole", `{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"c":2}}`, []string{"/a/b", "/a"}, []string{"/a"}},
	} {
		v, err := parseDocument([]byte(c.document))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, left := parseFields(c.fields).filter(v)
		if string(got) != c.want || !slices.Equal(left, c.left) {
			t.Errorf("%s: %s left under %q", c.name, got, left)
		}
		s, err := scan([]byte(c.document), parseFields(c.fields), parsePlaces(nil, ""), nil)
		if err != nil || string(s.leaves) != c.want || !slices.Equal(s.fields, c.left) {
			t.Errorf("%s: %s left under %q, %v", c.name, s.leaves, s.fields, err)
		}
	}
}

func TestDocumentsRefused(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, document := range map[string]string{
		"empty": "", "blank": "  ", "half": `{"a":`, "two": `{} {}`, "comment": `{}//`, "broken UTF-8": "{\"a\":\"\xff\"}", "NaN": `{"a":NaN}`,
		"name twice": `{"a":1,"a":2}`, "name twice, in other writing": `{"a":1,"\u0061":2}`, "name twice below": `[{"x":{"b":1,"c":2,"b":3}}]`,
		"deep list": deep(maxDepth + 2), "very deep list": deep(9_000), "endlessly deep": deep(200_000), "deep object": strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
		"many values": "[" + strings.Repeat("0,", maxValues) + "0]", "name twice among many": "{" + manyNames(100) + `,"n7":1}`, "brackets crossed": `[{"a":1]}`, "comma too many": `[1,]`,
		"member without a name": `{1:2}`, "no colon": `{"a" 1}`, "bad escape": `["\x"]`, "half an escape": `["\u12"]`, "an escape of other characters": "[\"\\u\x1012\x30\"]", "zeroes in front": `[01]`,
		"half a number": `[1.]`, "half an exponent": `[1e]`, "a word": `[nul]`, "a plus": `[+1]`, "two values in a list": `[1 2]`, "a comma in front": `{,"a":1}`,
	} {
		if _, err := parseDocument([]byte(document)); err == nil {
			t.Errorf("%s: was read", name)
		}
		if s, err := scan([]byte(document), parseFields([]string{""}), parsePlaces(nil, ""), nil); !errors.Is(err, errDocument) || s.leaves != nil {
			t.Errorf("%s: was scanned", name)
		}
	}
	if _, err := parseDocument([]byte(deep(maxDepth))); err != nil {
		t.Errorf("as deep as is allowed: %v", err)
	}
}

// manyNames are members of an object.
func manyNames(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"n%d":0`, i))
	}
	return strings.Join(list, ",")
}

func TestManyMembersAreRead(t *testing.T) {
	s, err := scan([]byte("{"+manyNames(1000)+"}"), parseFields([]string{"/n999"}), parsePlaces([]string{"/n998"}, ""), nil)
	if err != nil || string(s.leaves) != `{"n999":0}` || !slices.Equal(s.found[0], []string{"0"}) {
		t.Errorf("%s, %q, %v", s.leaves, s.found, err)
	}
}

func TestValuesAtAPointer(t *testing.T) {
	v, err := parseDocument([]byte(`{"a":"x","n":0012e0,"l":[{"p":"1"},{"p":"2"},{"q":"3"}],"o":{"*":"star"},"t":true,"z":null,"e":{}}`))
	if err == nil {
		t.Fatal("a number with zeroes in front was read")
	}
	v, err = parseDocument([]byte(`{"a":"x","n":-12e0,"l":[{"p":"1"},{"p":"2"},{"q":"3"}],"o":{"*":"star"},"t":true,"z":null,"e":{},"s":"\u0061b"}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string][]string{
		"/a": {"x"}, "/n": {"-12e0"}, "/l/*/p": {"1", "2"}, "/l/1/p": {"2"}, "/l/9/p": nil, "/l/01/p": nil, "/o/*": {"star"}, "/t": nil, "/z": nil, "/e": nil, "/e/x": nil,
		"/l": nil, "/a/b": nil, "/none": nil, "/s": {"ab"},
	} {
		if got := v.at(tokens(pointer)); !slices.Equal(got, want) {
			t.Errorf("%s: %q", pointer, got)
		}
	}
}

// filter is the same by a tree, to compare with: it gives what may leave of a JSON document, in its own order and writing,
// and the pointers under which something did. An element or member of which
// nothing is agreed is removed; a list whose elements are agreed stays a list,
// if an empty one; a document of which nothing is agreed becomes an empty object.
func (f *fields) filter(document value) (filtered []byte, left []string) {
	filtered, kept := f.keep(document, nil, "", &left)
	if !kept {
		filtered = []byte("{}")
	}
	slices.Sort(left)
	return filtered, slices.Compact(left)
}

// keep appends the part of v that is agreed to out; at names where v stands,
// with "*" for the elements of lists. Where nothing is agreed, out comes back
// as it was.
func (f *fields) keep(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	if f.whole {
		*left = append(*left, at)
		return append(out, v.raw...), true
	}
	switch v.raw[0] {
	case '{':
		return f.keepObject(v, out, at, left)
	case '[':
		return f.keepList(v, out, at, left)
	}
	return out, false
}

func (f *fields) keepObject(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	begin, separator := len(out), byte('{')
	for i, name := range v.names {
		below, agreed := f.below[name]
		if !agreed {
			continue
		}
		before := len(out)
		out = append(out, separator)
		out = append(append(out, quote(name)...), ':')
		var kept bool
		if out, kept = below.keep(v.below[i], out, at+"/"+escape(name), left); !kept {
			out = out[:before]
			continue
		}
		separator = ','
	}
	if len(out) == begin {
		return out, false
	}
	return append(out, '}'), true
}

func (f *fields) keepList(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	every, agreed := f.below["*"]
	if !agreed {
		return out, false
	}
	out = append(out, '[')
	first := true
	for _, element := range v.below {
		before := len(out)
		if !first {
			out = append(out, ',')
		}
		var kept bool
		if out, kept = every.keep(element, out, at+"/*", left); !kept {
			out = out[:before]
			continue
		}
		first = false
	}
	return append(out, ']'), true
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// leaf is a scalar or an empty container with its place, list elements as "*".
type leafAt struct{ at, raw string }

// leaves lists what a document says, found by the standard library.
func leavesOf(t interface{ Fatal(...any) }, document []byte) (found []leafAt) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			for name, below := range v {
				walk(below, at+"/"+escape(name))
			}
		case []any:
			for _, below := range v {
				walk(below, at+"/\x00") // an element; no name has this character here
			}
		default:
			found = append(found, leafAt{at, fmt.Sprintf("%T %v", v, v)})
		}
	}
	walk(whole, "")
	slices.SortFunc(found, func(a, b leafAt) int { return strings.Compare(a.at+a.raw, b.at+b.raw) })
	return found
}

// agreed says by the words of the contract whether a leaf may leave.
func agreedLeaf(contract []string, at string) bool {
	path := strings.Split(at, "/")
	return slices.ContainsFunc(contract, func(pointer string) bool {
		want := strings.Split(pointer, "/")
		if len(want) > len(path) {
			return false
		}
		for i, token := range want {
			if path[i] != token && (path[i] != "\x00" || token != "*") {
				return false
			}
		}
		return true
	})
}

// documents draws JSON documents with few names, so that pointers often meet
// them, written in various ways.
func documents() *rapid.Generator[string] {
	names := rapid.SampledFrom([]string{"a", "b", "c", "*", "", "0", "x/y", "~"})
	scalars := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) + ".5000" }),
		rapid.Map(rapid.StringN(0, 6, 20), func(s string) string { raw, _ := json.Marshal(s); return string(raw) }),
		rapid.SampledFrom([]string{"null", "true", "123456789012345678901", "-0", "1e5", `"\u0061\"}"`}),
	)
	var values func(depth int) *rapid.Generator[string]
	values = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			kind := rapid.IntRange(0, 2).Draw(t, "kind")
			if depth == 0 || kind == 0 {
				return scalars.Draw(t, "scalar")
			}
			blank := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "blank")
			if kind == 1 {
				return "[" + blank + strings.Join(rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "elements"), blank+",") + blank + "]"
			}
			var members []string
			for _, name := range rapid.SliceOfNDistinct(names, 0, 4, rapid.ID[string]).Draw(t, "names") {
				members = append(members, string(quote(name))+blank+":"+values(depth-1).Draw(t, "member"))
			}
			return "{" + blank + strings.Join(members, ","+blank) + blank + "}"
		})
	}
	return values(4)
}

// Whatever the document: exactly the fields of the contract leave, with their
// values as they were.
func TestNothingOutsideTheContractLeaves(t *testing.T) {
	token := rapid.SampledFrom([]string{"a", "b", "c", "*", "", "0", "x~1y", "~0"})
	pointer := rapid.Map(rapid.SliceOfN(token, 0, 4), func(path []string) string {
		if len(path) == 0 {
			return ""
		}
		return "/" + strings.Join(path, "/")
	})
	rapid.Check(t, func(t *rapid.T) {
		document := []byte(documents().Draw(t, "document"))
		contract := rapid.SliceOfN(pointer, 0, 4).Draw(t, "contract")
		v, err := parseDocument(document)
		if err != nil {
			t.Fatal(err)
		}
		out, left := parseFields(contract).filter(v)
		s, err := scan(document, parseFields(contract), parsePlaces(contract, ""), nil)
		if err != nil || !bytes.Equal(s.leaves, out) || !slices.Equal(s.fields, left) {
			t.Fatalf("of %s under %q leave %s under %q, by the tree %s under %q: %v", document, contract, s.leaves, s.fields, out, left, err)
		}
		for n, pointer := range contract {
			if pointer != "" && !slices.Equal(s.found[n], v.at(tokens(pointer))) {
				t.Fatalf("in %s stand at %q %q, by the tree %q", document, pointer, s.found[n], v.at(tokens(pointer)))
			}
		}
		var want []leafAt
		for _, leaf := range leavesOf(t, document) {
			if agreedLeaf(contract, leaf.at) {
				want = append(want, leaf)
			}
		}
		if got := leavesOf(t, out); !slices.Equal(got, want) {
			t.Fatalf("of %s under %q left %s", document, contract, out)
		}
		for _, pointer := range left {
			if !slices.Contains(contract, pointer) {
				t.Fatalf("the receipt names %q, which was not agreed", pointer)
			}
		}
		if len(want) > 0 && len(left) == 0 {
			t.Fatal("something left, and the receipt names nothing")
		}
	})
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{document, `[]`, `{"a":[1,{"b":"\u0041"}]}`, `"\\\""`, ` 7 `, `{"a":1,"a":2}`, `[[[[]]]]`, "{\"\xff\":1}", `{"a":{}}`} {
		f.Add([]byte(seed))
	}
	watched := []string{"/a", "/b/*/c", "/*/d", "/l/0", "/l/*"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := parseDocument(raw)
		s, scanErr := scan(raw, parseFields(watched), parsePlaces(watched, ""), nil)
		if (err != nil) != (scanErr != nil) {
			t.Fatalf("%q: %v by the tree, %v by the scan", raw, err, scanErr)
		}
		if err != nil {
			return
		}
		if out, left := parseFields(watched).filter(v); !bytes.Equal(out, s.leaves) || !slices.Equal(left, s.fields) {
			t.Fatalf("%q became %q by the tree, %q by the scan", raw, out, s.leaves)
		}
		for n, pointer := range watched {
			if !slices.Equal(s.found[n], v.at(tokens(pointer))) {
				t.Fatalf("%q: at %s %q", raw, pointer, s.found[n])
			}
		}
		whole, _ := parseFields([]string{""}).filter(v)
		if !bytes.Equal(whole, bytes.Trim(raw, " \t\r\n")) {
			t.Fatalf("%q became %q", raw, whole)
		}
		out, _ := parseFields([]string{"/a", "/b/*/c", "/*/d"}).filter(v)
		if !json.Valid(out) {
			t.Fatalf("%q became %q", raw, out)
		}
		v.at([]string{"a", "*", "b"})
		if none, left := parseFields(nil).filter(v); string(none) != "{}" || left != nil {
			t.Fatalf("without a contract left %q", none)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	var members []string
	for i := range 20 {
		members = append(members, fmt.Sprintf("%q:%q", "field"+strconv.Itoa(i), strings.Repeat("x", 40)))
	}
	body := []byte("{" + strings.Join(members, ",") + "}")
	allowed := parseFields([]string{"/field1", "/field5", "/field9", "/field13", "/field17"})
	nobody := parsePlaces(nil, "")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scan(body, allowed, nobody, nil); err != nil {
			b.Fatal(err)
		}
	}
}
