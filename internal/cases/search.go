package cases

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/search"
	"dobosh/internal/storage"
)

// A case is found by its number, by the words of what its columns say (its kind, the public service, the
// status, the place), and by the number or the name of its person. There is no index of texts beside the
// cases: the words of the pack are turned into values of columns when somebody searches, so that both engines
// give the same answer, that nothing has to be kept in step, and that nothing of what people said, or who they are,
// lies where it could be searched.

// column is what a word of the pack can stand for.
type column string

const (
	ofKind    column = "kind"
	ofService column = "service"
	ofStatus  column = "status" // of a kind
	ofPlace   column = "place"
)

// meaning is a value of a column; of a status also the kind that has it.
type meaning struct {
	column      column
	value, kind string
}

// meanings are the words of a pack with what they stand for.
type meanings struct {
	index *search.Index
	of    map[string]meaning // by the id of the entry
}

func newMeanings(pack *law.Pack) *meanings {
	m := &meanings{index: search.New(), of: map[string]meaning{}}
	var entries []search.Entry
	add := func(means meaning, title lang.Text) {
		e := search.Entry{ID: strconv.Itoa(len(entries))}
		e.Texts[search.Title] = slices.Collect(maps.Values(title))
		entries, m.of[e.ID] = append(entries, e), means
	}
	for _, kind := range pack.CaseKinds() {
		add(meaning{column: ofKind, value: kind.ID}, kind.Title)
		for _, status := range kind.Statuses {
			add(meaning{column: ofStatus, value: status.ID, kind: kind.ID}, status.Title)
		}
	}
	for _, service := range pack.Services() {
		add(meaning{column: ofService, value: service.ID}, service.Title)
	}
	for _, place := range pack.Places() {
		add(meaning{column: ofPlace, value: place.Code}, place.Name)
	}
	m.index.Put(entries...)
	return m
}

// maxMeanings bounds what one word stands for.
const maxMeanings = 100

// narrow adds a condition for each word; it reports false when one of them stands for nothing, or there is none.
func (m *meanings) narrow(c *conditions, words string) bool {
	asked := search.Split(words)
	for _, word := range asked {
		found, _ := m.index.Find(search.Query{Words: word}, "", maxMeanings)
		if len(found.Items) == 0 {
			return false
		}
		kinds := map[string]bool{}
		for _, hit := range found.Items {
			if means := m.of[hit.ID]; means.column == ofKind {
				kinds[means.value] = true
			}
		}
		hits := slices.DeleteFunc(found.Items, func(hit search.Hit) bool { return kinds[m.of[hit.ID].kind] }) // statuses of a kind that is meant
		var any []string
		for _, hit := range hits {
			means := m.of[hit.ID]
			is := equal{string(means.column), means.value}
			condition := c.beside(is)
			if means.column == ofStatus {
				condition = c.beside(equal{"kind", means.kind}) + " and " + condition
			} else if len(hits) == 1 {
				c.along = append(c.along, is)
			}
			any = append(any, condition)
		}
		c.all = append(c.all, "("+strings.Join(any, " or ")+")")
	}
	return len(asked) > 0
}

// conditions are put together with the values of their places.
type conditions struct {
	beside func(equal) string // how a condition is written for a list that goes along another one
	all    []string
	along  []equal // those of them for which there is an index by age
	args   []any
}

// equal is a column with a value.
type equal struct{ column, value string }

// text is the condition with its value in so many words. A value of the pack or of a scope is no secret, and how rare it
// is tells an engine which way to go, which it cannot know of a value that comes later.
func (e equal) text() string { return e.column + " = '" + strings.ReplaceAll(e.value, "'", "''") + "'" }

// beside is the condition for a list that goes along another one.
func (r *Room) beside(is equal) string {
	return equal{r.DB.Idle(is.column), is.value}.text()
}

func (c *conditions) put(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) in(column string, values []string) string {
	places := make([]string, len(values))
	for i, value := range values {
		places[i] = c.put(value)
	}
	return column + " in (" + strings.Join(places, ", ") + ")"
}

// lookMost bounds the cases among which one page of a search is looked for. What is older is looked at by the
// next page, so that a search that finds little takes no longer than one that finds much.
const lookMost = 2000

