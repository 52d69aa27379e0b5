package births

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
)

const (
	// entryMonths is for how many months after it a birth is entered without a
	// decision of a court or an administrative body.
	entryMonths = 12
	// parentYears is how old a parent is at least; below it the number is another
	// person's.
	parentYears = 12
)

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// draft is an entry that was found right, with its persons known.
type draft struct {
	Entry
	child  string // pseudonym in registers.Sector
	place  string // code of the municipality of birth
	mother Parent
	father Parent // zero when not known
}

// faults gathers everything that is wrong with an entry, so that the registrar
// sees it at once.
type faults struct{ found *problem.Problem }

func (f *faults) at(field, code string, pairs ...string) {
	if f.found == nil {
		f.found = problem.New(problem.Invalid, "entry-invalid")
	}
	f.found.At(field, code, pairs...)
}

// names reports whether something is wrong with a field already.
func (f *faults) names(field string) bool {
	return f.found != nil && slices.ContainsFunc(f.found.Fields, func(w problem.Field) bool { return w.Name == field })
}

// err is nil when nothing is wrong.
func (f *faults) err() error {
	if f.found == nil {
		return nil
	}
	return f.found
}

// check reads an entry as of today: first field by field, then the fields against
// each other and against what the registers know.
func (r *Registrar) check(ctx context.Context, by act.Actor, e Entry) (draft, error) {
	var f faults
	if err := act.Again(ctx, &e, Fields()...); err != nil {
		if !problem.HasCode(err, "form-incomplete") {
			return draft{}, err
		}
		for _, wrong := range problem.Of(err).Fields {
			f.at(wrong.Name, wrong.Code, problem.Pairs(wrong.Args)...)
		}
	}
	d := draft{Entry: e}
	if !f.names("token") && !tokenForm.MatchString(e.Token) {
		f.at("token", "token-malformed")
	}
	var known bool
	if d.place, known = r.municipality(e.Settlement); !known && !f.names("settlement") {
		f.at("settlement", "place-unknown")
	}
	if e.OrderUnknown && e.PreviousLiveBirths > 0 {
		f.at("order_unknown", "order-contradiction")
	}
	if d.Hour, known = hourOf(e.Hour); !known && !f.names("hour") {
		f.at("hour", "hour-malformed")
	}
	e.checkDay(&f, civil.Of(r.now()))
	if !f.names("number") {
		number, err := jmbg.Parse(e.Number)
		if err != nil {
			return draft{}, err // the field has taken it
		}
		e.checkNumber(&f, number)
		if d.child, err = r.desk.Persons.Pseudonym(registers.Sector, number); err != nil {
			return draft{}, err
		}
	}
	if err := r.checkParents(&f, by, &d); err != nil {
		return draft{}, err
	}
	return d, f.err()
}

func (e Entry) checkDay(f *faults, today civil.Day) {
	earliest := today.AddMonths(-entryMonths)
	switch {
	case f.names("born"):
	case e.Born.After(today):
		f.at("born", "born-future", "today", today.String())
	case e.Born.Before(earliest):
		f.at("born", "born-too-old", "earliest", earliest.String())
	}
}

var hourForm = regexp.MustCompile(`^([01]?[0-9]|2[0-3])[:.]([0-5][0-9])$`)

// hourOf reads a time of day as people write it, "9.05" or "09:05"; none is "".
func hourOf(typed string) (hour string, ok bool) {
	if typed == "" {
		return "", true
	}
	parts := hourForm.FindStringSubmatch(typed)
	if parts == nil {
		return "", false
	}
	return strings.Repeat("0", 2-len(parts[1])) + parts[1] + ":" + parts[2], true
}

// checkNumber holds the number against what else was said about the child.
func (e Entry) checkNumber(f *faults, number jmbg.Number) {
	if !e.Born.IsZero() && number.Born() != e.Born {
		f.at("number", "number-born-mismatch")
	}
	if e.Sex != "" && number.Sex() != e.Sex {
		f.at("number", "number-sex-mismatch")
	}
}

func (r *Registrar) checkParents(f *faults, by act.Actor, d *draft) (err error) {
	if d.mother, err = r.checkParent(f, by, d, "mother", d.MotherHandle, jmbg.Female); err != nil {
		return err
	}
	if d.FatherUnknown && d.FatherHandle == "" {
		return nil
	}
	if d.father, err = r.checkParent(f, by, d, "father", d.FatherHandle, jmbg.Male); err != nil {
		return err
	}
	if d.FatherUnknown {
		f.at("father", "father-contradiction")
	}
	if d.father.Person != "" && d.father.Person == d.mother.Person {
		f.at("father", "parents-same")
	}
	return nil
}

// checkParent opens the handle of a parent and holds the person against the
// child. The number of the parent, which tells sex and age, exists only here.
func (r *Registrar) checkParent(f *faults, by act.Actor, d *draft, field, handle string, sex jmbg.Sex) (Parent, error) {
	if handle == "" {
		f.at(field, "parent-missing")
		return Parent{}, nil
	}
	parent, err := r.handles.open(by, handle)
	if err != nil {
		f.at(field, map[bool]string{true: "parent-expired", false: "parent-forged"}[errors.Is(err, ErrHandleExpired)])
		return Parent{}, nil
	}
	number, err := r.desk.Persons.Number(registers.Sector, parent.Person)
	if err != nil {
		return Parent{}, err
	}
	if number.Sex() != sex {
		f.at(field, field+"-sex")
	}
	switch {
	case parent.Person == d.child:
		f.at(field, "parent-is-child")
	case !d.Born.IsZero() && number.Born().AddMonths(12*parentYears).After(d.Born):
		f.at(field, "parent-too-young", "years", strconv.Itoa(parentYears))
	}
	return parent, nil
}
