package command

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/cli"
)

// placesOpenAPI describes the register of the manual.
const placesOpenAPI = `openapi: 3.0.3
info: {title: Места у вртићима, version: "1"}
paths:
  /v1/places/{kindergarten}:
    get:
      summary: Free places of a kindergarten
      parameters: [{name: kindergarten, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, properties: {free: {type: integer}, note: {type: string}}}}}}
`

// TestAnEngineerConnectsByTheManual runs the commands of docs/connect.md, as they
// stand there, after those of docs/federation.md.
func TestAnEngineerConnectsByTheManual(t *testing.T) {
	if testing.Short() {
		t.Skip("starts several processes")
	}
	needs(t, "curl", "openssl", "awk", "python3")
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.json" {
			_, _ = io.WriteString(w, placesOpenAPI)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"free": 3, "note": "for the register alone"}`)
	}))
	defer register.Close()
	t.Setenv("REGISTER", register.URL)
	var script strings.Builder
	for _, manual := range []string{"federation.md", "connect.md"} {
		raw, err := os.ReadFile(filepath.Join("../../docs", manual))
		if err != nil {
			t.Fatal(err)
		}
		script.WriteString(commandsOf(string(raw)))
	}
	dir := t.TempDir()
	out, err := shell(t, binary, dir, script.String())
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, logsIn(dir))
	}
	answer, err := os.ReadFile(filepath.Join(dir, "ada", "answer"))
	if err != nil || !regexp.MustCompile(`^\{"free": ?3\}\s*$`).Match(answer) {
		t.Errorf("the system of Ada was answered %q, %v", answer, err)
	}
	asked, err := os.ReadFile(filepath.Join(dir, "ada", "asked"))
	if err != nil || !strings.Contains(string(asked), `"state":"open"`) {
		t.Errorf("the program asked for a contract: %q, %v", asked, err)
	}
	for _, said := range []string{"not published, answered here, can be fetched", "would be published; nothing was done", "is published", "waits for this side", "Places in kindergartens"} {
		if !strings.Contains(out, said) {
			t.Errorf("nothing said %q:\n%s", said, out)
		}
	}
}

// Every command that connects does an act that there is, and its arguments are
// fields of that act.
func TestCommandsDoActsThatThereAre(t *testing.T) {
	defined, err := acts()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range connecting() {
		one, known := defined[a.act]
		if !known {
			t.Errorf("%s: there is no act %s", a.name, a.act)
		}
		for _, f := range one.Fields {
			if f.InPath && (len(a.args) == 0 || a.args[0] != f.Name) {
				t.Errorf("%s: %s is no argument", a.name, f.Name)
			}
		}
		var out, errOut strings.Builder
		if code := Main(t.Context(), append(strings.Fields(a.name), "--help"), &out, &errOut); code != cli.Usage || !strings.Contains(errOut.String(), "-json") {
			t.Errorf("%s --help: %d\n%s", a.name, code, errOut.String())
		}
	}
}
