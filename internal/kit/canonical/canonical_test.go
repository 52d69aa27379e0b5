package canonical

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
)

// seeds are documents of every kind, and some that are none.
func seeds() []string {
	return []string{
		`{}`, `[]`, `null`, `true`, `"а"`, `0`, `-0`, `-1`, `1.5`, `1e3`, `012`, `999999999999999`, `9007199254740993`, `-`, `tru`, `"`,
		`{"b":1,"a":[{"z":null,"y":"ж"},{}],"aa":"x"}`, `{"a":1,"a":2}`, `{"b":{"d":1,"c":2},"a":{"f":1,"e":{"h":1,"g":2}}}`,
		`{"a":"\u003cb\u003e","c":"\n\"\\"}`, `"a\u0026\u0026b\u003c"`, `"\u003"`, `"\/"`, `"\u2028"`, `"\`, `"\u0026`, `{"ж":1,"а":2}`, `{"\u0061":1}`, ` { "a" : 1 } `, `{"a":1}x`, `[1,2`, `{"a"}`, `{"a":}`, `[,]`, "\"\x01\"", "\"\xff\"",
		`{"c":1,"b":2,"a":3,"f":1,"e":2,"d":3,"i":1,"h":2,"g":3,"l":1,"k":2,"j":3,"o":1,"n":2,"m":3,"r":1,"q":2,"p":3}`,
		strings.Repeat("[", 70) + strings.Repeat("]", 70),
	}
}

// agree holds the one pass against the library. It is for JSON that is valid;
// what is none must not be made worse: the library's word counts.
func agree(t *testing.T, text []byte) {
	t.Helper()
	if !json.Valid(text) {
		return
	}
	want, wantErr := jcs.Transform(text)
	got, err := Transform(text)
	if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
		t.Errorf("%q\n got %q %v\nwant %q %v", text, got, err, want, wantErr)
	}
}

func TestTransform(t *testing.T) {
	for _, text := range seeds() {
		agree(t, []byte(text))
	}
}

func TestOnePassIsUsed(t *testing.T) {
	for _, text := range []string{`{"b":[1,-2,"ж\u0026\n",true,false,null,{},[]],"a":{"d":1,"c":2}}`} {
		w := writer{in: []byte(text)}
		if !w.value(0) || string(w.out) != `{"a":{"c":2,"d":1},"b":[1,-2,"ж&\n",true,false,null,{},[]]}` {
			t.Errorf("%s became %s", text, w.out)
		}
	}
}

func FuzzTransform(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, text) })
}

func BenchmarkTransform(b *testing.B) {
	text := []byte(`{"z":[` + strings.Repeat(`{"says":{"sr":"Дете је у матичној књизи рођених.","en":"The child is in the register."},"cite":"a && b","n":12},`, 60) + `null],"a":1}`)
	for name, transform := range map[string]func([]byte) ([]byte, error){"one pass": Transform, "library": jcs.Transform} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := transform(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
