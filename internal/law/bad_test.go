package law_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/law"
	"dobosh/packs"
)

// copyOfSerbia is the pack in memory, to be spoiled.
func copyOfSerbia(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(packs.Serbia(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(packs.Serbia(), name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// change replaces text in one file of a pack and fails when it is not there.
func change(t testing.TB, files fstest.MapFS, file, old, new string) fstest.MapFS {
	t.Helper()
	changed := maps.Clone(files)
	text := ""
	if f, ok := files[file]; ok {
		text = string(f.Data)
	}
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	changed[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
	return changed
}

func TestBadPacks(t *testing.T) {
	serbia := copyOfSerbia(t)
	amounts, allowance, serbian := "parameters/zfpp.yaml", "rules/parental-allowance.yaml", "calendars/serbia.yaml"
	for _, tt := range []struct{ name, file, old, new, want string }{
		{"unknown key", "terms.yaml", "    months: 12\n", "    months: 12\n    colour: red\n", `terms.yaml:32: unknown key "colour"`},
		{"missing source", "terms.yaml", "    source: not read in the law\n", "", `terms.yaml:112: missing key "source"`},
		{"missing translation", "purposes.yaml", "      en: Access to your own data\n", "", `purposes.yaml:15: missing key "en"`},
		{"life event given twice", "lifeevents.yaml", "  - id: family\n", "  - id: birth\n", `lifeevents.yaml:7: life event "birth" is already at lifeevents.yaml:2`},
		{"wrong type", "terms.yaml", "months: 12", "months: twelve", `terms.yaml:31: "months" must be integer, not string`},
		{"both days and months", "terms.yaml", "    days: 30", "    days: 30\n    months: 1", "give exactly one of the keys that exclude each other"},
		{"zero term", "terms.yaml", "days: 30", "days: 0", `terms.yaml:69: "days"`},
		{"no such day", "terms.yaml", "from: 2018-07-01", "from: 2018-02-30", "2018-02-30"},
		{"day of another form", "terms.yaml", "from: 2018-07-01", "from: 1 July 2018", `"from" has the form`},
		{"key twice", "terms.yaml", "    days: 30", "    days: 30\n    days: 31", `terms.yaml:70: key "days" is here twice`},
		{"not YAML", "terms.yaml", "    days: 30", "    days: 30: 31", "terms.yaml:69: this is not YAML"},
		{"alias", "bodies.yaml", "    from: 2018-07-01", "    from: &d 2018-07-01\n    to: *d", "bodies.yaml:8: aliases (*d) are not allowed"},
		{"number as key", "pack.yaml", "country: RS", "country: RS\n7: x", "pack.yaml:4: a key must be plain text"},

		{"ends before it begins", "terms.yaml", "    from: 2018-07-01", "    from: 2018-07-01\n    to: 2018-06-30", "terms.yaml:24: ends on 2018-06-30, before it begins on 2018-07-01"},
		{"two terms on one day", "terms.yaml", "id: grant-offer", "id: allowance-offer", `terms.yaml:60: term "allowance-offer" has two values on 2023-10-06: the other is at terms.yaml:39`},
		{"a service before its term", "terms.yaml", "    provision: zfpp/25\n    from: 2018-07-01", "    provision: zfpp/25\n    from: 2018-07-02", `term "allowance-offer" has no version on 2018-07-01`},
		{"dangling counting", "terms.yaml", "    starts: birth\n    counting: zup", "    starts: birth\n    counting: none", `counting "none" is not in the pack`},
		{"dangling calendar", "terms.yaml", "    calendar: serbia\n", "    calendar: none\n", `calendar "none" is not in the pack`},
		{"effect without a provision", "terms.yaml", "    then_by: zfpp/25\n", "", "terms.yaml:27"},
		{"a move without a provision", "terms.yaml", "    moves_by: zup/80\n", "", `missing key "moves_by"`},
		{"pause by no provision", "terms.yaml", "        provision: zup/59\n", "        provision: zup/60\n", `provision "zup/60" is not in the pack`},
		{"hours without an office", "terms.yaml", "    months: 1\n    starts: decision\n    counting: payments\n    calendar: serbia-banks", "    working_hours: 1\n    starts: decision\n    counting: payments\n    calendar: nowhere", `calendar "nowhere" is not in the pack`},
		{"a year that is missing", serbian, "  - year: 2020\n", "  - year: 2120\n", "2120 follows 2019 in calendar"},
		{"a day of another year", serbian, "{day: 2026-11-11,", "{day: 2027-11-11,", "2027-11-11 is no day of 2026"},
		{"a day twice", serbian, "{day: 2026-01-02,", "{day: 2026-01-01,", "2026-01-01 is here twice"},
		{"a day for nothing", serbian, "{day: 2026-01-02, holiday: new-year}", "{day: 2026-01-02, holiday: feast}", `holiday "feast", which calendar "serbia" does not have`},
		{"no such zone", serbian, "zone: Europe/Belgrade", "zone: Europe/Atlantis", `there is no time zone "Europe/Atlantis"`},
		{"hours that go back", serbian, `["07:30-15:30"]`, `["15:30-07:30"]`, "cannot be"},
		{"a calendar like itself", "calendars/serbia-banks.yaml", "like: serbia", "like: serbia-banks", "is like itself"},
		{"a calendar like none", "calendars/serbia-banks.yaml", "like: serbia", "like: nothing", `calendar "nothing" is not in the pack`},
		{"overlapping amounts", amounts, "to: 2018-12-31", "to: 2019-01-01", `parameters/zfpp.yaml:14: parameter "zfpp.first" has two values on 2019-01-01: the other is at parameters/zfpp.yaml:8`},
		{"gap in amounts", amounts, "to: 2018-12-31", "to: 2018-12-30", `rule "parental-allowance" needs parameter "zfpp.first" on 2018-12-31, which has no value then`},
		{"amount of zero", amounts, "value: 500000", "value: 0", "zfpp.first: the value is zero"},
		{"negative amount", amounts, "value: 500000", "value: -500000", "zfpp.first: the value -500000 is negative"},
		{"amount with three decimals", amounts, "value: 500000", "value: 500000.005", "is not a number of dinars"},
		{"amount in words", amounts, "value: 500000", "value: пола милиона", "is not a number of dinars"},
		{"half a month", amounts, "value: 24\n", "value: 24.50\n", "zfpp.months_second: a count is a whole number, not 24.50"},
		{"amount where months belong", allowance, "months: zfpp.months_second", "months: zfpp.first", `parameter "zfpp.first" is of kind money; a count is needed here`},
		{"unknown parameter", allowance, "amount: zfpp.first", "amount: zfpp.fifth", `parameter "zfpp.fifth" is not in the pack`},
		{"dangling provision", amounts, "provision: zfpp/23/8", "provision: zfpp/99", `parameters/zfpp.yaml:17: provision "zfpp/99" is not in the pack`},
		{"provision that begins later", "purposes.yaml", "from: 2018-07-01", "from: 2018-06-30", `begins on 2018-06-30, but its provision "zfpp/48" only on 2018-07-01`},
		{"provision of another law", "instruments/zzpl.yaml", "ref: zzpl/37/1", "ref: zup/37/1", `provision "zup/37/1" does not belong to instrument "zzpl"`},
		{"dangling purpose", "contracts.yaml", "purpose: family-support", "purpose: curiosity", `purpose "curiosity" is not in the pack`},
		{"dangling body", "contracts.yaml", "provider: RS-DEMO/GOV/REGISTERS/civil", "provider: RS-DEMO/GOV/NOBODY/civil", `no body with the subsystem "RS-DEMO/GOV/NOBODY/civil"`},
		{"dangling place", "bodies.yaml", `area: "80152"`, `area: "1"`, `place "1" is not in the pack`},
		{"dangling term", "services/newborn-grant.yaml", "offer: grant-offer", "offer: never", `term "never" is not in the pack`},
		{"dangling rule", "services/newborn-grant.yaml", "rule: newborn-grant", "rule: nothing", `rule "nothing" is not in the pack`},
		{"service before its rule", "services/newborn-grant.yaml", "from: 2023-10-06", "from: 2023-10-05", `rule "newborn-grant" has no version on 2023-10-05`},
		{"field without a need", "contracts.yaml", "fields: [/citizen, /resident]", "fields: [/citizen, /resident, /address]", `field "/address" leaves the register, but no rule of this purpose needs it`},
		{"need without a field", "contracts.yaml", "fields: [/citizen, /resident]", "fields: [/citizen]", `service "parental-allowance" needs fact "mother.resident", but no contract lets /resident`},
		{"question before its answer", "rules/newborn-grant.yaml", `"/v1/residents/{mother.person}"`, `"/v1/residents/{account}"`, `needs "account", which is not known before it`},
		{"fact twice", allowance, "fact: mother.resident", "fact: mother.citizen", `fact "mother.citizen" is in this rule twice`},
		{"text fact without a stand-in", allowance, "    unsaid:\n      sr: Ваше дете\n      en: Your child\n", "", `missing key "unsaid"`},
		{"test of an unknown fact", allowance, "facts: {child.order: 5}", "facts: {child.orders: 5}", `the rule has no fact "child.orders"`},
		{"test before the rule", allowance, "day: 2018-07-01", "day: 2018-06-30", "the rule is not in force on 2018-06-30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := law.Load(change(t, serbia, tt.file, tt.old, tt.new))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %q, got:\n%v", tt.want, err)
			}
		})
	}
}

func TestFilesThatHaveNoPlace(t *testing.T) {
	with := func(name, text string) fstest.MapFS {
		files := copyOfSerbia(t)
		files[name] = &fstest.MapFile{Data: []byte(text)}
		return files
	}
	without := copyOfSerbia(t)
	delete(without, "pack.yaml")
	for name, tt := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no head":       {without, "the pack has no pack.yaml"},
		"nothing":       {fstest.MapFS{}, "the pack has no pack.yaml"},
		"other file":    {with("README.md", "x"), "README.md: this is not a .yaml file"},
		"other folder":  {with("notes/x.yaml", "x: 1"), "notes/x.yaml: a pack has no place for this file"},
		"empty":         {with("places/x.yaml", ""), "places/x.yaml: the file is empty"},
		"two documents": {with("places/x.yaml", "places: []\n---\nplaces: []\n"), "the file holds more than one document"},
		"too large":     {with("places/x.yaml", strings.Repeat("#", 600<<10)), "the file is larger than 512 kB"},
		"too deep":      {with("places/x.yaml", "places: "+strings.Repeat("[", 40)+strings.Repeat("]", 40)), "nested deeper than 24 levels"},
		"a list":        {with("places/x.yaml", "- 1\n"), "must be object, not array"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := law.Load(tt.files); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %q, got:\n%v", tt.want, err)
			}
		})
	}
}

func TestEveryFaultIsSaidAtOnce(t *testing.T) {
	files := change(t, copyOfSerbia(t), "terms.yaml", "id: allowance-offer", "id: allowance-offer\n    colour: red")
	files = change(t, files, "bodies.yaml", "area: \"80152\"", "area: 80152")
	files = change(t, files, "pack.yaml", "country: RS", "country: Serbia")
	found := law.Check(files)
	if len(found) != 3 {
		t.Errorf("want three findings, got %d: %v", len(found), found)
	}
	for i := 1; i < len(found); i++ {
		if fmt.Sprint(found[i-1]) > fmt.Sprint(found[i]) {
			t.Errorf("findings are not in the order of files: %v", found)
		}
	}
}

// A bomb of aliases must cost nothing: aliases are refused before they are
// followed.
func TestAliasBomb(t *testing.T) {
	bomb := "places: []\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	if _, err := law.Load(fstest.MapFS{"places/x.yaml": {Data: []byte(bomb)}}); err == nil || !strings.Contains(err.Error(), "aliases (*a) are not allowed") {
		t.Errorf("got %v", err)
	}
}