// Find finds cases of an officer's scopes by number or by words, the newest first. Sealed ones are never found. A
// page may have fewer than fit and still a key of the next: so far it has looked. It names nobody.
func (r *Room) Find(ctx context.Context, by act.Actor, asked string, after page.Key) (found page.Page[Case], err error) {
	scopes, err := RightToHandle().Where(by)
	if err != nil {
		return found, err
	}
	var all []Case
	floor := "" // down to here every scope was looked through
	for _, scope := range scopes {
		some, reached, err := r.look(ctx, scope, asked, after)
		if err != nil {
			return found, fmt.Errorf("find cases: %w", err)
		}
		all, floor = append(all, some...), max(floor, reached)
	}
	all = slices.DeleteFunc(all, func(c Case) bool { return c.ID < floor })
	slices.SortFunc(all, func(a, b Case) int { return cmp.Compare(b.ID, a.ID) })
	all = slices.CompactFunc(all, func(a, b Case) bool { return a.ID == b.ID })
	if found = page.Of(all, page.Size, func(c Case) page.Key { return page.KeyOf(c.ID) }); found.Next == "" && floor != "" {
		found.Next = page.KeyOf(floor)
	}
	for i := range found.Items {
		found.Items[i].Person = ""
	}
	return found, nil
}

// look looks for what was asked within one scope, among the newest behind a key. reached is the oldest that it
// looked at; empty when it was all.
func (r *Room) look(ctx context.Context, scope act.Scope, asked string, after page.Key) (some []Case, reached string, err error) {
	from := r.DB.Read(ctx)
	c := &conditions{beside: r.beside, all: []string{"visibility <> 'sealed'"}}
	for _, bound := range []equal{{"unit", scope.Unit}, {"service", scope.Service}, {"kind", scope.Kind}, {"place", scope.Place}} {
		if bound.value != "" {
			c.all, c.along = append(c.all, r.beside(bound)), append(c.along, bound)
		}
	}
	if scope.Body != "" {
		c.all = append(c.all, r.beside(equal{"body", scope.Body}))
	}
	if numbers := r.numbers(asked); len(numbers) > 0 {
		c.all = append(c.all, c.in("number", numbers))
		some, err = rows.All(ctx, from, `where `+strings.Join(c.all, " and ")+` order by id desc`, c.args...)
		return some, "", err
	}
	if !r.meant().narrow(c, asked) {
		return nil, "", nil
	}
	along, err := c.rarest(ctx, from)
	if err != nil {
		return nil, "", err
	}
	among := c.newest("id, kind, service, status, place, unit, body, visibility", along, after)
	some, err = rows.All(ctx, from, fmt.Sprintf(`where id in (select id from (%s) newest where %s order by id desc limit %d) order by id desc`, among, strings.Join(c.all, " and "), page.Size+1), c.args...)
	if err != nil || len(some) > page.Size {
		return some, "", err
	}
	looked, n := &conditions{}, 0
	err = from.QueryRowContext(ctx, `select count(*), coalesce(min(id), '') from (`+looked.newest("id", along, after)+`) newest`, looked.args...).Scan(&n, &reached)
	if n < lookMost {
		reached = ""
	}
	return some, reached, err
}

// newest selects the newest cases behind a key that have a value, or of all.
func (c *conditions) newest(columns string, along *equal, after page.Key) string {
	conditions := []string{"id > ''"}
	if along != nil {
		conditions = append(conditions, along.text())
	}
	if key := after.Columns(1); key != nil {
		conditions = append(conditions, "id < "+c.put(key[0]))
	}
	return fmt.Sprintf(`select %s from cases_cases where %s order by id desc limit %d`, columns, strings.Join(conditions, " and "), lookMost)
}

// rarest is the value that fewest cases have, of those along which there is an index; nil for none.
func (c *conditions) rarest(ctx context.Context, from storage.Reader) (along *equal, err error) {
	least := 0
	for i, is := range c.along {
		n := 0
		if err := from.QueryRowContext(ctx, fmt.Sprintf(`select count(*) from (select 1 from cases_cases where %s limit %d) counted`, is.text(), lookMost)).Scan(&n); err != nil {
			return nil, err
		}
		if along == nil || n < least {
			along, least = &c.along[i], n
		}
	}
	return along, nil
}

