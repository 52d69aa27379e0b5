package edge

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// What a stranger writes into the method and X-Road-Id is cut before anybody learns
// of it: who it is is not known by then, and never will be.
func TestWhatAStrangerSaysIsCutBeforeItIsNoted(t *testing.T) {
	long := strings.Repeat("LOUD", 5000)
	for name, c := range map[string]struct {
		method, target string
		headers        []string
	}{
		"a long id without a client":         {http.MethodGet, plainTarget, []string{"X-Road-Id", long}},
		"a long id of nobody":                {http.MethodGet, plainTarget, []string{"X-Road-Client", city.String() + "/none", "X-Road-Id", long}},
		"a long id of a client":              {http.MethodGet, plainTarget, []string{"X-Road-Client", family.String(), "X-Road-Id", long}},
		"a long id on the own interface":     {http.MethodGet, ownTarget, []string{"X-Road-Id", long}},
		"a long id where nothing is":         {http.MethodGet, "/none", []string{"X-Road-Id", long}},
		"a long id for metadata":             {http.MethodGet, "/listClients", []string{"X-Road-Id", long}},
		"a long method":                      {long, plainTarget, []string{"X-Road-Client", family.String()}},
		"a long method where nothing is":     {long, "/none", []string{"X-Road-Client", family.String()}},
		"both":                               {long[:9000], plainTarget, []string{"X-Road-Id", long[:9000]}},
		"a method of a client without a row": {"LOUD", plainTarget, []string{"X-Road-Client", family.String()}},
	} {
		w := newWorld(t, nil)
		seen, lines := make(chan Seen, 1), &bytes.Buffer{}
		w.config.Observe = func(s Seen) { seen <- s }
		w.config.Log = slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w.ask(c.method, c.target, "", c.headers...)
		s := <-seen
		if len(s.Message) > maxText || s.Method != "" && s.Method != http.MethodGet {
			t.Errorf("%s: noted are a method of %d bytes and an id of %d", name, len(s.Method), len(s.Message))
		}
		if strings.Contains(lines.String(), "LOUD") {
			t.Errorf("%s: the log has what the stranger said, in %d bytes", name, lines.Len())
		}
	}
}
