package act

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/text"
)

// Kind is the type of a field. It decides what is taken, how a page asks for it
// and how it is described to programs.
type Kind string

// The kinds of fields.
const (
	Line      Kind = "line"      // a text without a break
	Text      Kind = "text"      // a text of several lines
	Name      Kind = "name"      // a given or family name, in any script
	Code      Kind = "code"      // an identifier: letters and digits of machines
	Day       Kind = "day"       // "2026-11-29", on a page also "29. 11. 2026."
	Month     Kind = "month"     // "2026-11"
	Count     Kind = "count"     // a whole number, not negative
	Amount    Kind = "amount"    // dinars with or without para
	Account   Kind = "account"   // of a bank, with or without dashes and blanks, or its IBAN
	National  Kind = "national"  // the personal number (JMBG), blanks and dashes do not count
	Choice    Kind = "choice"    // one of several
	Several   Kind = "several"   // some of several, or some lines
	Place     Kind = "place"     // the code of a place
	File      Kind = "file"      // the content of a file
	Person    Kind = "person"    // who it is about: a pseudonym or a handle
	YesNo     Kind = "yes-no"    // has to be answered
	Consent   Kind = "consent"   // is given or is not
	Version   Kind = "version"   // of the matter as it was read, against a stale answer
	Structure Kind = "structure" // a value that only programs send
)

// Option is one of the values that a choice offers. Label names its sentence;
// where it is empty the page says the value itself.
type Option struct {
	Value, Label string
	Says         lang.Text // its label where that is data
	Code         string    // an identifier beside the label, or alone where there is none
}

// Field is one thing that an act asks for. Make one with the function of its
// kind.
type Field[In any] struct {
	Asked
	put func(in *In, typed []string) error
	get func(in *In) []string
	raw func(in *In, value []byte) error                         // of a structure
	own func(ctx context.Context, in *In, values []string) error // of a field that its room reads
}

// Asked is a field as a page, a description and a test see it.
type Asked struct {
	Name     string // of the member in JSON and of the input on a page
	Kind     Kind
	Missing  string    // code of what is said when nothing that fits was given; empty for that of the kind
	Wrong    string    // code of what is said of a value that is not offered; empty for that of Missing
	Says     string    // key of its label; its hint stands under the same key and "-hint"
	Most     int       // characters of a text, values of a list, or the largest number
	Optional bool      // may stay away
	Coded    bool      // its values are identifiers, also where its kind is no code
	InPath   bool      // stands in the path of the route, not in the body
	Label    lang.Text // its label where that is data; empty for the sentence of Says
	Hint     lang.Text // likewise
	Options  func(ctx context.Context) []Option
	When     func(sent Values) bool // whether it is asked, by what stands in the fields before it; nil for always
	Shape    any                    // a value of the type of a structure, for its description
}

// Bound changes what a field takes.
type Bound func(*Asked)

// Most bounds a field: characters, values or the largest number.
func Most(n int) Bound { return func(a *Asked) { a.Most = n } }

// Optional lets a field stay away.
func Optional() Bound { return func(a *Asked) { a.Optional = true } }

// Missing names the problem of a field to which nothing that fits was given.
func Missing(code string) Bound { return func(a *Asked) { a.Missing = code } }

// Wrong names the problem of a value that is not offered. It is told as "value".
func Wrong(code string) Bound { return func(a *Asked) { a.Wrong = code } }

// Coded says that the values are identifiers and no words.
func Coded() Bound { return func(a *Asked) { a.Coded = true } }

// InPath takes a field from the path of the route.
func InPath() Bound { return func(a *Asked) { a.InPath = true } }

// Says names the sentence of a label that is not the act's own.
func Says(key string) Bound { return func(a *Asked) { a.Says = key } }

// Labelled gives a field a label and a hint that are data.
func Labelled(label, hint lang.Text) Bound { return func(a *Asked) { a.Label, a.Hint = label, hint } }

// When asks for a field only where a condition holds. What was sent for it
// otherwise is left out.
func When(holds func(sent Values) bool) Bound { return func(a *Asked) { a.When = holds } }

// Of offers values that are always the same. Their sentences stand under prefix
// and the value.
func Of[S ~string](prefix string, values ...S) Bound {
	return From(func(context.Context) []Option {
		options := make([]Option, len(values))
		for i, v := range values {
			options[i] = Option{Value: string(v), Label: prefix + string(v)}
		}
		return options
	})
}

// Offering offers values whose sentences are data.
func Offering(options ...Option) Bound {
	return From(func(context.Context) []Option { return options })
}

