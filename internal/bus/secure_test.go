package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// Three servers that speak TLS alone, among themselves as well, and let in who shows a
// certificate of their issuer: two nodes work there, also while one server is killed,
// and who has another issuer or no certificate hears at the start what to configure.
func TestAClusterBehindTLS(t *testing.T) {
	issuer, stranger := testkit.NewIssuer(t, "servers"), testkit.NewIssuer(t, "strangers")
	cert, key := issuer.Issue("server")
	secure := fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }\n", cert, key, issuer.File)
	servers := testkit.JetStreamBehind(t, 3, secure)
	at := bus.Cluster{Prefix: "zr", Replicas: 3, CA: issuer.File}
	for _, url := range testkit.URLs(servers) {
		at.URLs = append(at.URLs, strings.Replace(url, "nats://", "tls://", 1))
	}

	at.Certificate, at.Key = issuer.Issue("node")
	open := testkit.Database(t, storage.Postgres)
	var nodes []*world
	for i := range 2 {
		w := &world{t: t, open: open, config: bus.Config{Name: fmt.Sprintf("n%d", i+1), Cluster: &at}}
		w.start()
		w.consume(bus.Consumer{Name: "secure", Workers: 4, Handle: effect("secure")})
		nodes = append(nodes, w)
	}
	nodes[0].enqueue(events(0, 50)...)
	nodes[1].enqueue(events(50, 100)...)
	testkit.Reaches(t, "handled", func() int { return len(nodes[0].effectsOf("secure")) }, 100)
	servers[0].Kill()
	nodes[0].enqueue(events(100, 150)...)
	nodes[1].enqueue(events(150, 200)...)
	testkit.Reaches(t, "handled without one server", func() int { return len(nodes[0].effectsOf("secure")) }, 200)
	servers[0].Start()

	foreign, foreignKey := stranger.Issue("node")
	for name, c := range map[string]struct {
		change func(*bus.Cluster)
		says   string
	}{
		"servers of an issuer that is not trusted": {func(c *bus.Cluster) { c.CA = stranger.File }, "bus.ca_file"},
		"no certificate":           {func(c *bus.Cluster) { c.Certificate, c.Key = "", "" }, "bus.certificate_file"},
		"a certificate of another": {func(c *bus.Cluster) { c.Certificate, c.Key = foreign, foreignKey }, "bus.certificate_file"},
	} {
		t.Run(name, func(t *testing.T) {
			other := at
			c.change(&other)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			b, err := bus.Start(ctx, bus.Config{Dir: t.TempDir(), Name: "n3", Cluster: &other}, slog.New(slog.DiscardHandler))
			if err == nil {
				_ = b.Close()
				t.Fatal("it is let in")
			}
			if ctx.Err() != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
}
