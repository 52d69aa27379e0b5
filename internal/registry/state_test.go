package registry

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestStateFindsWhatWasSaid(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	s := a.State()
	if m, ok := s.Member(subsystem(city, "family")); !ok || m.ID != city || s.Title(city)["en"] != "CITY" {
		t.Errorf("member: %v, %v", m, ok)
	}
	if got := s.Title(ID{"RS", "X", "Y", "", ""})["sr"]; got != "RS/X/Y" {
		t.Errorf("title of a stranger: %q", got)
	}
	if !s.HasSubsystem(subsystem(state, "tax")) || s.HasSubsystem(subsystem(city, "tax")) || s.HasSubsystem(city) {
		t.Error("subsystems")
	}
	if _, ok := s.Service(subsystem(state, "civil").With("births")); !ok || len(s.Services()) != 1 || len(s.Members()) != 2 || len(s.Contracts()) != 1 {
		t.Error("services, members or contracts")
	}
	node := s.Nodes(subsystem(city, "family"))[0]
	if found, ok := s.NodeByTLS(node.TLS); !ok || !reflect.DeepEqual(found, node) {
		t.Error("node by key")
	}
}

func TestStateNodeKeysChangeAndGo(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	old := a.State().Nodes(city)[0]
	before := a.State()
	rotated := old
	rotated.TLS = strings.Repeat("ab", 32)
	say(t, a, Statement{Node: &rotated})
	if _, ok := a.State().NodeByTLS(old.TLS); ok {
		t.Error("the old key is still good")
	}
	if _, ok := a.State().NodeByTLS(rotated.TLS); !ok {
		t.Error("the new key is not")
	}
	if _, ok := before.NodeByTLS(old.TLS); !ok {
		t.Error("a snapshot changed")
	}
	say(t, a, Statement{Node: &Node{Member: city, Name: "n1"}})
	if _, ok := a.State().NodeByTLS(rotated.TLS); ok || len(a.State().Nodes(city)) != 0 {
		t.Error("a node that was taken out is still there")
	}
}

func TestStateRefusesStatements(t *testing.T) {
	taken := *nodeSays(t, city, "n1").Node
	taken.Member, taken.Name = state, "n2"
	changed := func(change func(*Node)) Statement {
		n := *nodeSays(t, city, "n9").Node
		change(&n)
		return Statement{Node: &n}
	}
	for name, st := range map[string]Statement{
		"nothing":                     {},
		"member that is a subsystem":  memberSays(subsystem(city, "family")),
		"member without a name":       memberSays(ID{}),
		"subsystem without a name":    memberSays(city, ""),
		"subsystem twice":             memberSays(city, "a", "a"),
		"subsystem with a control":    memberSays(city, "a\n"),
		"node of a stranger":          nodeSays(t, ID{"RS-TEST", "GOV", "NONE", "", ""}, "n1"),
		"node without a name":         changed(func(n *Node) { n.Name = "" }),
		"node without a port":         changed(func(n *Node) { n.Address = "127.0.0.1" }),
		"node with another's TLS key": {Node: &taken},
		"TLS key that is none":        changed(func(n *Node) { n.TLS = "abcd" }),
		"TLS key in capitals":         changed(func(n *Node) { n.TLS = strings.Repeat("AB", 32) }),
		"journal key that is none":    changed(func(n *Node) { n.Log = "x+y+z" }),
		"service of a stranger":       serviceSays(subsystem(city, "none").With("x")),
		"service without a code":      serviceSays(subsystem(city, "family")),
		"too long":                    memberSays(city, strings.Split(strings.Repeat(strings.Repeat("x", 250)+" ", 300), " ")[:299]...),
	} {
		a := newAuthority(t, seed(t)...)
		if err := a.Append(t.Context(), st); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: %v", name, err)
		}
		if a.State().Size != 6 {
			t.Errorf("%s: something was taken", name)
		}
	}
}

func TestStatementsAreReadStrictly(t *testing.T) {
	good, err := memberSays(city, "family").encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodeLeaf(good); err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, leaf := range map[string]string{
		"empty": "", "no JSON": "member", "unknown member": strings.Replace(text, `"at"`, `"as":1,"at"`, 1), "blank": text + " ", "two values": text + text,
		"another order": strings.Replace(text, `"id":"RS-TEST/GOV/CITY","subsystems":["family"]`, `"subsystems":["family"],"id":"RS-TEST/GOV/CITY"`, 1),
		"two things":    strings.Replace(text, `"member"`, `"end":{"reason":""},"member"`, 1), "time with a zero": strings.Replace(text, `00Z"`, `00.0Z"`, 1),
		"doubled": strings.Replace(text, `"at":`, `"at":"2026-11-23T08:00:00Z","at":`, 1), "too long": `{"contract":"` + strings.Repeat("x", maxStatement) + `"}`,
	} {
		if leaf == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := decodeLeaf([]byte(leaf)); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzStatement(f *testing.F) {
	for _, st := range seed(f) {
		leaf, err := st.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(leaf)
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		st, err := decodeLeaf(leaf)
		if err != nil {
			return
		}
		if again, err := st.encode(); err != nil || string(again) != string(leaf) {
			t.Fatal("read as what it is not")
		}
		if r, err := read(st); err == nil {
			_ = emptyState().apply(r, &proofs{}) // whatever it says, it does not panic
		}
	})
}
