package registry

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
)

func TestContractStandsOnlyWithBothSignatures(t *testing.T) {
	mine, theirs, other := signerOf(t, city.String()+"/n1"), signerOf(t, state.String()+"/n1"), signerOf(t, "RS-TEST/GOV/THIRD/n1")
	half, err := births().Sign(mine)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := births().Sign(mine, other)
	if err != nil {
		t.Fatal(err)
	}
	both, err := births().Sign(mine, theirs)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.LastIndex(strings.TrimSuffix(both, "\n"), "\n")
	forged := both[:line+1] + "— " + state.String() + "/n1 " + base64.StdEncoding.EncodeToString(make([]byte, 68)) + "\n"
	for name, text := range map[string]string{
		"one signature": half, "signature of somebody else": wrong, "signature over nothing": forged,
		"edited": strings.Replace(both, `"quota":100`, `"quota":999`, 1), "no note": "births", "another heading": strings.Replace(both, "v1", "v2", 1),
	} {
		a := newAuthority(t, seed(t)[:5]...)
		if err := a.Append(t.Context(), Statement{Contract: text}); err == nil {
			t.Errorf("%s: the contract was taken", name)
		}
		if _, there := a.State().Contract("births"); there || a.State().Size != 5 {
			t.Errorf("%s: a refused contract left something", name)
		}
	}
	a := newAuthority(t, seed(t)[:5]...)
	say(t, a, Statement{Contract: both})
	if c, ok := a.State().Contract("births"); !ok || c.Quota != 100 {
		t.Errorf("the contract that both signed: %+v, %v", c, ok)
	}
}

