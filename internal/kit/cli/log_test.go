package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dobosh/internal/kit/cli"
)

// TestLogsAreBoundedAndHoldNoCredentials: whichever way a credential comes into a record,
// it is not written, in either format.
func TestLogsAreBoundedAndHoldNoCredentials(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, format := range []string{"text", "json"} {
		for name, said := range map[string]string{
			"a bearer": "Authorization: Bearer " + secret, "a quoted header": `header "authorization": "bearer ` + secret + `"`, "a database": "dial postgres://dobosh:" + secret + "@10.0.0.5/db: refused",
			"a query": "GET /callback?code=" + secret + "&x=1", "a token": `{"access_token":"` + secret + `"}`, "a cookie": "Cookie: " + secret, "basic": "basic " + secret, "a password": "password=" + secret,
		} {
			for how, record := range map[string]func(*slog.Logger){
				"as text":          func(l *slog.Logger) { l.Info("m", "v", said) },
				"as an error":      func(l *slog.Logger) { l.Info("m", "v", fmt.Errorf("outer: %w", errors.New(said))) },
				"as the message":   func(l *slog.Logger) { l.Info(said) },
				"in a group":       func(l *slog.Logger) { l.WithGroup("g").Info("m", slog.Group("h", slog.String("level", said))) },
				"with the handler": func(l *slog.Logger) { l.With("v", said).Info("m") },
			} {
				var out bytes.Buffer
				record(cli.Logger(&out, "", format))
				if strings.Contains(out.String(), secret) || out.Len() == 0 {
					t.Errorf("%s, %s, %s: %s", format, name, how, out.String())
				}
			}
		}
		var out bytes.Buffer
		cli.Logger(&out, "", format).Info("m", "v", strings.Repeat("ђ", 1<<20), "n", 7)
		if out.Len() > 8<<10 {
			t.Errorf("%s: a record of %d bytes", format, out.Len())
		}
		if format == "json" {
			var d struct {
				Msg string
				N   int
			}
			if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Msg != "m" || d.N != 7 {
				t.Errorf("%v %+v", err, d)
			}
		}
	}
	var out bytes.Buffer
	l := cli.Logger(&out, "warn", "text")
	if l.Info("quiet"); out.Len() != 0 {
		t.Error("below its level")
	}
	if l.Warn("a key was turned", "id", "0198"); !strings.Contains(out.String(), "a key was turned") || !strings.Contains(out.String(), "0198") {
		t.Errorf("harmless words went: %s", out.String())
	}
}
