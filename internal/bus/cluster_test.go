package bus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// member is several nodes on one PostgreSQL database and one cluster.
func member(t *testing.T, servers []*testkit.Server, n int) (nodes []*world) {
	t.Helper()
	open := testkit.Database(t, storage.Postgres)
	for i := range n {
		w := &world{t: t, open: open, config: bus.Config{Name: fmt.Sprintf("n%d", i+1), Cluster: &bus.Cluster{URLs: testkit.URLs(servers), Prefix: "zr", Replicas: len(servers)}}}
		w.start()
		nodes = append(nodes, w)
	}
	return nodes
}

// Two nodes handle what either of them enqueues: all of it, each once, and the
// stream is the same to both.
func TestNodesOfAMemberShareAStream(t *testing.T) {
	nodes := member(t, testkit.JetStream(t, 1), 2)
	for _, w := range nodes {
		w.consume(bus.Consumer{Name: "shared", Workers: 4, Handle: effect("shared")})
	}
	want := events(0, 400)
	for i, chunk := range slices.Collect(slices.Chunk(want, 7)) {
		nodes[i%2].enqueue(chunk...)
	}
	testkit.Reaches(t, "handled", func() int { return len(nodes[0].effectsOf("shared")) }, len(want))
	if got := nodes[1].effectsOf("shared"); !slices.Equal(got, want) {
		t.Errorf("%d effects, want %d, each once", len(got), len(want))
	}
	for i, w := range nodes {
		if got := fetch(t, w.bus, 0, 1000); len(got) != len(want) {
			t.Errorf("node %d sees %d events, want %d", i, len(got), len(want))
		}
	}
	// A start publishes nothing that the stream has.
	before := testkit.Must[bus.State](t)(nodes[0].bus.State(t.Context()))
	nodes[0].stop()
	nodes[0].start()
	nodes[0].enqueue("one more")
	testkit.Eventually(t, "one more is there", func() bool { return len(fetch(t, nodes[1].bus, before.Last, 10)) > 0 })
	if after := testkit.Must[bus.State](t)(nodes[0].bus.State(t.Context())); after.Last != before.Last+1 || after.ID != before.ID {
		t.Errorf("the stream went from %+v to %+v", before, after)
	}
}

// What a node held that was killed is handled by the other.
func TestAnotherNodeHandlesWhatADeadOneHeld(t *testing.T) {
	nodes := member(t, testkit.JetStream(t, 1), 2)
	holds := make(chan struct{}, 1)
	nodes[0].consume(bus.Consumer{Name: "heir", Handle: blocked(holds)})
	nodes[0].enqueue("a")
	testkit.Soon(t, "it is held", holds)
	bus.Abandon(nodes[0].bus)
	nodes[0].stop()
	nodes[1].consume(bus.Consumer{Name: "heir", Handle: effect("heir")})
	testkit.Eventually(t, "the heir has it", func() bool { return slices.Equal(nodes[1].effectsOf("heir"), []string{"a"}) })
}

// One of three servers is killed, then a second: what is enqueued meanwhile waits in
// the outbox, the node says that it is not ready, and goes on by itself.
func TestServersOfAClusterAreKilled(t *testing.T) {
	servers := testkit.JetStream(t, 3)
	nodes := member(t, servers, 2)
	for _, w := range nodes {
		w.consume(bus.Consumer{Name: "steady", Workers: 4, Handle: effect("steady")})
	}
	ready := func(w *world) bool { return w.bus.Ready(t.Context()) == nil }
	handled := func(n int) {
		t.Helper()
		testkit.Reaches(t, "handled", func() int { return len(nodes[0].effectsOf("steady")) }, n)
	}
	nodes[0].enqueue(events(0, 100)...)
	handled(100)

	servers[0].Kill()
	nodes[0].enqueue(events(100, 200)...)
	nodes[1].enqueue(events(200, 300)...)
	handled(300)
	testkit.Eventually(t, "two of three are ready", func() bool { return ready(nodes[0]) && ready(nodes[1]) })

	servers[1].Kill()
	testkit.Eventually(t, "one of three is not ready", func() bool { return !ready(nodes[0]) && !ready(nodes[1]) })
	if err := nodes[0].bus.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "quorum") {
		t.Errorf("not ready, and says %v", err)
	}
	nodes[0].enqueue(events(300, 400)...)
	nodes[1].enqueue(events(400, 500)...)
	if n := testkit.Must[int](t)(nodes[1].relay.Waiting(t.Context())); n != 200 {
		t.Errorf("%d events wait in the outbox, want 200", n)
	}

	servers[0].Start()
	handled(500)
	testkit.Eventually(t, "ready again", func() bool { return ready(nodes[0]) && ready(nodes[1]) })
	servers[1].Start()
	nodes[1].enqueue(events(500, 600)...)
	handled(600)
	if got := nodes[0].effectsOf("steady"); !slices.Equal(got, events(0, 600)) {
		t.Errorf("%d effects, want 600, each once", len(got))
	}
	// A server that has just come back answers with what it has until then, so what
	// is missing from one answer is lost only when it never comes.
	testkit.Eventually(t, "nothing was lost: the stream has each event", func() bool {
		kept, err := nodes[0].bus.Fetch(t.Context(), nil, 0, 1000, 0)
		has := map[string]bool{}
		for _, e := range kept {
			has[e.Event.ID] = true
		}
		return err == nil && !slices.ContainsFunc(events(0, 600), func(id string) bool { return !has[id] })
	})
}

