package catalogue_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/search"
	"dobosh/internal/testkit"
)

var today = civil.Date(2026, 11, 24)

func TestFirstDescriptionHoldsAtOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		plan := r.publishes(description("1.0", "born"), today.AddDays(100))
		sv := r.service()
		if plan.Announced || sv.Version != "1.0" || sv.Since != today || sv.Kind != registry.ServiceOpenAPI || sv.Title["sr"] != "Матична књига рођених" {
			t.Errorf("the service is %+v", sv)
		}
		raw, kind, err := r.provider.Document(t.Context(), births)
		if err != nil || kind != "application/yaml" || !bytes.Equal(raw, description("1.0", "born")) {
			t.Errorf("document is %.60q, %s, %v", raw, kind, err)
		}
	})
}

func TestOthersFetchByDigestOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.publishes(description("1.0", "born"), civil.Day{})
		for range 3 {
			doc, err := r.consumer.Description(t.Context(), births)
			if err != nil || doc.Version != "1.0" {
				t.Fatalf("got %v, %v", doc, err)
			}
		}
		if r.asked != 1 {
			t.Errorf("the provider was asked %d times", r.asked)
		}
	})
}

func TestWhatIsNotTheDescriptionIsNotBelieved(t *testing.T) {
	for what, other := range map[string][]byte{
		"another description": description("6.6.6", "born"),
		"a long one":          bytes.Repeat([]byte("#"), openapi.MaxBytes+10),
		"nothing":             {},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t, "sqlite")
			r.publishes(description("1.0", "born"), civil.Day{})
			r.other = other
			if _, err := r.consumer.Description(t.Context(), births); !problem.HasCode(err, "description-away") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAwayIsNotAskedAgainAndAgain(t *testing.T) {
	r := newRig(t, "sqlite")
	r.publishes(description("1.0", "born"), civil.Day{})
	r.away = true
	for range 5 {
		if _, err := r.consumer.Description(t.Context(), births); !problem.HasCode(err, "description-away") {
			t.Fatal(err)
		}
	}
	if r.asked != 1 {
		t.Errorf("asked %d times", r.asked)
	}
	r.away = false
	r.clock.Advance(60e9)
	if _, err := r.consumer.Description(t.Context(), births); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestHarmlessVersionHoldsAtOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.contract("/born")
		r.publishes(description("1.0", "born"), civil.Day{})
		plan := r.publishes(description("1.1", "born", "order"), civil.Day{})
		sv := r.service()
		if plan.Announced || sv.Version != "1.1" || len(sv.Former) != 1 || sv.Former[0].Version != "1.0" {
			t.Errorf("the service is %+v", sv)
		}
		changes, err := r.consumer.Changes(t.Context(), births, "1.1", "1.0")
		if err == nil {
			t.Errorf("the old description came from a node that no longer gives it: %v", changes) // the rig gives the present one only
		}
		changes, err = r.provider.Changes(t.Context(), births, "1.0", "1.1")
		if err != nil || len(changes) != 1 || changes[0].Code != openapi.FieldAdded || changes[0].Breaks {
			t.Errorf("changes are %v, %v", changes, err)
		}
	})
}

// TestBreakingVersionIsAnnounced: it waits for the days of the notice, the
// consumer's officers see what is hit, and on its day it begins.
func TestBreakingVersionIsAnnounced(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.contract("/mother", "/born")
		r.publishes(description("1.0", "born", "mother", "father"), civil.Day{})
		if _, err := r.consumer.Description(t.Context(), births); err != nil {
			t.Fatal(err)
		}
		plan := r.publishes(description("2.0", "born", "father"), civil.Day{})
		sv := r.service()
		if !plan.Announced || plan.From != today.AddDays(30) || sv.Version != "1.0" || sv.Next == nil || sv.Next.Version != "2.0" || sv.Next.From != today.AddDays(30) {
			t.Fatalf("the service is %+v", sv)
		}
		if len(plan.Concerned) != 1 || plan.Concerned[0].Hits[0].Place.Pointer != "/mother" {
			t.Errorf("concerned are %+v", plan.Concerned)
		}

		r.other, _ = nextOf(t, r)
		told, err := r.consumer.Announcements(t.Context(), officer)
		if err != nil || len(told) != 1 || !told[0].Read || len(told[0].Concerned) != 1 || told[0].Concerned[0].Hits[0].Code != openapi.FieldRemoved {
			t.Fatalf("told is %+v, %v", told, err)
		}
		if none, err := r.provider.Announcements(t.Context(), officer); err != nil || len(none) != 0 {
			t.Errorf("the provider is told of %v, %v", none, err)
		}

		r.clock.Advance(29 * 24 * 3600e9)
		if err := r.provider.BeginAnnounced(t.Context()); err != nil || r.service().Version != "1.0" {
			t.Errorf("a day early the version is %s, %v", r.service().Version, err)
		}
		r.clock.Advance(24 * 3600e9)
		if err := r.provider.BeginAnnounced(t.Context()); err != nil {
			t.Fatal(err)
		}
		if sv := r.service(); sv.Version != "2.0" || sv.Next != nil || sv.Since != today.AddDays(30) || sv.Former[0].Version != "1.0" {
			t.Errorf("on its day the service is %+v", sv)
		}
		if r.consumer.Waiting() != 0 {
			t.Error("what has begun is still announced")
		}
	})
}