func TestContractInOtherThanCanonicalFormIsRefused(t *testing.T) {
	good := signed(t, births())
	for name, text := range map[string]string{
		"blank":            strings.Replace(good, `{"consumer"`, `{ "consumer"`, 1),
		"other order":      strings.Replace(good, `"purpose":"family-support","quota":100`, `"quota":100,"purpose":"family-support"`, 1),
		"doubled member":   strings.Replace(good, `"quota":100`, `"quota":100,"quota":100`, 1),
		"unknown member":   strings.Replace(good, `"quota":100`, `"quota":100,"rebate":1`, 1),
		"name in capitals": strings.Replace(good, `"quota":100`, `"Quota":100`, 1),
		"something after":  strings.Replace(good, "}\n\n", "}{}\n\n", 1),
	} {
		if text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := peekContract(text); !errors.Is(err, ErrContract) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContractTermsThatCannotBeEnforced(t *testing.T) {
	for name, change := range map[string]func(*Contract){
		"no id":                func(c *Contract) { c.ID = "" },
		"id too long":          func(c *Contract) { c.ID = strings.Repeat("x", 201) },
		"consumer is a member": func(c *Contract) { c.Consumer = city },
		"provider a service":   func(c *Contract) { c.Provider = c.Provider.With("births") },
		"gives nothing":        func(c *Contract) { c.Service = "" },
		"no purpose":           func(c *Contract) { c.Purpose = "" },
		"no provision":         func(c *Contract) { c.Provision = "" },
		"no period":            func(c *Contract) { c.From = civil.Day{} },
		"ends before begins":   func(c *Contract) { c.To = civil.Date(2025, 1, 1) },
		"negative quota":       func(c *Contract) { c.Quota = -1 },
		"negative retention":   func(c *Contract) { c.Retention = -1 },
		"unknown method":       func(c *Contract) { c.Methods = []string{"get"} },
		"path not rooted":      func(c *Contract) { c.Paths = []string{"v1"} },
		"path with dots":       func(c *Contract) { c.Paths = []string{"/v1/../v2"} },
		"path encoded":         func(c *Contract) { c.Paths = []string{"/v1/%2e"} },
		"path with a query":    func(c *Contract) { c.Paths = []string{"/v1?x"} },
		"path with a fragment": func(c *Contract) { c.Paths = []string{"/v1#x"} },
		"empty segment":        func(c *Contract) { c.Paths = []string{"/v1//x"} },
		"name twice":           func(c *Contract) { c.Paths = []string{"/{a}/{a}"} },
		"half a name":          func(c *Contract) { c.Paths = []string{"/v1/{a"} },
		"name without a name":  func(c *Contract) { c.Paths = []string{"/v1/{}"} },
		"field not rooted":     func(c *Contract) { c.Fields = []string{"born"} },
		"field badly escaped":  func(c *Contract) { c.Fields = []string{"/a~2b"} },
		"field ends in tilde":  func(c *Contract) { c.Fields = []string{"/a~"} },
		"subject is the whole": func(c *Contract) { c.Subjects = []string{""} },
		"subject nowhere":      func(c *Contract) { c.Subjects = []string{"path:person"} },
		"too many fields":      func(c *Contract) { c.Fields = strings.Split(strings.Repeat("/a ", 65)+"/a", " ") },
		"field too long":       func(c *Contract) { c.Fields = []string{"/" + strings.Repeat("a", 200)} },
		"sector too long":      func(c *Contract) { c.Sector = strings.Repeat("a", 201) },
		"event without type":   func(c *Contract) { c.Events = []string{""} },
	} {
		c := births()
		change(&c)
		if _, err := peekContract(signed(t, c)); !errors.Is(err, ErrContract) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fine := births()
	fine.Methods, fine.Paths = []string{"GET", "POST"}, []string{"/", "/v1/", "/v1/{a}/x/{b}", "/Матичар"}
	fine.Fields, fine.Subjects = []string{"", "/a~0b~1c", "/list/*/x"}, []string{"path:b", "/mother/id", "/list/*/id"}
	if _, err := peekContract(signed(t, fine)); err != nil {
		t.Error(err)
	}
}

func TestContractHolds(t *testing.T) {
	c := births()
	c.From, c.To = civil.Date(2026, 3, 1), civil.Date(2026, 3, 31)
	for day, want := range map[civil.Day]bool{
		civil.Date(2026, 2, 28): false, civil.Date(2026, 3, 1): true, civil.Date(2026, 3, 31): true, civil.Date(2026, 4, 1): false,
	} {
		if c.Holds(day) != want {
			t.Errorf("holds on %s: %v", day, !want)
		}
	}
	c.To = civil.Day{}
	if !c.Holds(civil.Date(2099, 1, 1)) {
		t.Error("a contract without an end ended")
	}
}

func TestContractIdsAreNotTaken(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	other := births()
	other.Provider = subsystem(state, "tax")
	if err := a.Append(t.Context(), Statement{Contract: signed(t, other)}); !errors.Is(err, ErrContract) {
		t.Fatalf("the id of another contract: %v", err)
	}
	unknown := births()
	unknown.ID, unknown.Consumer = "other", subsystem(city, "none")
	if err := a.Append(t.Context(), Statement{Contract: signed(t, unknown)}); !errors.Is(err, ErrContract) {
		t.Fatalf("an unknown subsystem: %v", err)
	}
	if got := a.State().Between(births().Consumer, births().Provider); len(got) != 1 || got[0].ID != "births" {
		t.Errorf("between the two: %v", got)
	}
}

func TestContractEndsAndIsAmended(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	amended := births()
	amended.Quota = 5
	say(t, a, Statement{Contract: signed(t, amended)})
	between := func() []*Contract { return a.State().Between(births().Consumer, births().Provider.With("births")) }
	if got := between(); len(got) != 1 || got[0].Quota != 5 {
		t.Fatalf("after the amendment: %+v", got)
	}
	if err := a.Append(t.Context(), Statement{Contract: signed(t, births())}); !errors.Is(err, ErrContract) {
		t.Errorf("the earlier terms were said again: %v", err)
	}
	say(t, a, Statement{End: &End{Contract: "births", Reason: "the law ended"}})
	if _, there := a.State().Contract("births"); there || len(between()) != 0 {
		t.Error("an ended contract is still there")
	}
	if err := a.Append(t.Context(), Statement{Contract: signed(t, amended)}); !errors.Is(err, ErrContract) {
		t.Errorf("an ended contract came back by its old text: %v", err)
	}
	again := births()
	again.Quota = 6
	say(t, a, Statement{Contract: signed(t, again)})
	if got := between(); len(got) != 1 || got[0].Quota != 6 {
		t.Errorf("signed anew: %+v", got)
	}
}

func TestContractOfOneMemberWithItself(t *testing.T) {
	c := births()
	c.Consumer = subsystem(state, "tax")
	text, err := c.Sign(signerOf(t, state.String()+"/n1"))
	if err != nil {
		t.Fatal(err)
	}
	say(t, newAuthority(t, seed(t)[:5]...), Statement{Contract: text})
}

func FuzzContract(f *testing.F) {
	f.Add(signed(f, births()))
	f.Add(contractHeading + "{}\n\n— a b\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := peekContract(text)
		if err != nil {
			return
		}
		if again, err := c.text(); err != nil || !strings.HasPrefix(text, again) {
			t.Fatal(fmt.Errorf("read as what it is not: %w", err))
		}
	})
}
