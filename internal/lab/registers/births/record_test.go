package births_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/testkit"
)

func TestRecord(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		e := o.entry(mother, 1)
		e.GivenName, e.FamilyName, e.Number = "  Лена   Марија ", "Kovács", " "+e.Number+" "
		birth := o.record(e)
		want := births.Birth{
			ID: birth.ID, Child: o.Own(o.born(4, 1)), GivenName: "Лена Марија", FamilyName: "Kovács", Sex: jmbg.Female,
			Born: civil.Date(2026, time.November, 19), Live: true, Place: "zr-01", Mother: o.Own(mother), MotherName: "Ана Примерић",
			Father: o.Own(testquestion.Man(1988, 1)), FatherName: "Ана Примерић", RecordedAt: o.clock.Now(), RecordedBy: "vesna",
		}
		for name, read := range map[string]func() (births.Birth, error){
			"recorded": func() (births.Birth, error) { return birth, nil },
			"read":     func() (births.Birth, error) { return o.Birth(t.Context(), o.by, birth.ID) },
		} {
			got, err := read()
			order := intOf(got.Order)
			got.Order = nil
			if err != nil || got != want || order != 1 || !id.Valid(got.ID) {
				t.Errorf("%s: order %d, %+v, %v\nwant %+v", name, order, got, err, want)
			}
		}
	})
}

// The event leaves the house. It must not say who was born to whom.
func TestEventSaysNothingPersonal(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother, father := testquestion.Woman(1992, 1), testquestion.Man(1988, 1)
		e := o.entry(mother, 1)
		birth, events := o.record(e), o.events()
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		event := events[0]
		if event.Type != births.EventType || event.Subject != birth.ID || string(event.Data) != `{"area":"80153"}` ||
			event.Source != "/civil" || event.SpecVersion != "1.0" || event.DataContentType != "application/json" || !event.Time.Equal(o.clock.Now()) {
			t.Errorf("event %+v", event)
		}
		text, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		secrets := []string{e.GivenName, e.FamilyName, "Ана", e.Token, e.MotherHandle, "zr-01", "2026-11-19", "vesna"}
		for _, number := range []jmbg.Number{mother, father, o.born(4, 1)} {
			secrets = append(secrets, number.String(), o.Own(number), o.Called("family", number))
		}
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("the event says %q: %s", secret, text)
			}
		}
	})
}

func TestAreaOfAMotherWithoutResidenceIsThatOfTheBirth(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		found, err := o.Handle(o.by, "family", births.Resident{Person: o.Called("family", testquestion.Woman(1992, 1))})
		if err != nil {
			t.Fatal(err)
		}
		e.MotherHandle = found.Handle
		o.record(e)
		if got := string(o.events()[0].Data); got != `{"area":"80152"}` {
			t.Errorf("data %s", got)
		}
	})
}

