package events

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// births is the system of the civil register.
func births() System { return System{Name: "births", Subsystem: civilID} }

// relayed lets what a side publishes reach its stream.
func (s *side) relayed(tb testing.TB) {
	tb.Helper()
	testkit.Must[*bus.Relay](tb)(s.Stream.(*bus.Bus).Relay(s.DB, s.clock.Now))
}

// said is an event as a system sends it.
func said(id string, more string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"` + civilID.String() + `","type":"` + born + `"` + more + `}`
}

func read(tb testing.TB, texts ...string) []bus.Event {
	tb.Helper()
	return testkit.Must[[]bus.Event](tb)(ReadEvents(http.Header{"Content-Type": {BatchType}}, []byte("["+strings.Join(texts, ",")+"]")))
}

func TestPublishedOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := newWorldOn(t, open)
		// The city publishes here, since its tables lie in the database of the test.
		mine := contract()
		mine.ID, mine.Consumer, mine.Provider = "moves", civilID, family
		w.agree(mine)
		w.city.relayed(t)
		by := System{Name: "family", Subsystem: family}
		of := func(id, more string) bus.Event {
			e := read(t, said(id, more))[0]
			e.Source = family.String()
			return e
		}
		var counted int
		w.city.Count = func(c Count) { counted += c.Published }
		for _, step := range []struct {
			events     []bus.Event
			new, known int
		}{
			{[]bus.Event{of("1", ""), of("2", `,"data":{"area":"80152"}`)}, 2, 0},
			{[]bus.Event{of("1", "")}, 0, 1},
			{[]bus.Event{of("2", `,"data": {"area": "80152"}`), of("3", `,"time":"2026-11-23T09:00:00+01:00"`)}, 1, 1},
			{[]bus.Event{of("4", ""), of("4", "")}, 1, 1},
		} {
			w.city.clock.Advance(time.Minute)
			done, err := w.city.Publish(t.Context(), by, step.events)
			if err != nil || done.New != step.new || done.Known != step.known {
				t.Errorf("%+v, %v, want %+v", done, err, step)
			}
		}
		testkit.Eventually(t, "all are in the stream", func() bool { return slices.Equal(ids(t, w.city.Stream), []string{"1", "2", "3", "4"}) })
		if counted != 4 {
			t.Errorf("counted %d", counted)
		}
		_, err := w.city.Publish(t.Context(), by, []bus.Event{of("5", ""), of("3", `,"data":1`)})
		wantCode(t, err, "event-id-taken")
		if done, err := w.city.Publish(t.Context(), by, []bus.Event{of("5", "")}); err != nil || done.New != 1 {
			t.Errorf("an event of a batch that was refused is known: %+v, %v", done, err)
		}
		got := testkit.Must[[]bus.Sequenced](t)(w.city.Stream.Fetch(t.Context(), nil, 2, 1, 0))
		if len(got) != 1 || !got[0].Event.Time.Equal(morning) {
			t.Errorf("%+v", got)
		}
	})
}

func TestOnlyOwnAgreedEventsArePublished(t *testing.T) {
	w := newWorld(t)
	foreign, other := read(t, said("1", ""))[0], read(t, said("1", ""))[0]
	foreign.Source, other.Type = family.String(), "rs.deaths.registered"
	for code, e := range map[string]bus.Event{"event-source-foreign": foreign, "event-type-unagreed": other} {
		_, err := w.state.Publish(t.Context(), births(), []bus.Event{read(t, said("0", ""))[0], e})
		wantCode(t, err, code)
	}
	if n := testkit.Must[int](t)(w.state.outbox(t.Context())); n != 0 {
		t.Errorf("%d events are on their way", n)
	}
}

func (s *side) outbox(ctx context.Context) (n int, err error) {
	err = s.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from bus_outbox`).Scan(&n)
	return n, err
}

