package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/lab/demo"

	"golang.org/x/mod/sumdb/note"
)

// BytesOptions are the choices of "dobosh-lab bench bytes".
type BytesOptions struct {
	Binary    string    // the program that serves
	Dir       string    // where the nodes keep everything; must be empty or missing
	Births    int       // of the longer of two runs, 50 to 100,000; the shorter has a fifth of them
	Seconds   float64   // of the longer of two runs of exchanges, 5 to 600
	PerPerson float64   // exchanges a person and day of the year that is worked out
	PerMille  float64   // births a year and 1,000 persons
	Log       io.Writer // progress for people
}

// BytesResult says what stays on the disk, one JSON object.
type BytesResult struct {
	Loop     Growth `json:"loop"`     // a birth: two offers, two decisions, ten exchanges about persons
	Exchange Growth `json:"exchange"` // of 1 kB of JSON, of which five of twenty fields are agreed; about no person

	PerPerson float64 `json:"exchanges_per_person_and_day"`
	PerMille  float64 `json:"births_per_1000"`
	Years     []Year  `json:"years"` // worked out from the two above
}

// Growth is what one more leaves on the disk: the difference of two runs of different length, by that of what they did.
type Growth struct {
	Count int                           `json:"count"` // by which the runs differ
	Bytes float64                       `json:"bytes"` // of all nodes
	Nodes map[string]map[string]float64 `json:"nodes"` // by node and part
}

// Year is worked out, not measured.
type Year struct {
	Persons   int                `json:"persons"`
	Births    float64            `json:"births"`
	Exchanges float64            `json:"exchanges"`
	GB        map[string]float64 `json:"gb"`                // by node: who asks is the city, who answers the registers
	Derived   map[string]float64 `json:"gb_not_in_archive"` // of that, what stays on the node's disk when segments are archived
	Segments  map[string]float64 `json:"segments"`          // of 32 MB
}

// OK says that there is a result.
func (r BytesResult) OK() bool { return r.Loop.Count > 0 && r.Exchange.Count > 0 }

// RunBytes measures what stays on the disk of a loop and of an exchange.
func RunBytes(ctx context.Context, o BytesOptions) (r BytesResult, err error) {
	if err := errors.Join(within("births", o.Births, 50, 100_000), within("seconds", o.Seconds, 5, 600), within("exchanges a person", o.PerPerson, 0, 1000), within("births of 1,000", o.PerMille, 0, 100)); err != nil {
		return r, err
	}
	if err := mustBeEmpty(o.Dir); err != nil {
		return r, err
	}
	r.PerPerson, r.PerMille = o.PerPerson, o.PerMille
	r.Loop, err = grown(o.Dir, "loop", func(dir string, share float64) (int, error) {
		births := int(float64(o.Births) * share)
		result, err := Run(ctx, Options{Binary: o.Binary, Dir: dir, Births: births, Seconds: max(5, float64(births)/10), Flying: 8, Log: o.Log})
		if err == nil && result.Errors > 0 {
			err = errors.New(result.FirstErr)
		}
		return result.Births, err
	})
	if err != nil {
		return r, err
	}
	r.Exchange, err = grown(o.Dir, "exchange", func(dir string, share float64) (int, error) {
		result, err := RunExchange(ctx, ExchangeOptions{Binary: o.Binary, Dir: dir, Seconds: o.Seconds * share, Rounds: 1, Connections: 8, Log: o.Log})
		if err == nil && result.Errors > 0 {
			err = errors.New(result.FirstErr)
		}
		if err != nil {
			return 0, err
		}
		return asked(ctx, dir)
	})
	if err != nil {
		return r, err
	}
	for _, persons := range []int{100_000, 7_000_000} {
		r.Years = append(r.Years, r.year(persons))
	}
	return r, nil
}

// grown does the same twice, a fifth and then all of it, and compares what is left on the disk when the nodes have ended.
func grown(dir, what string, run func(dir string, share float64) (int, error)) (g Growth, err error) {
	var counts [2]int
	var left [2]map[string]map[string]float64
	for i, share := range []float64{0.2, 1} {
		at := filepath.Join(dir, fmt.Sprintf("%s-%d", what, i))
		if counts[i], err = run(at, share); err != nil {
			return g, err
		}
		if left[i], err = sizes(at); err != nil {
			return g, err
		}
		if err := os.RemoveAll(at); err != nil {
			return g, err
		}
	}
	if g.Count = counts[1] - counts[0]; g.Count <= 0 {
		return g, fmt.Errorf("%s: %d and %d: the longer run did not do more", what, counts[0], counts[1])
	}
	g.Nodes = map[string]map[string]float64{}
	for node, parts := range left[1] {
		g.Nodes[node] = map[string]float64{}
		for part, size := range parts {
			one := round((size - left[0][node][part]) / float64(g.Count))
			g.Nodes[node][part] = one
			g.Bytes = round(g.Bytes + one)
		}
	}
	return g, nil
}

