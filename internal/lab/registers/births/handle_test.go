package births_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"pgregory.net/rapid"
)

// withoutState is an office for what never touches the database.
func withoutState(t *testing.T) office {
	t.Helper()
	return newOffice(t, storage.SQLite)
}

func TestHandle(t *testing.T) {
	o := withoutState(t)
	woman := testquestion.Woman(1992, 1)
	found, err := o.Find(t.Context(), o.by, woman.String())
	if err != nil {
		t.Fatal(err)
	}
	if found.Name != "Ана Примерић" || found.Settlement != "zr-14" || found.Born != woman.Born() || !*found.Resident {
		t.Errorf("found %+v", found)
	}
	parent, err := o.Open(o.by, found.Handle)
	if err != nil || parent != (births.Parent{Person: o.Own(woman), Name: "Ана Примерић", Municipality: "80153"}) {
		t.Errorf("opened %+v, %v", parent, err)
	}
	if again := o.handle(woman); again == found.Handle {
		t.Error("two handles of one person are equal")
	}
	for _, secret := range []string{woman.String(), o.Own(woman), o.Called("family", woman)} {
		raw, _ := base64.RawURLEncoding.DecodeString(found.Handle)
		if strings.Contains(found.Handle, secret) || bytes.Contains(raw, []byte(secret)) {
			t.Error("the handle shows the person")
		}
	}
}

func TestHandlesExpire(t *testing.T) {
	o := withoutState(t)
	handle := o.handle(testquestion.Woman(1992, 1))
	o.clock.Advance(30*time.Minute - time.Microsecond)
	if _, err := o.Open(o.by, handle); err != nil {
		t.Errorf("just before the end: %v", err)
	}
	o.clock.Advance(time.Microsecond)
	if _, err := o.Open(o.by, handle); !errors.Is(err, births.ErrHandleExpired) {
		t.Errorf("at the end: %v", err)
	}
}

func TestExpiredParentsAreSaidToBe(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		o.clock.Advance(31 * time.Minute)
		_, err := o.Record(t.Context(), o.by, e)
		if got := strings.Join(fields(err), " "); got != "mother:parent-expired father:parent-expired" {
			t.Errorf("got %v", err)
		}
	})
}

func TestHandlesOfOthers(t *testing.T) {
	o := withoutState(t)
	handle := o.handle(testquestion.Woman(1992, 1))
	colleague := act.Actor{Account: "goran", Grants: o.by.Grants}
	if _, err := o.Open(colleague, handle); !errors.Is(err, births.ErrHandleForged) {
		t.Errorf("the handle of a colleague: %v", err)
	}
	config := o.config()
	config.HandleKey = bytes.Repeat([]byte{8}, 32)
	other, err := births.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(o.by, handle); !errors.Is(err, births.ErrHandleForged) {
		t.Errorf("the handle of another register: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	o := withoutState(t)
	for name, change := range map[string]func(*births.Config){
		"a short key": func(c *births.Config) { c.HandleKey = c.HandleKey[1:] },
		"no source":   func(c *births.Config) { c.Source = "" },
		"no places":   func(c *births.Config) { c.Municipality = nil },
	} {
		config := o.config()
		change(&config)
		if _, err := births.New(config); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestHandlesAreOfAnswersOnly(t *testing.T) {
	o := withoutState(t)
	woman := testquestion.Woman(1992, 1)
	for name, c := range map[string]struct{ sector, person string }{
		"a name of another sector": {"tax", o.Called("family", woman)},
		"a sector nobody knows":    {"nowhere", o.Called("family", woman)},
		"a number":                 {"family", woman.String()},
	} {
		if found, err := o.Handle(o.by, c.sector, births.Resident{Person: c.person}); err == nil {
			t.Errorf("%s: %+v", name, found)
		}
	}
	long := births.Resident{Person: o.Called("family", woman)}
	long.Name.Given = strings.Repeat("ш", 500)
	if _, err := o.Handle(o.by, "family", long); err == nil {
		t.Error("a handle without end")
	}
}

func TestFindRefuses(t *testing.T) {
	o := withoutState(t)
	for number, want := range map[string]string{"1": "number:number-form", "3102990835019": "number:number-date", "": "number:number-form"} {
		if _, err := o.Find(t.Context(), o.by, number); !problem.HasCode(err, "number-invalid") || fields(err)[0] != want {
			t.Errorf("%q: %v", number, err)
		}
	}
	if _, err := o.Find(t.Context(), o.by, testquestion.Woman(2026, 1).String()); !problem.HasCode(err, "person-unknown") {
		t.Errorf("nobody: %v", err)
	}
	config := o.config()
	config.Residents = nil
	alone, err := births.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alone.Find(t.Context(), o.by, testquestion.Woman(1992, 1).String()); !problem.HasCode(err, "residence-unavailable") {
		t.Errorf("without a residence register: %v", err)
	}
}

func TestAChangedHandleIsForged(t *testing.T) {
	o := withoutState(t)
	handle := o.handle(testquestion.Woman(1992, 1))
	rapid.Check(t, func(t *rapid.T) {
		changed := []byte(handle)
		changed[rapid.IntRange(0, len(changed)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("ABCxyz019-_ =\x00")).Draw(t, "to")
		if _, err := o.Open(o.by, string(changed)); string(changed) != handle && !errors.Is(err, births.ErrHandleForged) {
			t.Fatalf("%q: %v", changed, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{"", "AAAA", strings.Repeat("A", 200), "=", strings.Repeat("x", 5000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := withoutState(t)
		if parent, err := o.Open(o.by, s); !errors.Is(err, births.ErrHandleForged) {
			t.Errorf("%q opens as %+v, %v", s, parent, err)
		}
	})
}