func TestBadEntries(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		good := o.entry(mother, 1)
		number := func(n jmbg.Number) func(*births.Entry) {
			return func(e *births.Entry) { e.Number, e.Born, e.Sex = n.String(), n.Born(), n.Sex() }
		}
		mothers := func(n jmbg.Number) func(*births.Entry) {
			return func(e *births.Entry) { e.MotherHandle = o.handle(n) }
		}
		fathers := func(n jmbg.Number) func(*births.Entry) {
			return func(e *births.Entry) { e.FatherHandle = o.handle(n) }
		}
		for name, c := range map[string]struct {
			change func(*births.Entry)
			want   string
		}{
			"a short number":            {func(e *births.Entry) { e.Number = "191102683501" }, "number:number-form"},
			"letters in the number":     {func(e *births.Entry) { e.Number = "19110268350l2" }, "number:number-form"},
			"a number of 31 February":   {func(e *births.Entry) { e.Number = "3102026835011" }, "number:number-date"},
			"a wrong control digit":     {func(e *births.Entry) { e.Number = e.Number[:12] + string('0'+(e.Number[12]-'0'+1)%10) }, "number:number-check"},
			"a number of another day":   {func(e *births.Entry) { e.Number = o.born(5, 1).String() }, "number:number-born-mismatch"},
			"a number of a boy":         {func(e *births.Entry) { e.Sex = jmbg.Male }, "number:number-sex-mismatch"},
			"a day of another zone":     {func(e *births.Entry) { e.Born, _ = civil.Parse("2026-11-19[Asia/Seoul]") }, "number:number-born-mismatch"},
			"no sex":                    {func(e *births.Entry) { e.Sex = "" }, "sex:sex-missing"},
			"another sex":               {func(e *births.Entry) { e.Sex = "x" }, "sex:sex-missing number:number-sex-mismatch"},
			"no day":                    {func(e *births.Entry) { e.Born = civil.Day{} }, "born:born-missing"},
			"tomorrow":                  {number(o.born(-1, 1)), "born:born-future"},
			"a day over a year ago":     {number(o.born(366, 1)), "born:born-too-old"},
			"no given name":             {func(e *births.Entry) { e.GivenName = "  " }, "given_name:words-missing"},
			"a name without end":        {func(e *births.Entry) { e.FamilyName = strings.Repeat("ш", 61) }, "family_name:words-too-long"},
			"digits in a name":          {func(e *births.Entry) { e.GivenName = "Лена2" }, "given_name:name-letters"},
			"a tag in a name":           {func(e *births.Entry) { e.FamilyName = "<b>Примерић" }, "family_name:name-letters"},
			"a name that ends too soon": {func(e *births.Entry) { e.FamilyName = "Примерић-" }, "family_name:name-letters"},
			"two hyphens":               {func(e *births.Entry) { e.FamilyName = "При--мер" }, "family_name:name-letters"},
			"a blank and a hyphen":      {func(e *births.Entry) { e.FamilyName = "При -мер" }, "family_name:name-letters"},
			"letters of two scripts":    {func(e *births.Entry) { e.GivenName = "Лeнa" }, "given_name:name-scripts"},
			"an invisible letter":       {func(e *births.Entry) { e.GivenName = "Ле\u200bна" }, "given_name:name-letters"},
			"bytes that are no text":    {func(e *births.Entry) { e.GivenName = "Ле\xff" }, "given_name:name-letters"},
			"a place nobody knows":      {func(e *births.Entry) { e.Settlement = "nowhere" }, "settlement:place-unknown"},
			"no mother":                 {func(e *births.Entry) { e.MotherHandle = "" }, "mother:parent-missing"},
			"a mother who is made up":   {func(e *births.Entry) { e.MotherHandle = "bWFkZSB1cA" }, "mother:parent-forged"},
			"a mother who is typed":     {func(e *births.Entry) { e.MotherHandle = mother.String() }, "mother:parent-forged"},
			"a man for a mother":        {mothers(testquestion.Man(1990, 1)), "mother:mother-sex"},
			"a mother who is a child":   {mothers(testquestion.Woman(2015, 1)), "mother:parent-too-young"},
			"no father, and no word":    {func(e *births.Entry) { e.FatherHandle = "" }, "father:parent-missing"},
			"a father, and a word":      {func(e *births.Entry) { e.FatherUnknown = true }, "father:father-contradiction"},
			"a father who is made up":   {func(e *births.Entry) { e.FatherHandle = e.FatherHandle[1:] }, "father:parent-forged"},
			"a woman for a father":      {fathers(testquestion.Woman(1990, 5)), "father:father-sex"},
			"a father who is a child":   {fathers(testquestion.Man(2015, 1)), "father:parent-too-young"},
			"the mother for a father":   {fathers(mother), "father:father-sex father:parents-same"},
			"fewer than no births":      {func(e *births.Entry) { e.PreviousLiveBirths = -1 }, "previous_live_births:count-malformed"},
			"more births than can be":   {func(e *births.Entry) { e.PreviousLiveBirths = 31 }, "previous_live_births:count-malformed"},
			"an order known and not":    {func(e *births.Entry) { e.PreviousLiveBirths, e.OrderUnknown = 1, true }, "order_unknown:order-contradiction"},
			"no token":                  {func(e *births.Entry) { e.Token = "" }, "token:token-malformed"},
			"a token without end":       {func(e *births.Entry) { e.Token = strings.Repeat("a", 65) }, "token:words-too-long"},
			"a token that is something": {func(e *births.Entry) { e.Token = "' or 1=1 --" }, "token:words-signs"},
			"several things at once": {func(e *births.Entry) {
				e.GivenName, e.Settlement, e.MotherHandle, e.Number = "", "", "", "1"
			}, "given_name:words-missing settlement:place-unknown number:number-form mother:parent-missing"},
			"nothing": {func(e *births.Entry) { *e = births.Entry{} }, "token:token-malformed given_name:words-missing family_name:words-missing " +
				"sex:sex-missing settlement:place-unknown born:born-missing number:number-form mother:parent-missing father:parent-missing"},
		} {
			e := good
			c.change(&e)
			_, err := o.Record(t.Context(), o.by, e)
			if got := fields(err); !problem.HasCode(err, "entry-invalid") || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if events := o.events(); len(events) != 0 {
			t.Errorf("bad entries published %d events", len(events))
		}
	})
}

// A parent cannot be found by the number of the child as long as the child is not
// in the residence register; an answer that names the child must be refused too.
func TestAParentWhoIsTheChild(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		for field, child := range map[string]jmbg.Number{"mother": jmbg.Make(civil.Date(2026, time.November, 19), 83, 501), "father": jmbg.Make(civil.Date(2026, time.November, 19), 83, 1)} {
			e := o.entry(testquestion.Woman(1992, 1), 1)
			e.Number, e.Sex = child.String(), child.Sex()
			found, err := o.Handle(o.by, "family", births.Resident{Person: o.Called("family", child)})
			if err != nil {
				t.Fatal(err)
			}
			*map[string]*string{"mother": &e.MotherHandle, "father": &e.FatherHandle}[field] = found.Handle
			_, err = o.Record(t.Context(), o.by, e)
			if got := strings.Join(fields(err), " "); got != field+":parent-is-child" {
				t.Errorf("%s is the child: %s", field, got)
			}
		}
	})
}

