package clock_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func TestStandingAmongOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		others []time.Duration // how far they are ahead; the machine's own is at noon
		unmet  int
		want   clock.Standing
		off    time.Duration
	}{
		"nobody else":                 {nil, 0, clock.Agrees, 0},
		"nobody was met":              {nil, 2, clock.Unknown, 0},
		"one agrees":                  {[]time.Duration{time.Minute}, 1, clock.Agrees, -time.Minute},
		"one differs":                 {[]time.Duration{-time.Hour}, 1, clock.Differs, time.Hour},
		"one of two differs":          {[]time.Duration{0, 400 * 24 * time.Hour}, 0, clock.Differs, -400 * 24 * time.Hour},
		"one of three differs":        {[]time.Duration{0, 0, time.Hour}, 0, clock.Agrees, 0},
		"two of three differ":         {[]time.Duration{0, time.Hour, time.Hour}, 0, clock.Differs, -time.Hour},
		"as far as they may be apart": {[]time.Duration{4*time.Minute + 59*time.Second}, 0, clock.Agrees, -(4*time.Minute + 59*time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for i := range len(tc.others) + tc.unmet {
				names = append(names, string(rune('a'+i)))
			}
			a := clock.NewAgreement(clock.NewManual(noon).Now, names...)
			for i, ahead := range tc.others {
				a.Heard(names[i], noon.Add(ahead))
			}
			got, off := a.Standing()
			if got != tc.want || (off-tc.off).Abs() > time.Second || a.Sure() != (tc.want == clock.Agrees) {
				t.Errorf("it %s, off by %s; want %s, %s", got, off, tc.want, tc.off)
			}
		})
	}
}

// Nobody needs to be met again to see it.
func TestAJumpIsSeenAtOnce(t *testing.T) {
	manual := clock.NewManual(noon)
	a := clock.NewAgreement(manual.Now, "registry")
	a.Heard("registry", noon)
	if !a.Sure() {
		t.Fatal("not sure of a clock that agrees")
	}
	manual.Advance(400 * 24 * time.Hour)
	if s, off := a.Standing(); s != clock.Differs || off < 399*24*time.Hour {
		t.Errorf("after a jump it %s, off by %s", s, off)
	}
	manual.Set(noon)
	if !a.Sure() {
		t.Error("not sure when it is back")
	}
}

func TestStrangersDoNotCount(t *testing.T) {
	a := clock.NewAgreement(clock.NewManual(noon).Now, "registry")
	a.Heard("somebody", noon)
	if s, _ := a.Standing(); s != clock.Unknown {
		t.Errorf("it %s", s)
	}
}

func TestWatchReadsTheDateOfAnswers(t *testing.T) {
	says := "Sun, 29 Nov 2026 13:00:00 GMT"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", says) }))
	defer server.Close()
	a := clock.NewAgreement(clock.NewManual(noon).Now, server.Listener.Addr().String())
	client := http.Client{Transport: a.Watch(http.DefaultTransport)}
	defer client.CloseIdleConnections()
	met := a.Changed()
	ask := func() {
		resp, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	<-met
	if s, off := a.Standing(); s != clock.Differs || (off+time.Hour).Abs() > 10*time.Second {
		t.Errorf("it %s, off by %s", s, off)
	}
	says = "never"
	ask()
	if s, _ := a.Standing(); s != clock.Differs {
		t.Errorf("after an answer without a date it %s", s)
	}
}
