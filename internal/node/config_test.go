package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
)

func TestTheConfigurationsOfTheDemonstrationAreInOrder(t *testing.T) {
	files, err := demo.Prepare(t.TempDir(), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		if _, err := node.Load(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfigurationIsStrict(t *testing.T) {
	files, err := demo.Prepare(t.TempDir(), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ replace, with, want string }{
		"an unknown key":        {"name: city", "name: city\nnmae: city", "nmae"},
		"no name":               {"name: city", "name: \"\"", "name:"},
		"a member without code": {"member: RS-DEMO/GOV/ZRENJANIN", "member: RS-DEMO", "INSTANCE/CLASS/MEMBER"},
		"an address of no port": {"exchange: 127.0.0.1", "exchange: nowhere # 127.0.0.1", "listen.exchange"},
		"a short pin":           {"pin: ", "pin: abc #", "pin"},
		"a path in the address": {"public_url: http://127.0.0.1", "public_url: http://127.0.0.1/x # ", "public_url"},
		"a wrong account":       {"account: \"", "account: \"1", "services.account"},
		"an unknown log level":  {"log_level: warn", "log_level: loud", "log_level"},
		"both ways to registry": {"authority: false", "authority: true", "registry"},
		"a secret in urls":      {"urls: []", "urls: [\"nats://u:p@h:4222\"]", "secrets stand in files"},
		"no address of a bus":   {"urls: []", "urls: [\"https://h\"]", "bus.urls[0]"},
		"a bus without urls":    {"domain: \"\"", "domain: town", "need urls"},
		"a timeout of nothing":  {"statement_timeout: 0s", "statement_timeout: 5s", "postgres_file"},
		"a kind that is needed": {"content: {}", "content: {decision: 90}", "retention.content.decision"},
		"a short retention":     {"receipts: 0", "receipts: 7", "retention.receipts"},
		"mail without address":  {"from: ", "from: nobody # ", "mail"},
	} {
		edited := strings.Replace(string(whole), c.replace, c.with, 1)
		if edited == string(whole) {
			t.Errorf("%s: %q is not in the configuration", what, c.replace)
			continue
		}
		path := filepath.Join(t.TempDir(), "dobosh.yaml")
		if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := node.Load(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestKeysAreMadeOnceAndReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	if err := credential.MakeKey(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key can be read by others: %v %v", info.Mode(), err)
	}
	first, err := credential.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := credential.MakeKey(path); err == nil {
		t.Error("a key was made over another")
	}
	if again, err := credential.ReadKey(path); err != nil || !first.Equal(again) {
		t.Errorf("read again: %v", err)
	}
	for name, content := range map[string]string{"no key": "hello", "no PEM of ours": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"} {
		broken := filepath.Join(t.TempDir(), "broken.key")
		if err := os.WriteFile(broken, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := credential.ReadKey(broken); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
