package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// TestVerifyOffline makes a decision in the demonstration, stops it, and checks
// the file of the decision with nothing but the keys to believe.
func TestVerifyOffline(t *testing.T) {
	dir := t.TempDir()
	file, trust := decisionOfTheDemonstration(t, dir)
	said := verify(t, cli.OK, "--trust", trust, file)
	for _, check := range []string{"Is this the file of a decision?", "Is the decision in the journal?", "Has a witness confirmed the journal?", "Does running the rule again give the same result?"} {
		if !strings.Contains(said, check) {
			t.Errorf("the report does not say %q:\n%s", check, said)
		}
	}
	if said := verify(t, cli.OK, "--trust", trust, "--lang", "sr", file); !strings.Contains(said, "Да ли") {
		t.Errorf("the report in Serbian:\n%s", said)
	}
	changedFiles(t, dir, file, trust)
	t.Run("no keys to believe", func(t *testing.T) {
		t.Chdir(t.TempDir())
		if said := verify(t, cli.No, file); !strings.Contains(said, "is not known") {
			t.Errorf("the report does not say that nobody is believed:\n%s", said)
		}
	})
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		said := run(t, cli.OK, "journal", "check", "--config", filepath.Join(dir, name, "dobosh.yaml"))
		if !strings.Contains(said, "0 findings") {
			t.Errorf("the journal of %s:\n%s", name, said)
		}
	}
	evidenceOfTheDemonstration(t, dir, trust)
	changedJournal(t, dir)
}

// changedFiles: every way to change the file fails and says what does not match.
func changedFiles(t *testing.T, dir, file, trust string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, says string }{
		"the name of the child": {"Милица", "Милана", "The digest in the journal is"},
		"the outcome":           {`"outcome":"yes"`, `"outcome":"yEs"`, "FAIL"},
		"the place in the tree": {`"index":`, `"index":1`, "FAIL"},
		"not written as it was": {`"format":`, ` "format":`, "it is not written the way decisions are"},
		"no decision":           {string(raw), "a letter", "cannot be read as the file of a decision"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := filepath.Join(dir, "changed.json")
			was := bytes.Replace(raw, []byte(c.from), []byte(c.to), 1)
			if bytes.Equal(was, raw) {
				t.Fatalf("the file has no %s", c.from)
			}
			if err := os.WriteFile(changed, was, 0o600); err != nil {
				t.Fatal(err)
			}
			if said := verify(t, cli.No, "--trust", trust, changed); !strings.Contains(said, c.says) {
				t.Errorf("the report does not say %q:\n%s", c.says, said)
			}
		})
	}
	t.Run("any byte", func(t *testing.T) {
		changed := filepath.Join(dir, "changed.json")
		for at := 7; at < len(raw); at += len(raw) / 20 {
			was := bytes.Clone(raw)
			was[at] ^= 1
			if err := os.WriteFile(changed, was, 0o600); err != nil {
				t.Fatal(err)
			}
			if said := verify(t, cli.No, "--trust", trust, changed); !strings.Contains(said, "FAIL") {
				t.Errorf("byte %d changed, and the report is\n%s", at, said)
			}
		}
	})
}

// changedJournal: a byte of the city's journal changed on the disk is found.
func changedJournal(t *testing.T, dir string) {
	var changed bool
	err := filepath.WalkDir(filepath.Join(dir, demo.City, "data", "journal"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || changed {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) < 1000 {
			return err
		}
		changed = true
		raw[len(raw)/2] ^= 1
		return os.WriteFile(path, raw, 0o600)
	})
	if err != nil || !changed {
		t.Fatalf("no file of the journal to change: %v", err)
	}
	run(t, cli.No, "journal", "check", "--config", filepath.Join(dir, demo.City, "dobosh.yaml"))
}

func verify(t *testing.T, wanted int, args ...string) string {
	t.Helper()
	return run(t, wanted, append([]string{"verify"}, args...)...)
}

// run runs the program and gives what it printed.
func run(t *testing.T, wanted int, args ...string) string {
	t.Helper()
	var out, errOut strings.Builder
	if code := Main(t.Context(), args, &out, &errOut); code != wanted {
		t.Errorf("dobosh %s: code %d, wanted %d\n%s%s", strings.Join(args, " "), code, wanted, out.String(), errOut.String())
	}
	return out.String()
}

// decisionOfTheDemonstration lets a child be born, accepts the offer of the
// allowance as its mother, and gives the paths of the decision's file and of the
// keys. The demonstration is stopped when it returns.
func decisionOfTheDemonstration(t *testing.T, dir string) (file, trust string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := demo.Start(ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: clock.System})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	defer func() {
		cancel()
		if err := errors.Join(<-done, d.Close()); err != nil {
			t.Errorf("the demonstration ended with %v", err)
		}
	}()
	recordBirth(t, dir)
	mother := newVisitor(t, d.URL(demo.City))
	mother.signIn("jovana")
	page := mother.until("/inbox", `href="/offers/([a-z0-9]+)"`)
	offer := page[1]
	version := mother.until("/offers/"+offer, `name="version" value="([0-9]+)"`)[1]
	mother.post(d.URL(demo.City)+"/offers/"+offer+"/accept", url.Values{"version": {version}})
	decision := mother.until("/inbox", `href="/decisions/([a-z0-9]+)"`)[1]
	whole := mother.until("/decisions/"+decision+"/decision.json", `(?s)^(.*"witness":\{.*)$`)[1]
	file = filepath.Join(dir, "decision.json")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	confirmed(t, dir, demo.Registers)
	return file, d.Trust()
}