func nextOf(t *testing.T, r *rig) ([]byte, error) {
	t.Helper()
	doc, err := r.provider.Edition(t.Context(), births, "2.0")
	if err != nil {
		t.Fatal(err)
	}
	return doc.Raw, nil
}

func TestNoticeIsNotCutShort(t *testing.T) {
	r := newRig(t, "sqlite")
	r.contract("/born")
	r.publishes(description("1.0", "born"), civil.Day{})
	draft := catalogue.Draft{Service: births, Raw: description("2.0"), From: today.AddDays(29)}
	_, err := r.provider.Publish(t.Context(), engineer, draft)
	if !problem.HasCode(err, "notice-too-short") || problem.Of(err).Args["earliest"] != "2026-12-24" {
		t.Errorf("got %v", err)
	}
	if r.service().Next != nil {
		t.Error("it was announced all the same")
	}
	draft.From = today.AddDays(45)
	if p, err := r.provider.Plan(t.Context(), engineer, draft); err != nil || p.From != today.AddDays(45) {
		t.Errorf("later is %s, %v", p.From, err)
	}
}

func TestWithoutContractsNothingIsAnnounced(t *testing.T) {
	r := newRig(t, "sqlite")
	r.publishes(description("1.0", "born"), civil.Day{})
	if p := r.publishes(description("2.0"), civil.Day{}); p.Announced || r.service().Version != "2.0" {
		t.Errorf("the service is %+v", r.service())
	}
}

func TestWithdrawn(t *testing.T) {
	r := newRig(t, "sqlite")
	r.contract("/born")
	r.publishes(description("1.0", "born"), civil.Day{})
	r.publishes(description("2.0"), civil.Day{})
	if err := r.provider.Withdraw(t.Context(), engineer, births); err != nil || r.service().Next != nil {
		t.Errorf("%v, next is %v", err, r.service().Next)
	}
	if err := r.provider.Withdraw(t.Context(), engineer, births); !problem.HasCode(err, "nothing-announced") {
		t.Errorf("again: %v", err)
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t, "sqlite")
	r.publishes(description("1.0", "born"), civil.Day{})
	foreign, unknown := births, births
	foreign.Member, unknown.Subsystem = "CITY", "nowhere"
	for _, test := range []struct {
		what, code string
		by         act.Actor
		draft      catalogue.Draft
	}{
		{"nobody", "sign-in-needed", act.Actor{}, catalogue.Draft{Service: births, Raw: description("2.0")}},
		{"an officer", "not-allowed", officer, catalogue.Draft{Service: births, Raw: description("2.0")}},
		{"another's service", "service-foreign", engineer, catalogue.Draft{Service: foreign, Raw: description("2.0")}},
		{"an unknown subsystem", "service-foreign", engineer, catalogue.Draft{Service: unknown, Raw: description("2.0")}},
		{"no service", "service-foreign", engineer, catalogue.Draft{Service: births.System(), Raw: description("2.0")}},
		{"the same again", "description-known", engineer, catalogue.Draft{Service: births, Raw: description("1.0", "born")}},
		{"another of the same version", "version-again", engineer, catalogue.Draft{Service: births, Raw: description("1.0", "other")}},
		{"without a version", "description-invalid", engineer, catalogue.Draft{Service: births, Raw: description("")}},
		{"nonsense", "description-not-openapi", engineer, catalogue.Draft{Service: births, Raw: []byte("a: b")}},
	} {
		if _, err := r.provider.Publish(t.Context(), test.by, test.draft); !problem.HasCode(err, test.code) {
			t.Errorf("%s: %v, want %s", test.what, err, test.code)
		}
	}
	if err := r.provider.Withdraw(t.Context(), officer, births); !problem.HasCode(err, "not-allowed") {
		t.Errorf("an officer withdraws: %v", err)
	}
	if _, err := r.provider.Announcements(t.Context(), act.As("resident", identity.Resident)); !problem.HasCode(err, "not-allowed") {
		t.Errorf("a resident is told: %v", err)
	}
	if _, err := r.provider.Own(officer); !problem.HasCode(err, "not-allowed") {
		t.Errorf("an officer describes: %v", err)
	}
}

