package law_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/law"

	"gopkg.in/yaml.v3"
)

// leaf is a value in a file of a pack that means something to somebody.
type leaf struct{ file, path string }

// leaves lists the values of a document but for its tests and what it rests on.
func leaves(at string, n *yaml.Node, found map[string]*yaml.Node) {
	switch n.Kind {
	case yaml.DocumentNode, yaml.SequenceNode:
		for i, c := range n.Content {
			leaves(at+"/"+string(rune('a'+i%26)), c, found)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key := n.Content[i].Value; !slices.Contains([]string{"source", "verified", "tests", "example", "version"}, key) {
				leaves(at+"."+key, n.Content[i+1], found)
			}
		}
	case yaml.ScalarNode:
		for found[at] != nil {
			at += "'"
		}
		found[at] = n
	}
}

// otherwise writes something else in place of a value.
func otherwise(n *yaml.Node) {
	switch n.ShortTag() {
	case "!!bool":
		n.Value = map[string]string{"true": "false", "false": "true"}[n.Value]
	case "!!int", "!!float":
		n.Value = "1" + n.Value
	case "!!timestamp":
		n.Value = strings.Replace(n.Value, "20", "21", 1)
	default:
		n.Value += " друкчије"
	}
}

// Whatever word, number or day of a pack is changed, a comparison says that something changes, or the
// pack is refused. Some of all values are tried, others each time.
func TestNoChangeOfAPackIsSilent(t *testing.T) {
	serbia := copyOfSerbia(t)
	old, err := law.Load(serbia)
	if err != nil {
		t.Fatal(err)
	}
	var all []leaf
	for name, file := range serbia {
		var doc yaml.Node
		if err := yaml.Unmarshal(file.Data, &doc); err != nil {
			t.Fatal(err)
		}
		found := map[string]*yaml.Node{}
		leaves("", &doc, found)
		for path := range found {
			all = append(all, leaf{name, path})
		}
	}
	seed := rand.Uint64()
	random, tried, loaded := rand.New(rand.NewPCG(seed, 0)), 0, 0
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, l := range all[:min(len(all), 60)] {
		tried++
		var doc yaml.Node
		if err := yaml.Unmarshal(serbia[l.file].Data, &doc); err != nil {
			t.Fatal(err)
		}
		found := map[string]*yaml.Node{}
		leaves("", &doc, found)
		was := found[l.path].Value
		otherwise(found[l.path])
		written, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		for name, file := range serbia {
			files[name] = file
		}
		files[l.file] = &fstest.MapFile{Data: written}
		pack, err := law.Load(files)
		if err != nil {
			continue
		}
		loaded++
		if law.Compare(old, pack).String() == "" {
			t.Errorf("%s %s: %q becomes %q, and nothing changes", l.file, l.path, was, found[l.path].Value)
		}
	}
	t.Logf("seed %d: of %d values %d were changed, %d gave a pack", seed, len(all), tried, loaded)
}
