package operator

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/kit/problem"
)

// open serves acts in a folder and gives what ends it.
func open(t *testing.T, dir string, mux *http.ServeMux) (end func()) {
	t.Helper()
	l, err := Listen(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	return func() { _ = server.Close(); <-done }
}

func TestOperatorComesInThroughTheFolder(t *testing.T) {
	for name, dir := range map[string]string{"short": t.TempDir(), "deep": filepath.Join(t.TempDir(), strings.Repeat("deep", 30))} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		On(mux, Status(), slog.New(slog.DiscardHandler), func(context.Context, Done) (Report, error) { return Report{Node: name}, nil })
		On(mux, Revoke(), slog.New(slog.DiscardHandler), func(_ context.Context, r Revocation) (Told, error) {
			return Told{}, problem.New(problem.NotFound, "node-unknown", "node", r.Node).At("reason", "reason-missing")
		})
		for range 2 { // the second time the socket of the first is in the way
			end := open(t, dir, mux)
			if r, err := Status().Ask(t.Context(), dir, Done{}); err != nil || r.Node != name {
				t.Errorf("%s: %+v %v", name, r, err)
			}
			if at, err := os.Stat(file(dir)); err != nil || at.Mode().Perm() != 0o600 {
				t.Errorf("%s: who may open it: %v %v", name, at.Mode(), err)
			}
			_, err := Revoke().Ask(t.Context(), dir, Revocation{Node: "n7"})
			if p := problem.Of(err); p.Code != "node-unknown" || p.Kind != problem.NotFound || p.Args["node"] != "n7" || len(p.Fields) != 1 {
				t.Errorf("%s: refused with %v", name, err)
			}
			end()
			if _, err := Status().Ask(t.Context(), dir, Done{}); !problem.HasCode(err, "node-stopped") {
				t.Errorf("%s: nobody is there: %v", name, err)
			}
		}
	}
}

func TestDoorRefusesWhatIsTooLong(t *testing.T) {
	dir, mux := t.TempDir(), http.NewServeMux()
	On(mux, Revoke(), slog.New(slog.DiscardHandler), func(context.Context, Revocation) (Told, error) { return Told{}, nil })
	defer open(t, dir, mux)()
	if _, err := Revoke().Ask(t.Context(), dir, Revocation{Why: strings.Repeat("x", 2*maxMessage)}); !problem.HasCode(err, "body-malformed") && !problem.HasCode(err, "node-stopped") {
		t.Errorf("a long message: %v", err)
	}
}