func TestUnknownServicesAndVersions(t *testing.T) {
	r := newRig(t, "sqlite")
	none := births
	none.Service = "none"
	if _, err := r.provider.Description(t.Context(), none); !problem.HasCode(err, "service-not-registered") {
		t.Errorf("got %v", err)
	}
	r.publishes(description("1.0", "born"), civil.Day{})
	if _, err := r.provider.Edition(t.Context(), births, "7"); !problem.HasCode(err, "version-unknown") {
		t.Errorf("got %v", err)
	}
}

func TestFoundInTheState(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		if found, total := r.consumer.Find(search.Query{Words: "рођених"}, ""); total != 0 {
			t.Fatalf("found %v before there is any", found.Items)
		}
		r.publishes(description("1.0", "born"), civil.Day{})
		for query, want := range map[string]int{"rodjenih": 1, "рођење детета": 1, "birth child": 1, "државни": 1, "births": 1, "водовод": 0} {
			if _, total := r.consumer.Find(search.Query{Words: query}, ""); total != want {
				t.Errorf("%q finds %d, want %d", query, total, want)
			}
		}
		// what the description says is found where it is kept
		if _, total := r.provider.Find(search.Query{Words: "одговара"}, ""); total != 1 {
			t.Error("the text of the description is not found by its provider")
		}
		if bodies, events := r.consumer.Bodies(), r.consumer.Events(); len(bodies) != 1 || bodies[0].Title["en"] != "State registers" || len(events) != 1 || events[0].N != 1 {
			t.Errorf("bodies are %v, events %v", bodies, events)
		}
	})
}

func TestNodesGiveOnlyTheirOwn(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.publishes(description("1.0", "born"), civil.Day{})
		doc, err := r.consumer.Description(t.Context(), births)
		if err != nil {
			t.Fatal(err)
		}
		for room, want := range map[*catalogue.Room]int{r.provider: http.StatusOK, r.consumer: http.StatusNotFound} {
			mux := http.NewServeMux()
			mux.Handle("GET "+catalogue.DescriptionsPath+"{digest}", room.ServeDescriptions())
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, catalogue.DescriptionsPath+doc.Digest, nil))
			if w.Code != want || want == http.StatusOK && openapi.Digest(w.Body.Bytes()) != doc.Digest {
				t.Errorf("status %d, want %d", w.Code, want)
			}
		}
	})
}

func TestFetchedFromTheSystem(t *testing.T) {
	r := newRig(t, "sqlite")
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/openapi":
			_, _ = w.Write(description("1.0", "born"))
		case "/elsewhere":
			http.Redirect(w, q, "/openapi", http.StatusFound)
		case "/endless":
			_, _ = w.Write(bytes.Repeat([]byte("#"), 3<<20))
		default:
			http.NotFound(w, q)
		}
	}))
	t.Cleanup(system.Close)
	for path, code := range map[string]string{"/openapi": "", "/elsewhere": "source-away", "/endless": "description-too-large", "/none": "source-away"} {
		r.provider.Sources = map[registry.ID]string{births: system.URL + path}
		raw, err := r.provider.Fetch(t.Context(), engineer, births)
		if code == "" && (err != nil || !strings.Contains(string(raw), "openapi")) || code != "" && !problem.HasCode(err, code) {
			t.Errorf("%s: %.20q, %v", path, raw, err)
		}
	}
	if _, err := r.provider.Fetch(t.Context(), officer, births); !problem.HasCode(err, "not-allowed") {
		t.Errorf("an officer: %v", err)
	}
	if _, err := r.provider.Fetch(t.Context(), engineer, births.System()); !problem.HasCode(err, "source-unknown") {
		t.Errorf("no source: %v", err)
	}
}
