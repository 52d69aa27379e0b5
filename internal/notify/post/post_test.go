package post

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

var noon = time.Date(2026, time.November, 23, 11, 0, 0, 0, time.UTC)

// A disk that was full, or a crash, leaves half a line: the letters after it are found all the same.
func TestHalfALineHidesNoLetter(t *testing.T) {
	folder := t.TempDir()
	outbox, err := Open(Config{Folder: folder, Sender: lang.Text{"sr": "Град"}}, func(w io.Writer, _ Letter) (int, error) {
		_, err := io.WriteString(w, "sheet")
		return 1, err
	}, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "letters-"+civil.Of(noon).String()+".jsonl")
	for _, number := range []string{"L-1", "L-2"} {
		if err := outbox.Put(t.Context(), Letter{Number: number, To: []string{"a", "b"}, Lang: lang.En, At: noon}, false); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(list, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(`{"number":"L-3","fi`)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Lines(folder)
	if err != nil || len(all) != 2 || all[0].Number != "L-1" || all[1].Number != "L-2" {
		t.Errorf("%+v %v", all, err)
	}
}

// The line that is named is the one that an editor shows.
func TestTheLineThatIsWrongIsNamed(t *testing.T) {
	for table, line := range map[string]string{
		"number,day,what\nL-1,2026-11-23,eaten\n":                                "2",
		"number,day,what\n\n\nL-1,2026-11-23,delivered\n\nL-2,23.11.,returned":   "6",
		"number,day,what,note\nL-1,2026-11-23,returned,\"a\nb\"\nL-2,,eaten,x\n": "4",
	} {
		_, err := ReadAdvice([]byte(table), nil)
		if p := problem.Of(err); err == nil || p.Code != "advice-line" || p.Args["line"] != line {
			t.Errorf("%q: %v, not line %s", table, err, line)
		}
	}
	all, err := ReadAdvice([]byte("number,day,what\n\nL-1,2026-11-23,returned\n"), nil)
	if err != nil || !slices.Equal(all, []Advice{{"L-1", civil.Date(2026, 11, 23), Returned, 3}}) {
		t.Errorf("%+v %v", all, err)
	}
}