// retained is for how many years back a number is completed that was read out without its beginning.
const retained = 10

// numbers are those of cases that somebody may have meant: with or without dashes, in capitals or not, whole or
// from the characters behind the year on. None where the check character does not fit.
func (r *Room) numbers(asked string) (numbers []string) {
	var b strings.Builder
	for _, letter := range strings.ToUpper(asked) {
		if letter >= '0' && letter <= '9' || letter >= 'A' && letter <= 'Z' {
			b.WriteRune(letter)
		}
	}
	const behind = 9 // characters that follow the year
	typed := b.String()
	if len(typed) < behind || len(typed) > 40 {
		return nil
	}
	begin, end := typed[:len(typed)-behind], typed[len(typed)-behind:]
	end = end[:4] + "-" + end[4:8] + "-" + end[8:]
	var begins []string
	switch year := civil.Of(r.Now()).Year(); {
	case begin == "":
		for back := range retained {
			begins = append(begins, r.Prefix+"-"+strconv.Itoa(year-back))
		}
	case len(begin) > 4:
		begins = []string{begin[:len(begin)-4] + "-" + begin[len(begin)-4:]}
	}
	for _, begin := range begins {
		if number, ok := id.ParseCode(begin + "-" + end); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// personsOf are the names that somebody has, in all sectors.
func personsOf(by act.Actor) (persons []string) {
	for sector := range by.Persons {
		persons = append(persons, by.Names(sector)...)
	}
	slices.Sort(persons)
	return persons
}

// FindOwn finds a person's own cases by number or by words, the newest first.
func (r *Room) FindOwn(ctx context.Context, by act.Actor, asked string, after page.Key) (page.Page[Case], error) {
	if !by.Known() {
		return page.Page[Case]{}, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	c := &conditions{beside: r.beside}
	c.all = []string{"person <> ''", c.in("person", personsOf(by))}
	switch numbers := r.numbers(asked); {
	case len(by.Persons) == 0:
		return page.Page[Case]{}, nil
	case len(numbers) > 0:
		c.all = append(c.all, c.in("number", numbers))
	case !r.meant().narrow(c, asked):
		return page.Page[Case]{}, nil
	}
	found, err := newest.Page(ctx, r.DB.Read(ctx), storage.Filter{Where: strings.Join(c.all, " and "), Args: c.args}, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("find own cases: %w", err)
	}
	return found, nil
}

// Pseudonyms names a person in a sector; [identity.Sectors] does.
type Pseudonyms interface {
	Pseudonym(sector string, number jmbg.Number) (string, error)
}

// personMost bounds the cases of a person that an officer is shown together.
const personMost = 50

// OfPerson finds the cases of a person within an officer's scopes, the newest first. Each leaves a receipt with the
// person before the officer sees it. Their own an officer does not find here.
func (r *Room) OfPerson(ctx context.Context, by act.Actor, number jmbg.Number) ([]Case, error) {
	f, err := r.within(by)
	if err != nil {
		return nil, err
	}
	if r.Pseudonyms == nil || r.looks == nil {
		return nil, fmt.Errorf("nobody names persons or watches over looks at them")
	}
	c := &conditions{args: f.Args}
	var persons []string
	for _, sector := range r.sectors() {
		person, err := r.Pseudonyms.Pseudonym(sector, number)
		if err != nil {
			return nil, fmt.Errorf("name of a person in sector %s: %w", sector, err)
		}
		persons = append(persons, person)
	}
	c.all = append(c.all, "visibility <> 'sealed'", "person <> ''", c.in("person", persons))
	if f.Where != "" {
		c.all = append(c.all, f.Where)
	}
	found, err := rows.All(ctx, r.DB.Read(ctx), fmt.Sprintf(`where %s order by id desc limit %d`, strings.Join(c.all, " and "), personMost), c.args...)
	if err != nil {
		return nil, fmt.Errorf("cases of a person: %w", err)
	}
	return r.underReceipt(ctx, by, found)
}

// sectors are those in which the public services of the pack name persons.
func (r *Room) sectors() (all []string) {
	for _, s := range r.Pack.Services() {
		if !slices.Contains(all, s.Sector) {
			all = append(all, s.Sector)
		}
	}
	return all
}