// What was published is remembered for longer than streams keep it, and not for
// ever.
func TestPublishedIsForgottenInTheEnd(t *testing.T) {
	w := newWorld(t)
	publishOne := func(id string) Published {
		return testkit.Must[Published](t)(w.state.Publish(t.Context(), births(), read(t, said(id, ""))))
	}
	publishOne("1")
	w.state.clock.Advance(publishedKeep + time.Hour)
	publishOne("2")
	var n int
	if err := w.state.DB.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from exchange_published`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d are remembered, %v", n, err)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	large := fmt.Sprintf(`,"data":"%s"`, strings.Repeat("x", MaxEvent))
	many := "[" + strings.Repeat(said("1", "")+",", MaxBatch) + said("1", "") + "]"
	for name, c := range map[string]struct{ kind, body, code, part string }{
		"another kind":           {"application/json", said("1", ""), "cloudevent-type", ""},
		"no kind":                {"", said("1", ""), "cloudevent-type", ""},
		"no JSON":                {EventType, `{`, "cloudevent-malformed", "json"},
		"a list":                 {EventType, `[` + said("1", "") + `]`, "cloudevent-malformed", "json"},
		"something behind":       {EventType, said("1", "") + "1", "cloudevent-malformed", "json"},
		"a doubled member":       {EventType, said("1", `,"id":"2"`), "cloudevent-malformed", "json"},
		"no id":                  {EventType, said("", ""), "cloudevent-malformed", "id"},
		"another version":        {EventType, strings.Replace(said("1", ""), `"1.0"`, `"0.3"`, 1), "cloudevent-malformed", "specversion"},
		"another spelling":       {EventType, strings.Replace(said("1", ""), `"type"`, `"Type"`, 1), "cloudevent-malformed", "attributes"},
		"a structure beside it":  {EventType, said("1", `,"priority":{"of":1}`), "cloudevent-malformed", "attributes"},
		"a name that is none":    {EventType, said("1", `,"trace-parent":"00"`), "cloudevent-malformed", "attributes"},
		"data twice":             {EventType, said("1", `,"data":1,"data_base64":"MQ=="`), "cloudevent-malformed", "data_base64"},
		"no base64":              {EventType, said("1", `,"data_base64":"?"`), "cloudevent-malformed", "data_base64"},
		"base64 that says JSON":  {EventType, said("1", `,"datacontenttype":"application/json","data_base64":"e3s="`), "cloudevent-malformed", "data"},
		"a schema without a way": {EventType, said("1", `,"dataschema":"birth"`), "cloudevent-malformed", "dataschema"},
		"a number as subject":    {EventType, said("1", `,"subject":12345678`), "cloudevent-malformed", "subject"},
		"no time":                {EventType, said("1", `,"time":"yesterday"`), "cloudevent-malformed", "time"},
		"no media type":          {EventType, said("1", `,"datacontenttype":"a b","data":"<a/>"`), "cloudevent-malformed", "datacontenttype"},
		"a type with blanks":     {EventType, strings.Replace(said("1", ""), born, "a b", 1), "cloudevent-malformed", "attributes"},
		"a control character":    {EventType, said(`1\u0000`, ""), "cloudevent-malformed", "attributes"},
		"too large":              {EventType, said("1", large), "cloudevent-large", ""},
		"too large as written":   {EventType, said("1", fmt.Sprintf(`,"data":"%s"`, strings.Repeat("<", MaxEvent/4))), "cloudevent-large", ""},
		"an empty batch":         {BatchType, `[]`, "cloudevent-malformed", "batch"},
		"too many":               {BatchType, many, "cloudevent-large", ""},
		"the second of a batch":  {BatchType, "[" + said("1", "") + "," + said("", "") + "]", "cloudevent-malformed", "id"},
		"a citizen in the id":    {EventType, said("0512981717776", ""), "cloudevent-person", ""},
		"a citizen in the data":  {EventType, said("1", `,"data":{"a":["x 0512981717776"]}`), "cloudevent-person", ""},
		"a citizen as a number":  {EventType, said("1", `,"data":[3108964384005,1308964384006,2308964384003,1512981717775,1512981717771,2512981717770,512981717776,1512981717772]`), "", ""},
		"a citizen in a name":    {EventType, said("1", `,"data":{"0512981717776":1}`), "cloudevent-person", ""},
		"a citizen in disguise":  {EventType, said("1", `,"data":"\u0030512981717776"`), "cloudevent-person", ""},
		"a citizen beside it":    {EventType, said("1", `,"traceparent":"0512981717776"`), "cloudevent-person", ""},
		"a citizen in base64":    {EventType, said("1", `,"data_base64":"MDUxMjk4MTcxNzc3Ng=="`), "cloudevent-person", ""},
		"a citizen in a schema":  {EventType, said("1", `,"dataschema":"urn:0512981717776"`), "cloudevent-person", ""},
		"a citizen as subject":   {EventType, said("1", `,"subject":"p:0512981717776"`), "cloudevent-person", ""},
		"a name as subject":      {EventType, said("1", `,"subject":"Jovana Petrović 1"`), "cloudevent-subject", ""},
		"a short subject":        {EventType, said("1", `,"subject":"p1"`), "cloudevent-subject", ""},
		"a pseudonym as subject": {EventType, said("1", `,"subject":"01jd8x7v3m9q2w4e6r8t0y1u3i"`), "", ""},
	} {
		events, err := ReadEvents(http.Header{"Content-Type": {c.kind}}, []byte(c.body))
		if c.code == "" {
			if err != nil || len(events) != 1 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if p := problem.Of(err); p.Code != c.code || p.Args["part"] != c.part && c.part != "" {
			t.Errorf("%s: %v %v", name, err, p.Args)
		}
		if err != nil && strings.Contains(err.Error(), "0512981717776") {
			t.Errorf("%s: the error quotes the event", name)
		}
	}
}

// What is taken has one meaning: read again from how it is written it is the same.
func FuzzReadEvents(f *testing.F) {
	for _, more := range []string{"", `,"data":{"a":1}`, `,"time":"2026-11-23T09:00:00Z"`, `,"subject":"birth-1234"`, `,"data":null`, `,"datacontenttype":"application/json; charset=utf-8","data":1`,
		`,"data_base64":"MQ=="`, `,"datacontenttype":"text/plain;charset=utf-8","data":"<a/>","dataschema":"urn:x","traceparent":"00-1-2-01"`, `,"datacontenttype":"a/b+json","data_base64":"MQ=="`} {
		f.Add([]byte(said("1", more)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, _, wrong := parseEvent(text)
		if wrong != "" {
			return
		}
		if e.Time.IsZero() {
			e.Time = morning
		}
		if err := e.Check(); err != nil {
			t.Fatalf("taken and no event: %v", err)
		}
		once := testkit.Must[[]byte](t)(json.Marshal(e))
		again, _, wrong := parseEvent(once)
		if wrong != "" {
			t.Fatalf("%s is not read again: %s", once, wrong)
		}
		if twice := testkit.Must[[]byte](t)(json.Marshal(again)); string(once) != string(twice) {
			t.Fatalf("%s became %s", once, twice)
		}
	})
}