// Through a leaf node in a village a node reaches the servers of the town, by the
// domain of their JetStream.
func TestALeafNodeLeadsToTheCluster(t *testing.T) {
	ports := testkit.FreePorts(t, 3)
	hub := testkit.NewServer(t, "hub", ports[0], fmt.Sprintf("jetstream { store_dir: %q, max_file: 64GB, domain: town }\nleafnodes { listen: \"127.0.0.1:%d\" }", t.TempDir(), ports[1]))
	leaf := testkit.NewServer(t, "leaf", ports[2], fmt.Sprintf("leafnodes { remotes: [{url: \"nats://127.0.0.1:%d\"}] }", ports[1]))
	open := testkit.Database(t, storage.Postgres)
	village := &world{t: t, open: open, config: bus.Config{Name: "village", Cluster: &bus.Cluster{URLs: []string{leaf.URL()}, Domain: "town", Replicas: 1}}}
	town := &world{t: t, open: open, config: bus.Config{Name: "town", Cluster: &bus.Cluster{URLs: []string{hub.URL()}, Replicas: 1}}}
	village.start()
	town.start()
	town.consume(bus.Consumer{Name: "c", Handle: effect("c")})
	village.enqueue(events(0, 10)...)
	testkit.Reaches(t, "handled", func() int { return len(town.effectsOf("c")) }, 10)
}

// Members share servers, each with an account of its own: the streams have one name
// and are apart. Who has no credentials is refused at once.
func TestEachMemberHasAnAccount(t *testing.T) {
	accounts, credentials := testkit.Accounts(t, "ada", "becej")
	servers := testkit.JetStreamWith(t, 1, accounts)
	cluster := func(file string) bus.Config {
		return bus.Config{Name: "n1", Cluster: &bus.Cluster{URLs: testkit.URLs(servers), Credentials: file, Replicas: 1}}
	}
	var members []*world
	for i, file := range credentials {
		w := &world{t: t, open: testkit.Database(t, storage.SQLite), config: cluster(file)}
		w.start()
		w.enqueue(fmt.Sprintf("of-member-%d", i))
		members = append(members, w)
	}
	for i, w := range members {
		testkit.Eventually(t, "each has its own event", func() bool {
			got := fetch(t, w.bus, 0, 10)
			return len(got) == 1 && got[0].Event.ID == fmt.Sprintf("of-member-%d", i)
		})
	}
	if b, err := bus.Start(t.Context(), cluster(""), quiet); err == nil || !strings.Contains(err.Error(), "bus.credentials_file") {
		t.Errorf("without credentials: %v", err)
		if err == nil {
			_ = b.Close()
		}
	}
}

// What cannot work is refused with a sentence.
func TestNodesOnOneDatabaseNeedOneStream(t *testing.T) {
	servers := testkit.JetStream(t, 1)
	urls := testkit.URLs(servers)
	cluster := func(prefix string) bus.Config {
		return bus.Config{Name: "cluster", Cluster: &bus.Cluster{URLs: urls, Prefix: prefix, Replicas: 1}}
	}
	embedded := func() bus.Config { return bus.Config{Name: "embedded", Dir: t.TempDir()} }
	cases := map[string]struct {
		first, second bus.Config
		want          error
	}{
		"two of their own":             {embedded(), embedded(), bus.ErrAnotherEmbedded},
		"a cluster beside one":         {embedded(), cluster("a"), bus.ErrEmbeddedElsewhere},
		"one beside a cluster":         {cluster("b"), embedded(), bus.ErrAnotherEmbedded},
		"two prefixes":                 {cluster("c"), cluster("d"), bus.ErrAnotherStream},
		"the same":                     {cluster("e"), cluster("e"), nil},
		"the same, at the second time": {cluster("f"), cluster("f"), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := testkit.Database(t, storage.Postgres)
			settle := func(config bus.Config) error {
				db := open(bus.Migrations(), work.Migrations(), effects)
				b := testkit.Must[*bus.Bus](t)(bus.Start(t.Context(), config, quiet))
				t.Cleanup(func() { _ = b.Close() }) // what it held
				return b.Settle(t.Context(), db)
			}
			if err := settle(c.first); err != nil {
				t.Fatal(err)
			}
			if err := settle(c.second); !errors.Is(err, c.want) {
				t.Errorf("the second node: %v, want %v", err, c.want)
			}
		})
	}
	t.Run("a stream of another database", func(t *testing.T) {
		one, other := testkit.Database(t, storage.SQLite), testkit.Database(t, storage.SQLite)
		settle := func(db *storage.DB) error {
			b := testkit.Must[*bus.Bus](t)(bus.Start(t.Context(), cluster("z"), quiet))
			t.Cleanup(func() { _ = b.Close() }) // what it held
			return b.Settle(t.Context(), db)
		}
		if err := settle(one(bus.Migrations())); err != nil {
			t.Fatal(err)
		}
		if err := settle(other(bus.Migrations())); !errors.Is(err, bus.ErrForeignStream) {
			t.Errorf("another database: %v", err)
		}
	})
	t.Run("a node that is alone moves to a cluster, and back", func(t *testing.T) {
		open := testkit.Database(t, storage.Postgres)
		for _, config := range []bus.Config{embedded(), cluster("m"), embedded()} {
			w := &world{t: t, open: open, config: config}
			w.start()
			w.enqueue("event-" + config.Name + config.Dir)
			testkit.Eventually(t, "it is published", func() bool { return testkit.Must[int](t)(w.relay.Waiting(t.Context())) == 0 })
			w.stop()
		}
	})
}
