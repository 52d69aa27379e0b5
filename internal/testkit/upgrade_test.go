package testkit_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// released is the commit of the last release: the last tag before this commit, or the
// one that packaging/released names. Without its text the test is skipped.
func released(t *testing.T) string {
	t.Helper()
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("describe", "--tags", "--abbrev=0", "HEAD^")
	if err != nil {
		raw := testkit.Must[[]byte](t)(os.ReadFile(filepath.Join(root, "packaging/released")))
		commit = string(regexp.MustCompile(`(?m)^[0-9a-f]{40}$`).Find(raw))
	}
	if commit == "" {
		t.Fatal("packaging/released names no commit")
	}
	if _, err := git("cat-file", "-e", commit+"^{commit}"); err != nil {
		t.Skipf("release %s cannot be built: its commit is not in this repository (a shallow clone, or no git)", commit)
	}
	return commit
}

// program builds dobosh from a tree, without what only the release needs.
func program(t *testing.T, tree, into string) string {
	t.Helper()
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", into, "./cmd/dobosh")
	build.Dir, build.Env = tree, append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", tree, err, out)
	}
	return into
}

// contracts are the migrations of a tree that another does not have, and on which a
// program that does not know them may not start.
func contracts(t *testing.T, tree, before string) (names []string) {
	t.Helper()
	migrations := func(tree string) map[string]string {
		found := map[string]string{}
		err := filepath.WalkDir(filepath.Join(tree, "internal"), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".sql" || filepath.Base(filepath.Dir(path)) != "migrations" || strings.Contains(path, "/lab/") {
				return err
			}
			text, err := os.ReadFile(path)
			found[filepath.Base(path)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	old := migrations(before)
	head, adds := regexp.MustCompile(`\A(?:[ \t]*--[^\n]*\n)*`), regexp.MustCompile(`(?i)\bexpand[:.]`)
	takes := regexp.MustCompile(`(?i)\bcontract[:.]`)
	for name, text := range migrations(tree) {
		if _, known := old[name]; !known && (!adds.MatchString(head.FindString(text)) || takes.MatchString(head.FindString(text))) {
			names = append(names, name)
		}
	}
	return names
}

// institution is a folder with an authority and a member, each with a node.
type institution struct {
	t   *testing.T
	dir string
}

func (i institution) config(name string) string { return filepath.Join(i.dir, name, "dobosh.yaml") }

// serve runs a program on the nodes, one after the other, until stop. The error is that of a node
// which ended by itself.
func (i institution) serve(program string, names ...string) (stop func(), err error) {
	i.t.Helper()
	var stops []func()
	stop = func() {
		for n := range stops {
			stops[len(stops)-1-n]()
		}
	}
	for _, name := range names {
		var said bytes.Buffer
		node := exec.Command(program, "serve", "--config", i.config(name))
		node.Stdout, node.Stderr = &said, &said
		if err := node.Start(); err != nil {
			i.t.Fatal(err)
		}
		ended := make(chan struct{})
		var failed error // of the process, once ended is closed
		go func() {
			failed = node.Wait()
			close(ended)
		}()
		i.t.Cleanup(func() { _ = node.Process.Kill(); <-ended }) // it may have ended
		stops = append(stops, func() {
			_ = node.Process.Signal(syscall.SIGTERM) // it may have ended
			<-ended
			if failed != nil {
				i.t.Errorf("%s, asked to end: %v\n%s", name, failed, said.String())
			}
		})
		serving := func() error {
			select {
			case <-ended:
				return nil
			default:
			}
			out, err := exec.Command(program, "status", "--config", i.config(name)).CombinedOutput()
			if err != nil || !regexp.MustCompile(`(?m)^state +serving`).Match(out) {
				return fmt.Errorf("%w\n%s", err, out)
			}
			return nil
		}
		testkit.Succeeds(i.t, name+" serves, or says why not", serving)
		select {
		case <-ended:
			stops = stops[:len(stops)-1]
			stop()
			return nil, errors.Join(errors.New(said.String()), failed)
		default:
		}
	}
	return stop, nil
}

// TestUpgrade is what happens at an institution: the last release makes its nodes and
// works; this program goes on with their configuration and their data; one goes back to
// the last release, as long as migrations have only added; and on again.
func TestUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program twice")
	}
	commit, tree := released(t), t.TempDir()
	run(t, "sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", root, commit, tree)
	old, new := program(t, tree, filepath.Join(t.TempDir(), "dobosh")), program(t, root, filepath.Join(t.TempDir(), "dobosh"))
	taken := contracts(t, root, tree)
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			i := institution{t, t.TempDir()}
			serve := func(program string, names ...string) (stop func()) {
				t.Helper()
				stop, err := i.serve(program, names...)
				if err != nil {
					t.Fatal(err)
				}
				return stop
			}
			surfaces := []string{"--exchange", "--portal", "--edge", "--systems", "--operations"}
			ports := testkit.FreePorts(t, 5*len(surfaces))
			at := func(n int) (flags []string) { // of the node with a number
				for s, surface := range surfaces {
					flags = append(flags, surface, fmt.Sprintf("127.0.0.1:%d", ports[n*len(surfaces)+s]))
				}
				return flags
			}
			// join lets one more member in, which writes the registry.
			join := func(program string, n int) (name string) {
				t.Helper()
				name = fmt.Sprintf("m%d", n)
				token := run(t, program, "token", "--config", i.config("authority"), "--quiet", "GOV/"+strings.ToUpper(name), "n1", "--title-en", name, "--subsystems", "receipts,family")
				run(t, program, append([]string{"join", strings.TrimSpace(token), "--dir", filepath.Join(i.dir, name)}, at(n)...)...)
				return name
			}

			run(t, old, append([]string{"found", "RS-TEST/GOV/AUTHORITY", "--title-en", "Authority", "--dir", filepath.Join(i.dir, "authority")}, at(0)...)...)
			stop := serve(old, "authority")
			run(t, old, "enact", "--config", i.config("authority"))
			both := []string{"authority", join(old, 1)}
			if engine == storage.Postgres { // the authority founds itself in a file
				testkit.OK(t, os.WriteFile(filepath.Join(i.dir, both[1], "postgres.url"), []byte(testkit.StorageConfig(t, engine).URL+"\n"), 0o600))
				config := testkit.Must[[]byte](t)(os.ReadFile(i.config(both[1])))
				testkit.OK(t, os.WriteFile(i.config(both[1]), append(config, "\nstorage: {postgres_file: postgres.url}\n"...), 0o600))
			}
			serve(old, both[1])()
			stop()

			for _, name := range both {
				run(t, new, "config", "check", i.config(name))
			}
			stop = serve(new, both...)
			join(new, 2)
			stop()

			stop, err := i.serve(old, both...)
			switch {
			case len(taken) == 0 && err != nil:
				t.Errorf("release %s does not start on a schema that has only been added to: %v", commit, err)
			case len(taken) > 0 && (err == nil || !strings.Contains(err.Error(), "belongs to a newer release")):
				t.Errorf("release %s starts on a schema that was contracted by %s, or does not say why not: %v", commit, taken, err)
			}
			if err == nil {
				join(old, 3)
				stop()
			}
			stop = serve(new, both...)
			join(new, 4)
			stop()
		})
	}
}