// The parts of what a node keeps.
const (
	inSegments = "segments"
	inDerived  = "hashes, offsets"
	inKeys     = "keys"
	inDatabase = "database"
	inBus      = "bus"
	inRest     = "rest"
)

// sizes are the bytes of each part of each node.
func sizes(dir string) (map[string]map[string]float64, error) {
	all := map[string]map[string]float64{}
	for _, name := range order() {
		parts := map[string]float64{}
		root := filepath.Join(dir, name, "data")
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, path)
			parts[partOf(filepath.ToSlash(relative))] += float64(info.Size())
			return err
		})
		if err != nil {
			return nil, err
		}
		all[name] = parts
	}
	return all, nil
}

func partOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".seg"):
		return inSegments
	case path == "journal/hashes" || path == "journal/offsets":
		return inDerived
	case path == "journal/keys":
		return inKeys
	case strings.HasPrefix(path, "dobosh.db"):
		return inDatabase
	case strings.HasPrefix(path, "bus/"):
		return inBus
	}
	return inRest
}

// asked counts the questions in the journal of the city.
func asked(ctx context.Context, dir string) (count int, err error) {
	p, err := newProcess(demo.City, "", filepath.Join(dir, demo.City, "dobosh.yaml"), "")
	if err != nil {
		return 0, err
	}
	folder, key, _, err := p.cfg.Node.Evidence()
	if err != nil {
		return 0, err
	}
	view, err := journal.OpenView(folder, nil, time.Now, []note.Verifier{key}...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, view.Close()) }()
	q := journal.Query{Kinds: []string{"question"}, Limit: journal.MaxFound}
	for {
		found, next, err := view.Search(ctx, q)
		if err != nil {
			return 0, err
		}
		if count += len(found); next == 0 {
			return count, nil
		}
		q.After = next
	}
}

// year works out what stays of a year.
func (r BytesResult) year(persons int) Year {
	y := Year{Persons: persons, Births: round(float64(persons) / 1000 * r.PerMille), Exchanges: float64(persons) * 365 * r.PerPerson,
		GB: map[string]float64{}, Derived: map[string]float64{}, Segments: map[string]float64{}}
	for _, name := range []string{demo.City, demo.Registers} {
		var all, here float64
		for _, of := range []struct {
			Growth
			times float64
		}{{r.Loop, y.Births}, {r.Exchange, y.Exchanges}} {
			for part, one := range of.Nodes[name] {
				if all += one * of.times; part != inSegments {
					here += one * of.times
				}
			}
		}
		y.GB[name], y.Derived[name], y.Segments[name] = round(all/1e9), round(here/1e9), round((all-here)/(32<<20))
	}
	return y
}

// Write says it for people.
func (r BytesResult) Write(w io.Writer) {
	var b strings.Builder
	for _, of := range []struct {
		what string
		Growth
	}{{"a birth, with all that follows", r.Loop}, {"an exchange", r.Exchange}} {
		fmt.Fprintf(&b, "%s: %.0f bytes on the disks of all nodes (difference of %d)\n", of.what, of.Bytes, of.Count)
		for _, node := range slices.Sorted(maps.Keys(of.Nodes)) {
			for _, part := range slices.Sorted(maps.Keys(of.Nodes[node])) {
				fmt.Fprintf(&b, "  %-10s %-16s %9.0f\n", node, part, of.Nodes[node][part])
			}
		}
	}
	for _, y := range r.Years {
		fmt.Fprintf(&b, "%d persons, %.0f births and %.0f exchanges a year:\n", y.Persons, y.Births, y.Exchanges)
		for _, node := range slices.Sorted(maps.Keys(y.GB)) {
			fmt.Fprintf(&b, "  %-10s %10.1f GB, of which %.1f GB stay when segments are archived (%.0f of them)\n", node, y.GB[node], y.Derived[node], y.Segments[node])
		}
	}
	_, _ = io.WriteString(w, b.String()) // nobody reads what cannot be written
}