// From offers values that are known only when somebody asks.
func From(options func(ctx context.Context) []Option) Bound {
	return func(a *Asked) { a.Options = options }
}

// defaultMost are the bounds of kinds that have one of their own.
func defaultMost(kind Kind) int {
	switch kind {
	case Line, Code, Place, Person:
		return 200
	case Name:
		return 60
	case Text:
		return 2000
	case Count, Version:
		return 1_000_000_000
	case Several:
		return 100
	case Day, Month:
		return 24
	case Amount, Account, National:
		return 40
	case File:
		return 4 << 20
	case Structure:
		return 64 << 10
	}
	return 100
}

func field[In any](name string, kind Kind, bounds []Bound, put func(in *In, typed string, a Asked) error, get func(in *In) string) Field[In] {
	f := Field[In]{Asked: Asked{Name: name, Kind: kind, Most: defaultMost(kind)}}
	for _, b := range bounds {
		b(&f.Asked)
	}
	asked := f.Asked
	f.put = func(in *In, typed []string) error {
		switch {
		case len(typed) > 1:
			return fault{"value-twice", nil}
		case len(typed) == 0 || strings.TrimSpace(typed[0]) == "":
			return put(in, "", asked)
		}
		return put(in, typed[0], asked)
	}
	f.get = func(in *In) []string {
		if s := get(in); s != "" {
			return []string{s}
		}
		return nil
	}
	return f
}

// fault is what is wrong with a value: a code with its arguments.
type fault struct {
	code  string
	pairs []string
}

func (f fault) Error() string { return f.code }

// needed is the fault of a field that stayed away and may not.
func (a Asked) needed(code string) error {
	if a.Optional {
		return nil
	}
	return fault{cmp.Or(a.Missing, code), nil}
}

// OfLine is a text without a break.
func OfLine[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return texts(name, Line, at, text.Line, bounds)
}

// OfText is a text of several lines.
func OfText[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return texts(name, Text, at, text.Lines, bounds)
}

// OfName is a given or family name.
func OfName[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return texts(name, Name, at, text.Name, bounds)
}