func TestTheDayIsThatOfBelgrade(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		o.clock.Set(time.Date(2026, time.November, 22, 23, 30, 0, 0, time.UTC)) // half past midnight in Belgrade
		e := o.entry(testquestion.Woman(1992, 1), 1)
		child := jmbg.Make(civil.Date(2026, time.November, 23), 83, 501)
		e.Number, e.Born = child.String(), child.Born()
		o.record(e)
	})
}

func TestTheFirstAndTheLastDayOfAnEntry(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		for nth, ago := range []int{0, 365} {
			child := o.born(ago, 1)
			e := o.entry(testquestion.Woman(1992, nth), 1)
			e.Number, e.Born = child.String(), child.Born()
			o.record(e)
		}
	})
}

func TestOnlyRegistrars(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		for want, by := range map[string]act.Actor{
			"sign-in-needed": {},
			"not-allowed":    act.As("nikola", identity.Officer, identity.Operator, identity.Auditor, identity.Resident),
		} {
			_, err := o.Record(t.Context(), by, e)
			_, listErr := o.List(t.Context(), by, "")
			_, birthErr := o.Birth(t.Context(), by, id.New())
			_, findErr := o.Find(t.Context(), by, testquestion.Woman(1992, 1).String())
			_, handleErr := o.Handle(by, "family", births.Resident{})
			for what, err := range map[string]error{"record": err, "list": listErr, "birth": birthErr, "find": findErr, "handle": handleErr} {
				if !problem.HasCode(err, want) {
					t.Errorf("%s by %q: %v, want %s", what, by.Account, err, want)
				}
			}
		}
	})
}

func TestADoubledFormRecordsOnce(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		first := o.record(e)
		o.clock.Advance(time.Hour) // the handles have expired
		if again := o.record(e); again.ID != first.ID {
			t.Error("the same form recorded another birth")
		}
		e.Token = id.New()
		_, err := o.Record(t.Context(), o.by, e)
		if !problem.HasCode(err, "birth-already-recorded") || problem.Of(err).Kind != problem.Conflict {
			t.Errorf("another form for the same child: %v", err)
		}
		if n := len(o.events()); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

func TestAFormForAnotherChild(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		first, second := o.entry(testquestion.Woman(1992, 1), 1), o.entry(testquestion.Woman(1992, 1), 2)
		o.record(first)
		second.Token = first.Token
		if _, err := o.Record(t.Context(), o.by, second); !problem.HasCode(err, "form-already-used") {
			t.Errorf("a used form: %v", err)
		}
	})
}

func TestManyHandsOneBirth(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		ids := make(chan string, 12)
		var wg sync.WaitGroup
		for i := range cap(ids) {
			mine := e
			if i%2 == 1 {
				mine.Token = id.New()
			}
			wg.Go(func() {
				birth, err := o.Record(t.Context(), o.by, mine)
				if err != nil && !problem.HasCode(err, "birth-already-recorded") {
					t.Error(err)
				}
				ids <- birth.ID
			})
		}
		wg.Wait()
		close(ids)
		recorded := map[string]bool{}
		for one := range ids {
			recorded[one] = true
		}
		delete(recorded, "")
		if len(recorded) != 1 || len(o.events()) != 1 {
			t.Errorf("%d births, %d events", len(recorded), len(o.events()))
		}
	})
}

func TestList(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		var want []string
		for i := range 2*page.Size + 3 {
			if i%3 == 0 {
				o.clock.Advance(time.Minute) // the others were recorded in the same instant
			}
			want = append(want, o.record(o.entry(testquestion.Woman(1992, i), i)).ID)
		}
		var got []string
		var key page.Key
		for pages := 1; ; pages++ {
			p, err := o.List(t.Context(), o.by, key)
			if err != nil || pages > 3 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, b := range p.Items {
				got = append(got, b.ID)
			}
			if key = p.Next; key == "" {
				break
			}
		}
		if slices.Sort(want); len(got) != len(want) || got[0] <= got[len(got)-1] {
			t.Errorf("%d births, the first %s, the last %s", len(got), got[0], got[len(got)-1])
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Error("the pages do not hold every birth once")
		}
		for _, foreign := range []page.Key{"!", page.KeyOf("x"), page.KeyOf("x", "y")} {
			if p, err := o.List(t.Context(), o.by, foreign); err != nil || len(p.Items) != page.Size {
				t.Errorf("key %s: %d births, %v", foreign, len(p.Items), err)
			}
		}
	})
}

func TestADeadDatabase(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		if err := o.db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := o.Record(t.Context(), o.by, e)
		_, listErr := o.List(t.Context(), o.by, "")
		_, birthErr := o.Birth(t.Context(), o.by, id.New())
		for _, err := range []error{err, listErr, birthErr, o.Put(t.Context(), []births.Birth{{ID: "x"}})} {
			if problem.Of(err).Kind != problem.Internal {
				t.Errorf("got %v", err)
			}
		}
	})
}
