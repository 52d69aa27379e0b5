package demo_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
)

// TestAllNodesAreRestoredOnEmptyMachinesUnderLoad: births are recorded and offers
// accepted by three nodes, each of which is copied at another instant. All three are
// killed and their folders are gone. By the commands of the manual they stand again on
// empty folders. What was acknowledged before the copy of who acknowledged it is there,
// nothing is there twice, and where the witness knows more than was restored, the node
// says so before it goes on.
func TestAllNodesAreRestoredOnEmptyMachinesUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the programs and runs three processes")
	}
	nodes := []string{demo.Supervisor, demo.Registers, demo.City} // in the order of starting
	for name, order := range map[string][]string{
		// The supervisor is the witness of the others.
		"the witness is copied last":  {demo.City, demo.Registers, demo.Supervisor},
		"the witness is copied first": {demo.Supervisor, demo.Registers, demo.City},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t)
			for _, node := range nodes {
				f.serves(node)
			}
			stop := f.works()
			copied, entries := map[string]time.Time{}, map[string]int64{}
			for range 2 { // each has an older set as well
				for _, node := range order {
					f.grows(4)
					for other, n := range entries { // what a witness has not seen it cannot tell
						if node == demo.Supervisor && other != node {
							testkit.Eventually(t, "the witness knows more of "+other+" than was copied", func() bool { return f.seen(other) > n })
						}
					}
					copied[node] = time.Now()
					out := f.does(node, `^dobosh backup .*--to /mnt`)
					said := regexp.MustCompile(`, (\d+) entries of the journal .* read back`).FindStringSubmatch(out)
					if said == nil {
						t.Fatalf("backup of %s says:\n%s", node, out)
					}
					entries[node] = testkit.Must[int64](t)(strconv.ParseInt(said[1], 10, 64))
				}
			}
			f.grows(4)
			for _, node := range order {
				f.kill(node)
			}
			stop()

			// The machines are gone, and what was seen there.
			for _, node := range nodes {
				if err := os.RemoveAll(filepath.Dir(f.file[node])); err != nil {
					t.Fatal(err)
				}
			}
			recorded, decided := f.forgets()
			for _, node := range nodes {
				if out := f.does(node, `^dobosh restore .*--to n1`); !strings.Contains(out, "the database, the journal") {
					t.Errorf("restore of %s says:\n%s", node, out)
				}
				if order[0] != demo.Supervisor && node != demo.Supervisor {
					if said := f.refuses(node); !strings.Contains(said, "is an older copy") || !strings.Contains(said, "dobosh recover journal") {
						t.Errorf("%s does not say that a witness knows more:\n%s", node, said)
					}
					if out := f.does(node, `^dobosh recover journal`); !strings.Contains(out, "entries were given up, the journal goes on from") {
						t.Errorf("recover of %s says:\n%s", node, out)
					} else if partner := "partner " + f.origin(demo.Registers) + ": knows"; node == demo.City && !strings.Contains(out, partner) {
						t.Errorf("the registers, copied later, know more of the city, and recover says:\n%s", out)
					}
				}
				f.serves(node)
			}

			// They go on. A partner that was away when a node began is heard later.
			stop = f.works()
			f.grows(6)
			stop()
			testkit.Eventually(t, "every birth from before its copy has its offers", func() bool {
				offers := map[string]int{}
				for _, o := range f.everyOffer() {
					offers[o.Matter]++
				}
				for birth, at := range recorded {
					if at.Before(copied[demo.Registers]) && offers[birth] < len(f.wanted) {
						return false
					}
				}
				return true
			})
			for _, node := range nodes {
				testkit.Eventually(t, node+" has heard its partners", func() bool {
					_, err := os.Stat(filepath.Join(f.config[node].Node.Dir, "unheard"))
					return errors.Is(err, fs.ErrNotExist)
				})
			}
			for i := range nodes {
				f.ends(nodes[len(nodes)-1-i], syscall.SIGTERM)
			}
			for _, node := range nodes {
				if out := f.does(node, `^dobosh journal check`); !strings.Contains(out, "0 findings") {
					t.Errorf("journal of %s:\n%s", node, out)
				}
			}

			// Whose copy was the older of two partners has given up in the open what the other has.
			older, newer := demo.Registers, demo.City
			if order[0] == demo.City {
				older, newer = newer, older
			}
			given, seen := f.entries(older, "continuation", f.origin(newer)), f.entries(newer, "continued", f.origin(older))
			if len(given) != 1 || len(seen) != 1 || !bytes.Equal(given[0].Body, seen[0].Body) {
				t.Errorf("%s gave up %d times, and %s saw %d", older, len(given), newer, len(seen))
			}
			if n := len(f.entries(older, "returned", "")); n == 0 {
				t.Errorf("%s has no proof of what %s knows", older, newer)
			} else {
				t.Logf("%d messages are proved again", n)
			}
			if n := len(f.entries(newer, "returned", "")); n > 0 {
				t.Errorf("%s gave up %d messages, and its copy was the newer one", newer, n)
			}

			// What was acknowledged before the copy is there, and nothing twice.
			tokens, births := map[string]int{}, map[string]bool{}
			f.each(demo.Registers, `select id, token from civil_births`, func(id, token string) { births[id] = true; tokens[token]++ })
			for birth, at := range recorded {
				if at.Before(copied[demo.Registers]) && !births[birth] {
					t.Errorf("birth %s was acknowledged before the copy and is gone", birth)
				}
			}
			for token, n := range tokens {
				if n > 1 {
					t.Errorf("%s was recorded %d times", token, n)
				}
			}
			f.each(demo.City, `select subject, service from services_offers group by subject, service having count(*) > 1`,
				func(birth, service string) { t.Errorf("birth %s has more than one offer of %s", birth, service) })
			decisions, payments := map[string]string{}, map[string]int{}
			f.each(demo.City, `select id, offer from services_decisions`, func(id, offer string) { decisions[id] = offer })
			f.each(demo.City, `select decision, cast(number as text) from services_payments`, func(decision, number string) { payments[decision+"/"+number]++ })
			kept, gone := 0, 0
			for offer, d := range decided {
				switch {
				case decisions[d.decision] == offer:
					kept++
				case d.at.Before(copied[demo.City]):
					t.Errorf("decision %s was acknowledged before the copy and is gone", d.decision)
				default:
					gone++
				}
			}
			for decision := range decisions {
				if n := payments[decision+"/1"]; n != 1 {
					t.Errorf("decision %s pays its first rate %d times", decision, n)
				}
			}
			t.Logf("%d births; %d decisions from before are there, %d of after the copy are not", f.next, kept, gone)
			if kept == 0 {
				t.Error("the copy had nothing")
			}
		})
	}
}