func texts[In any, S ~string](name string, kind Kind, at func(*In) *S, read func(string, int) (string, error), bounds []Bound) Field[In] {
	return field(name, kind, bounds, func(in *In, typed string, a Asked) error {
		clean, err := read(typed, a.Most)
		switch {
		case errors.Is(err, text.ErrEmpty):
			*at(in) = ""
			return a.needed("words-missing")
		case errors.Is(err, text.ErrLong):
			return fault{"words-too-long", []string{"max", strconv.Itoa(a.Most)}}
		case errors.Is(err, text.ErrScripts):
			return fault{"name-scripts", nil}
		case errors.Is(err, text.ErrSmall):
			return fault{"name-small", nil}
		case err != nil && kind == Name:
			return fault{"name-letters", nil}
		case err != nil:
			return fault{"words-signs", nil}
		}
		*at(in) = S(clean)
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

var codeSigns = regexp.MustCompile(`^[\x21-\x7e]+$`)

// OfCode is an identifier: what can be seen of ASCII, without blanks.
func OfCode[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return codes(name, Code, at, bounds)
}

// OfPlace is the code of a place.
func OfPlace[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return codes(name, Place, at, bounds)
}

// OfPerson is a pseudonym or a handle of a person.
func OfPerson[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return codes(name, Person, at, bounds)
}

func codes[In any, S ~string](name string, kind Kind, at func(*In) *S, bounds []Bound) Field[In] {
	return field(name, kind, bounds, func(in *In, typed string, a Asked) error {
		typed = strings.TrimSpace(typed)
		switch {
		case typed == "":
			*at(in) = ""
			return a.needed("words-missing")
		case len(typed) > a.Most:
			return fault{"words-too-long", []string{"max", strconv.Itoa(a.Most)}}
		case !codeSigns.MatchString(typed):
			return fault{"words-signs", nil}
		}
		*at(in) = S(typed)
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

// OfDay is a civil day.
func OfDay[In any](name string, at func(*In) *civil.Day, bounds ...Bound) Field[In] {
	return field(name, Day, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = (civil.Day{}); typed == "" {
			return a.needed("day-malformed")
		}
		day, ok := ParseDay(typed)
		if !ok {
			return fault{"day-malformed", nil}
		}
		*at(in) = day
		return nil
	}, func(in *In) string {
		if at(in).IsZero() {
			return ""
		}
		return at(in).String()
	})
}

// ParseDay reads a day as people in Serbia write it, "19. 11. 2026." with or
// without blanks and the last point, or as in data.
func ParseDay(s string) (civil.Day, bool) {
	if len(s) > 64 {
		return civil.Day{}, false
	}
	if day, err := civil.Parse(s); err == nil {
		return day, true
	}
	s = strings.TrimSuffix(strings.Join(strings.Fields(s), ""), ".")
	parts := strings.Split(strings.ReplaceAll(s, "/", "."), ".")
	if len(parts) != 3 || len(parts[2]) != 4 || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return civil.Day{}, false
	}
	pad := func(part string) string { return strings.Repeat("0", 2-len(part)) + part }
	day, err := civil.Parse(parts[2] + "-" + pad(parts[1]) + "-" + pad(parts[0]))
	return day, err == nil
}

var monthForm = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// OfMonth is a month of a year, "2026-11".
func OfMonth[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return field(name, Month, bounds, func(in *In, typed string, a Asked) error {
		typed = strings.TrimSpace(typed)
		if *at(in) = ""; typed == "" {
			return a.needed("month-malformed")
		}
		if !monthForm.MatchString(typed) {
			return fault{"month-malformed", nil}
		}
		*at(in) = S(typed)
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

// OfCount is a whole number, not negative; thousands may be set apart.
func OfCount[In any](name string, at func(*In) *int, bounds ...Bound) Field[In] {
	return numbers(name, Count, at, "count-malformed", bounds)
}

// OfVersion is the state of the matter from which an answer was made.
func OfVersion[In any](name string, at func(*In) *int, bounds ...Bound) Field[In] {
	return numbers(name, Version, at, "version-malformed", bounds)
}

// grouped is a number as people write it, by thousands: 1.000, 1,000 or 1 000.
var grouped = regexp.MustCompile(`^[0-9]{1,3}([., \x{00a0}][0-9]{3})+$`)

func numbers[In any](name string, kind Kind, at func(*In) *int, code string, bounds []Bound) Field[In] {
	f := field(name, kind, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = 0; typed == "" {
			return a.needed(code)
		}
		typed = strings.TrimSpace(typed)
		if kind == Count && grouped.MatchString(typed) {
			typed = strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "").Replace(typed)
		}
		n, err := strconv.ParseUint(typed, 10, 63)
		if err != nil || n > uint64(a.Most) {
			return fault{code, nil}
		}
		*at(in) = int(n)
		return nil
	}, func(in *In) string { return strconv.Itoa(*at(in)) })
	if get := f.get; f.Optional {
		f.get = func(in *In) []string {
			if *at(in) == 0 { // nothing was said
				return nil
			}
			return get(in)
		}
	}
	return f
}

// OfAmount is a sum of dinars: "300000", "300.000,50" or "300000.50".
func OfAmount[In any](name string, at func(*In) *money.Para, bounds ...Bound) Field[In] {
	return field(name, Amount, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = 0; typed == "" {
			return a.needed("amount-malformed")
		}
		typed = withoutBlanks(typed)
		if strings.Contains(typed, ",") { // as people in Serbia write it
			typed = strings.ReplaceAll(strings.ReplaceAll(typed, ".", ""), ",", ".")
		}
		sum, err := money.Parse(typed)
		if err != nil {
			return fault{"amount-malformed", nil}
		}
		*at(in) = sum
		return nil
	}, func(in *In) string { return at(in).Decimal() })
}

// OfAccount is the number of an account at a bank, as eighteen digits.
func OfAccount[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return field(name, Account, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = ""; typed == "" {
			return a.needed("account-malformed")
		}
		number, err := account.Parse(typed)
		switch {
		case errors.Is(err, account.ErrCheck):
			return fault{"account-check", nil}
		case err != nil:
			return fault{"account-malformed", nil}
		}
		*at(in) = S(number)
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

// OfNational is a personal number. What was typed between its digits does not
// count.
func OfNational[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return field(name, National, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = ""; typed == "" {
			return a.needed("number-form")
		}
		typed = strings.ReplaceAll(strings.Map(dash, withoutBlanks(typed)), "-", "")
		number, err := jmbg.Parse(typed)
		switch {
		case errors.Is(err, jmbg.ErrDate):
			return fault{"number-date", nil}
		case errors.Is(err, jmbg.ErrCheck):
			return fault{"number-check", nil}
		case err != nil:
			return fault{"number-form", nil}
		}
		*at(in) = S(number.String())
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// dash makes every hyphen and dash the one of ASCII.
func dash(r rune) rune {
	if unicode.Is(unicode.Pd, r) || r == '−' {
		return '-'
	}
	return r
}

// OfChoice is one of the values that the bounds offer.
func OfChoice[In any, S ~string](name string, at func(*In) *S, bounds ...Bound) Field[In] {
	return field(name, Choice, bounds, func(in *In, typed string, a Asked) error {
		if *at(in) = ""; typed == "" {
			return a.needed("choice-missing")
		}
		if len(typed) > a.Most {
			return fault{cmp.Or(a.Missing, "choice-missing"), nil}
		}
		*at(in) = S(typed) // whether it is offered is looked at with the context
		return nil
	}, func(in *In) string { return string(*at(in)) })
}

// OfYesNo has to be answered with yes or no.
func OfYesNo[In any](name string, at func(*In) *bool, bounds ...Bound) Field[In] {
	return field(name, YesNo, bounds, func(in *In, typed string, a Asked) error {
		switch *at(in) = typed == "yes"; typed {
		case "yes", "no":
			return nil
		case "":
			return a.needed("choice-missing")
		}
		return fault{"choice-missing", nil}
	}, yesNo(at))
}

// OfConsent is given or is not. What has to be given is not optional.
func OfConsent[In any](name string, at func(*In) *bool, bounds ...Bound) Field[In] {
	return field(name, Consent, bounds, func(in *In, typed string, a Asked) error {
		switch *at(in) = typed == "yes"; typed {
		case "yes":
			return nil
		case "", "no":
			return a.needed("consent-missing")
		}
		return fault{"consent-missing", nil}
	}, yesNo(at))
}

func yesNo[In any](at func(*In) *bool) func(*In) string {
	return func(in *In) string {
		if *at(in) {
			return "yes"
		}
		return "no"
	}
}

// OfSeveral is a list of values, on a page some of several that are offered, or
// one to a line.
func OfSeveral[In any](name string, at func(*In) *[]string, bounds ...Bound) Field[In] {
	f := Field[In]{Asked: Asked{Name: name, Kind: Several, Most: defaultMost(Several)}}
	for _, b := range bounds {
		b(&f.Asked)
	}
	asked := f.Asked
	f.put = func(in *In, typed []string) error {
		var list []string
		for _, one := range typed {
			for line := range strings.SplitSeq(one, "\n") {
				if strings.TrimSpace(line) == "" {
					continue
				}
				clean, err := text.Line(line, 500)
				if err != nil {
					return fault{"words-signs", nil}
				}
				if list = append(list, clean); len(list) > asked.Most {
					return fault{"list-too-long", []string{"max", strconv.Itoa(asked.Most)}}
				}
			}
		}
		if *at(in) = list; len(list) == 0 {
			return asked.needed("choice-missing")
		}
		return nil
	}
	f.get = func(in *In) []string { return slices.Clone(*at(in)) }
	return f
}

// OfStructure is a value that only programs send; read takes its JSON, which is
// one value within the bound.
func OfStructure[In, T any](name string, at func(*In) *T, read func(json []byte, into *T) error, bounds ...Bound) Field[In] {
	var shape T
	f := Field[In]{Asked: Asked{Name: name, Kind: Structure, Most: defaultMost(Structure), Shape: shape}}
	for _, b := range bounds {
		b(&f.Asked)
	}
	asked := f.Asked
	f.raw = func(in *In, value []byte) error {
		if len(value) == 0 {
			return asked.needed("structure-missing")
		}
		if len(value) > asked.Most {
			return fault{"structure-too-long", []string{"max", strconv.Itoa(asked.Most)}}
		}
		return read(value, at(in))
	}
	return f
}

// OfFile is the content of a file of at most so many bytes: on a page one that is
// chosen, from programs its base64 (RFC 4648, section 4).
func OfFile[In any](name string, at func(*In) *[]byte, bounds ...Bound) Field[In] {
	f := Field[In]{Asked: Asked{Name: name, Kind: File, Most: defaultMost(File)}}
	for _, b := range bounds {
		b(&f.Asked)
	}
	asked := f.Asked
	f.put = func(in *In, typed []string) error {
		switch *at(in) = nil; {
		case len(typed) > 1:
			return fault{"value-twice", nil}
		case len(typed) == 0 || typed[0] == "":
			return asked.needed("file-missing")
		case len(typed[0]) > asked.Most:
			return fault{"file-too-long", []string{"max", strconv.Itoa(asked.Most)}}
		}
		*at(in) = []byte(typed[0])
		return nil
	}
	f.get = func(*In) []string { return nil } // a file is chosen anew
	return f
}
