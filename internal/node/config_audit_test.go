package node_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// TestWhatWorksAndShouldNotBeLeftSo: each thing that an auditor would not pass is an
// error of its key, and of no other; as the demonstration has it, it is in order.
func TestWhatWorksAndShouldNotBeLeftSo(t *testing.T) {
	file := func(t *testing.T, mode os.FileMode, content string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long, other := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	whole := func(t *testing.T) node.Config {
		t.Helper()
		files, err := demo.Prepare(t.TempDir(), "127.0.0.1:0", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := node.Load(files[demo.City])
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	https := func(c *node.Config) {
		c.PublicURL = "https://city.example"
		c.SignIn.Issuer, c.SignIn.RedirectURL = "https://id.example", "https://city.example/sign-in/return"
	}
	no := "" // in order
	for name, c := range map[string]struct {
		change func(t *testing.T, c *node.Config)
		want   string // key; empty for none
	}{
		"all by https":      {func(_ *testing.T, c *node.Config) { https(c) }, no},
		"an issuer by http": {func(_ *testing.T, c *node.Config) { https(c); c.SignIn.Issuer = "http://id.example" }, "sign_in.issuer"},
		"an issuer by HTTP": {func(_ *testing.T, c *node.Config) { https(c); c.SignIn.Issuer = "HTTP://id.example" }, "sign_in.issuer"},
		"a way back by http": {func(_ *testing.T, c *node.Config) {
			https(c)
			c.SignIn.RedirectURL = "http://city.example/sign-in/return"
		}, "sign_in.redirect_url"},
		"signed out by http":                 {func(_ *testing.T, c *node.Config) { https(c); c.SignIn.SignedOutURL = "http://city.example/" }, "sign_in.signed_out_url"},
		"the edge on every address":          {func(_ *testing.T, c *node.Config) { c.Listen.Edge = "0.0.0.0:8480" }, "listen.edge"},
		"the edge on every IPv6 address":     {func(_ *testing.T, c *node.Config) { c.Listen.Edge = "[::]:8480" }, "listen.edge"},
		"the edge on a port":                 {func(_ *testing.T, c *node.Config) { c.Listen.Edge = ":8480" }, "listen.edge"},
		"the edge on the Internet":           {func(_ *testing.T, c *node.Config) { c.Listen.Edge = "203.0.114.7:8480" }, "listen.edge"},
		"the edge in a private network":      {func(_ *testing.T, c *node.Config) { c.Listen.Edge = "10.1.2.3:8480" }, no},
		"the edge in a private IPv6 network": {func(_ *testing.T, c *node.Config) { c.Listen.Edge = "[fd00::1]:8480" }, no},
		"the edge on every address, pinned": {func(t *testing.T, c *node.Config) {
			c.Listen.Edge = "0.0.0.0:8480"
			c.Edge.TLS = &node.EdgeTLS{Listen: "0.0.0.0:8443", Certificate: "edge.crt", Key: file(t, 0o600, "key")}
			c.Edge.Clients = map[string]node.EdgeClient{"family": {Connection: "https-pinned", Certificates: []string{strings.Repeat("ab", 32)}}}
		}, no},
		"the edge over TLS, for everybody": {func(t *testing.T, c *node.Config) {
			c.Edge.TLS = &node.EdgeTLS{Listen: "0.0.0.0:8443", Certificate: "edge.crt", Key: file(t, 0o600, "key")}
		}, "edge.tls.listen"},
		"figures for everybody": {func(_ *testing.T, c *node.Config) { c.Listen.Operations = "0.0.0.0:9090" }, "listen.operations"},
		"figures for a network": {func(_ *testing.T, c *node.Config) { c.Listen.Operations = "10.1.2.3:9090" }, "listen.operations"},
		"figures for a name":    {func(_ *testing.T, c *node.Config) { c.Listen.Operations = "node.internal:9090" }, "listen.operations"},
		"figures by a token": {func(t *testing.T, c *node.Config) {
			c.Listen.Operations, c.Operations.TokenFile = "0.0.0.0:9090", file(t, 0o600, long)
		}, no},
		"figures by a token that others read": {func(t *testing.T, c *node.Config) {
			c.Listen.Operations, c.Operations.TokenFile = "0.0.0.0:9090", file(t, 0o644, long)
		}, "operations.token_file"},
		"a token of the catalogue for others": {func(t *testing.T, c *node.Config) {
			c.Catalogue.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o644, long)}}
		}, "catalogue.systems[0].token_file"},
		"figures for this machine": {func(_ *testing.T, c *node.Config) { c.Listen.Operations = "localhost:9090" }, no},
		"systems without a token": {func(_ *testing.T, c *node.Config) {
			c.Listen.Systems = "0.0.0.0:8080"
			c.Contracts, c.Catalogue, c.Services, c.Events = node.Contracts{}, node.Catalogue{}, nil, node.Events{}
		}, "listen.systems"},
		"systems with tokens":        {func(_ *testing.T, c *node.Config) { c.Listen.Systems = "0.0.0.0:8080" }, no},
		"a key for the group":        {func(t *testing.T, c *node.Config) { c.Keys.Log = file(t, 0o640, "key") }, "keys.log"},
		"a key for others":           {func(t *testing.T, c *node.Config) { c.Keys.TLS = file(t, 0o604, "key") }, "keys.tls"},
		"a key that others write":    {func(t *testing.T, c *node.Config) { c.Keys.TLS = file(t, 0o602, "key") }, "keys.tls"},
		"a sector's key":             {func(t *testing.T, c *node.Config) { c.Sectors = map[string]string{"family": file(t, 0o644, "key")} }, "sectors.family"},
		"a secret of the provider":   {func(t *testing.T, c *node.Config) { c.SignIn.ClientSecretFile = file(t, 0o644, "s") }, "sign_in.client_secret_file"},
		"a password of the database": {func(t *testing.T, c *node.Config) { c.Storage.PostgresFile = file(t, 0o644, "postgres://") }, "storage.postgres_file"},
		"a key of the edge": {func(t *testing.T, c *node.Config) {
			c.Edge.TLS = &node.EdgeTLS{Listen: "127.0.0.1:0", Certificate: "edge.crt", Key: file(t, 0o644, "key")}
		}, "edge.tls.key"},
		"a token for others": {func(t *testing.T, c *node.Config) {
			c.Contracts.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o644, long)}}
		}, "contracts.systems[0].token_file"},
		"a short token": {func(t *testing.T, c *node.Config) {
			c.Services.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o600, "secret\n")}}
		}, "services.systems[0].token_file"},
		"an empty token": {func(t *testing.T, c *node.Config) {
			c.Services.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o600, "\n")}}
		}, "services.systems[0].token_file"},
		"one token for two": {func(t *testing.T, c *node.Config) {
			c.Services.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o600, long)}, {Name: "b", TokenFile: file(t, 0o600, long+"\n")}}
		}, "services.systems[1].token_file"},
		"one token of one system for two rooms": {func(t *testing.T, c *node.Config) {
			one := []node.System{{Name: "engineer", TokenFile: file(t, 0o600, long)}}
			c.Contracts.Systems, c.Catalogue.Systems = one, one
		}, no},
		"one token of two systems of two rooms": {func(t *testing.T, c *node.Config) {
			one := file(t, 0o600, long)
			c.Contracts.Systems, c.Catalogue.Systems = []node.System{{Name: "a", TokenFile: one}}, []node.System{{Name: "b", TokenFile: one}}
		}, "catalogue.systems[0].token_file"},
		"two tokens": {func(t *testing.T, c *node.Config) {
			c.Services.Systems = []node.System{{Name: "a", TokenFile: file(t, 0o600, long)}, {Name: "b", TokenFile: file(t, 0o600, other)}}
		}, no},
		"a folder for everybody": {func(t *testing.T, c *node.Config) {
			c.Dir = t.TempDir()
			if err := os.Chmod(c.Dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}, "dir"},
		"a system across the Internet": {func(_ *testing.T, c *node.Config) {
			c.InformationSystems = []node.InformationSystem{{Subsystem: "civil", Service: "births", URL: "http://203.0.114.9/api"}}
		}, "information_systems[0].url"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := whole(t)
			c.change(t, &cfg)
			err := cfg.Check()
			if c.want == "" {
				if err != nil {
					t.Errorf("not in order: %v", err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want+":") || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one error of %s: %v", c.want, err)
			}
		})
	}
}

// TestFilesAreTheNodesAlone: whatever the umask, nobody else reads what a node keeps, and
// a database that others could read is theirs no more.
func TestFilesAreTheNodesAlone(t *testing.T) {
	before := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(before) })
	w := newTown(t)
	w.all()
	w.birth("jovana")
	testkit.Eventually(t, "two offers", func() bool { return len(w.offers()) == 2 })
	seen := 0
	for name := range w.nodes {
		cfg, err := node.Load(w.files[name])
		if err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(cfg.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // a file may go while the node runs
			}
			info, err := d.Info()
			if err != nil {
				return nil //nolint:nilerr // the same
			}
			seen++
			if info.Mode().Perm()&0o077 != 0 && info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("%s: %s", path, info.Mode())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 30 {
		t.Errorf("only %d files were looked at", seen)
	}
	w.stop(demo.City)
	cfg, _ := node.Load(w.files[demo.City]) // read before
	database := filepath.Join(cfg.Dir, "dobosh.db")
	if err := os.Chmod(database, 0o644); err != nil {
		t.Fatal(err)
	}
	w.start(demo.City)
	if info, err := os.Stat(database); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after the next start: %v %v", info, err)
	}
}