// confirmed waits until a witness has confirmed all that is in the journal of a node by now.
func confirmed(t *testing.T, dir, name string) {
	t.Helper()
	cfg, err := node.Load(filepath.Join(dir, name, "dobosh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	offsets, err := os.Stat(filepath.Join(cfg.Dir, "journal", "offsets")) // eight bytes an entry
	if err != nil {
		t.Fatal(err)
	}
	entries := offsets.Size() / 8
	testkit.Eventually(t, name+" is confirmed", func() bool {
		text, err := os.ReadFile(filepath.Join(cfg.Dir, "cosigned"))
		if err != nil {
			return false
		}
		lines := strings.SplitN(string(text), "\n", 3) // a checkpoint: its name, how many entries, the rest
		size, err := strconv.ParseInt(lines[min(1, len(lines)-1)], 10, 64)
		return err == nil && size >= entries
	})
}

// recordBirth is what the information system of a maternity ward does.
func recordBirth(t *testing.T, dir string) {
	t.Helper()
	cfg, err := node.Load(filepath.Join(dir, demo.Registers, "dobosh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(dir, demo.Registers, "registrar.token"))
	if err != nil {
		t.Fatal(err)
	}
	pack := laws.Serbia(t)
	all, err := people.Stories(pack)
	if err != nil {
		t.Fatal(err)
	}
	mother, _ := all.Find("jovana")
	child := people.Newborn(0, civil.Of(time.Now()))
	ask := func(path string, body, into any) {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		testkit.Succeeds(t, path, func() error {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+cfg.Listen.Systems+"/births/v1/"+path, bytes.NewReader(raw))
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
			request.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return err
			}
			defer func() { _ = answer.Body.Close() }() // read only
			if answer.StatusCode >= 300 {
				said, _ := io.ReadAll(answer.Body)
				return fmt.Errorf("status %d: %s", answer.StatusCode, said)
			}
			return json.NewDecoder(answer.Body).Decode(into)
		})
	}
	var parent struct {
		Handle string `json:"handle"`
	}
	ask("parents", map[string]any{"number": mother.Number.String()}, &parent)
	var recorded struct {
		Birth string `json:"birth"`
	}
	ask("births", map[string]any{
		"token": "verify-offline", "number": child.String(), "given_name": "Милица", "family_name": mother.FamilyName, "sex": child.Sex(),
		"born": child.Born(), "settlement": mother.Settlement, "live": true, "mother": parent.Handle, "father_unknown": true,
	}, &recorded)
}

// visitor is somebody with a browser that knows no scripts and shows nothing.
type visitor struct {
	t    *testing.T
	city string
	http *http.Client
}

func newVisitor(t *testing.T, city string) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, city, &http.Client{Jar: jar, Timeout: testkit.Patience}}
}

// signIn follows the redirects to the identity provider, picks a person there
// and follows them back.
func (v visitor) signIn(subject string) {
	v.t.Helper()
	var login *url.URL
	var visit []string
	testkit.Succeeds(v.t, "the page of the identity provider", func() error {
		answer, err := v.http.Get(v.city + "/sign-in?to=%2Finbox")
		if err != nil {
			return err
		}
		login = answer.Request.URL
		said, err := read(answer)
		if visit = regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(said); visit == nil {
			err = errors.Join(err, fmt.Errorf("no visit in %s", said))
		}
		return err
	})
	v.post(login.String(), url.Values{"id": {visit[1]}, "subject": {subject}})
}

func (v visitor) post(address string, form url.Values) {
	v.t.Helper()
	answer, err := v.http.PostForm(address, form)
	if err != nil {
		v.t.Fatal(err)
	}
	said, err := read(answer)
	if err != nil {
		v.t.Fatalf("%s: %v\n%s", address, err, said)
	}
}

// until asks for a page of the city until it holds what the pattern says, and
// gives the parts that it names.
func (v visitor) until(path, pattern string) (parts []string) {
	v.t.Helper()
	wanted := regexp.MustCompile(pattern)
	testkit.Succeeds(v.t, path, func() error {
		answer, err := v.http.Get(v.city + path)
		if err != nil {
			return err
		}
		said, err := read(answer)
		if parts = wanted.FindStringSubmatch(said); parts == nil {
			err = errors.Join(err, fmt.Errorf("no %s in %.2000s", pattern, said))
		}
		return err
	})
	return parts
}

func read(answer *http.Response) (string, error) {
	defer func() { _ = answer.Body.Close() }() // read only
	raw, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return string(raw), err
}
