package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

type colour string

// plant is a row with every kind of column.
type plant struct {
	ID     string
	Colour colour
	Height int64
	Wild   bool
	Edible bool
	Sown   time.Time
	Picked time.Time
	Latin  string
	Since  civil.Day
	Until  civil.Day
	Parts  map[string]int
}

var plants = storage.NewTable("plants",
	storage.Col("id", func(p *plant) *string { return &p.ID }),
	storage.Col("colour", func(p *plant) *colour { return &p.Colour }),
	storage.Col("height", func(p *plant) *int64 { return &p.Height }),
	storage.Col("wild", func(p *plant) *bool { return &p.Wild }),
	storage.Flag("edible", func(p *plant) *bool { return &p.Edible }),
	storage.Time("sown", func(p *plant) *time.Time { return &p.Sown }),
	storage.TimeOrNull("picked", func(p *plant) *time.Time { return &p.Picked }),
	storage.OrNull("latin", func(p *plant) *string { return &p.Latin }),
	storage.Text("since", func(p *plant) *civil.Day { return &p.Since }),
	storage.TextOrNull("until", func(p *plant) *civil.Day { return &p.Until }),
	storage.JSON("parts", func(p *plant) *map[string]int { return &p.Parts }),
	storage.Written("upper", func(p *plant) any { return strings.ToUpper(p.ID) }),
)

var garden = fstest.MapFS{"migrations/0901_plants.sql": {Data: []byte(`
	create table plants (id text primary key, colour text not null, height bigint not null, wild boolean not null, edible bigint not null, sown bigint not null,
		picked bigint, latin text, since text not null, until text, parts text not null, upper text not null);
`)}}

func inGarden(t *testing.T, test func(t *testing.T, db *storage.DB)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) { test(t, open(garden)) })
}

func plantAll(t *testing.T, db *storage.DB, rest string, all ...plant) (n int64) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
		n, err = plants.Insert(ctx, tx, rest, all...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Add says which rows were new.
func TestAddGivesWhatWasNotThere(t *testing.T) {
	inGarden(t, func(t *testing.T, db *storage.DB) {
		rose, lily := plant{ID: "rose"}, plant{ID: "lily", Height: 7}
		plantAll(t, db, "", rose)
		var added []plant
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
			added, err = plants.Add(ctx, tx, "id", rose, lily)
			return err
		})
		if err != nil || len(added) != 1 || added[0].ID != "lily" || added[0].Height != 7 {
			t.Errorf("added %+v, %v", added, err)
		}
	})
}

func TestARowComesBackAsItWas(t *testing.T) {
	inGarden(t, func(t *testing.T, db *storage.DB) {
		whole := plant{
			ID: "rose", Colour: "red", Height: -1 << 62, Wild: true, Edible: true, Sown: time.Date(2026, 3, 1, 9, 0, 0, 123_000, time.UTC),
			Picked: time.Date(1969, 6, 1, 0, 0, 0, 0, time.UTC), Latin: "Rosa", Since: civil.Date(2026, 2, 28), Until: civil.Date(2027, 1, 1), Parts: map[string]int{"листови": 7},
		}
		empty := plant{ID: "none"}
		if n := plantAll(t, db, "", whole, empty); n != 2 {
			t.Errorf("%d rows written", n)
		}
		all, err := plants.All(t.Context(), db.Read(t.Context()), "where height <= $1 order by id desc limit $2", 0, 10)
		if err != nil || !reflect.DeepEqual(all, []plant{whole, empty}) {
			t.Errorf("came back as %+v: %v", all, err)
		}
		var upper string
		var nothing int
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), "select upper from plants where id = 'rose'").Scan(&upper); err != nil || upper != "ROSE" {
			t.Errorf("written beside: %q, %v", upper, err)
		}
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), "select count(*) from plants where latin is null and picked is null and until is null and since = '' and sown = 0").Scan(&nothing); err != nil || nothing != 1 {
			t.Errorf("%d rows of nothing: %v", nothing, err)
		}
		if _, err := plants.One(t.Context(), db.Read(t.Context()), "where id = $1", "thorn"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a row that is none: %v", err)
		}
	})
}

func TestInsertAndPut(t *testing.T) {
	inGarden(t, func(t *testing.T, db *storage.DB) {
		rose := plant{ID: "rose", Colour: "red"}
		plantAll(t, db, "", rose)
		if n := plantAll(t, db, "on conflict do nothing", plant{ID: "rose", Colour: "blue"}, plant{ID: "lily"}); n != 1 {
			t.Errorf("%d rows are new", n)
		}
		if n := plantAll(t, db, "on conflict do nothing"); n != 0 {
			t.Errorf("%d rows of none", n)
		}
		if got, err := plants.One(t.Context(), db.Read(t.Context()), "where id = $1", "rose"); err != nil || got.Colour != "red" {
			t.Errorf("%+v, %v", got, err)
		}
		rose.Colour, rose.Height = "white", 5
		if err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			return plants.Put(ctx, tx, "id", rose, plant{ID: "tulip"})
		}); err != nil {
			t.Fatal(err)
		}
		if got, err := plants.One(t.Context(), db.Read(t.Context()), "where id = $1", "rose"); err != nil || !reflect.DeepEqual(got, rose) {
			t.Errorf("%+v, %v", got, err)
		}
		if err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			_, err := plants.Insert(ctx, tx, "", rose)
			return err
		}); !storage.IsUnique(err) {
			t.Errorf("a row twice: %v", err)
		}
	})
}

func idsOf(rows []plant) (ids []string) {
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// A list gives every row once, in its order, on pages of any size, also while
// rows come and go on the pages that were read.
func TestPagesAreTheWholeList(t *testing.T) {
	orders := map[string]struct {
		list storage.List[plant]
		less func(a, b plant) int
	}{
		"one column": {plants.List(storage.Down("id", func(p plant) string { return p.ID })), func(a, b plant) int { return strings.Compare(b.ID, a.ID) }},
		"one direction": {
			plants.List(storage.Up("height", func(p plant) int64 { return p.Height }), storage.Up("id", func(p plant) string { return p.ID })),
			func(a, b plant) int { return 2*int(a.Height-b.Height) + strings.Compare(a.ID, b.ID) },
		},
		"both directions": {
			plants.List(
				storage.Down("edible", func(p plant) int64 { return map[bool]int64{true: 1}[p.Edible] }), storage.Up("height", func(p plant) int64 { return p.Height }),
				storage.Down("id", func(p plant) string { return p.ID }),
			),
			func(a, b plant) int {
				if a.Edible != b.Edible {
					return map[bool]int{true: -1, false: 1}[a.Edible]
				}
				return 2*int(a.Height-b.Height) + strings.Compare(b.ID, a.ID)
			},
		},
	}
	inGarden(t, func(t *testing.T, db *storage.DB) {
		var all []plant
		for n := range 23 {
			all = append(all, plant{ID: fmt.Sprintf("p%02d", n), Height: int64(n % 5), Edible: n%3 == 0, Colour: []colour{"red", "white"}[n%2]})
		}
		plantAll(t, db, "", all...)
		for name, order := range orders {
			for _, filter := range []storage.Filter{{}, storage.Equal("colour", colour("red")), storage.Among("height", 1, 2, 4), storage.Among[int]("height")} {
				var want []plant
				for _, p := range all {
					if filter.Where == "" || strings.HasPrefix(filter.Where, "colour") && p.Colour == "red" || len(filter.Args) == 3 && p.Height != 0 && p.Height != 3 {
						want = append(want, p)
					}
				}
				slices.SortFunc(want, order.less)
				for _, size := range []int{1, 4, 23, 0, 1000} {
					var got []plant
					after := page.Key("")
					for {
						p, err := order.list.Page(t.Context(), db.Read(t.Context()), filter, after, size)
						if err != nil {
							t.Fatal(err)
						}
						got = append(got, p.Items...)
						if after = p.Next; after == "" {
							break
						}
						if !order.list.Knows(after) {
							t.Fatalf("%s: does not know its own key", name)
						}
					}
					if !slices.Equal(idsOf(got), idsOf(want)) {
						t.Errorf("%s, %v, pages of %d: %v, want %v", name, filter, size, idsOf(got), idsOf(want))
					}
				}
			}
		}
	})
}

func TestAForeignKeyIsTheFirstPage(t *testing.T) {
	inGarden(t, func(t *testing.T, db *storage.DB) {
		plantAll(t, db, "", plant{ID: "a", Height: 1}, plant{ID: "b", Height: 2})
		list := plants.List(storage.Up("height", func(p plant) int64 { return p.Height }), storage.Up("id", func(p plant) string { return p.ID }))
		for _, key := range []page.Key{"", "!!", page.KeyOf("1"), page.KeyOf("one", "a"), page.KeyOf("1", "a", "b"), page.Key(strings.Repeat("x", 600))} {
			got, err := list.Page(t.Context(), db.Read(t.Context()), storage.Filter{}, key, 1)
			if err != nil || !slices.Equal(idsOf(got.Items), []string{"a"}) || list.Knows(key) {
				t.Errorf("%.20q: %v, %v", key, got, err)
			}
		}
	})
}

func ExampleTable() {
	type note struct {
		ID   string
		Text string
		At   time.Time
	}
	notes := storage.NewTable("notes",
		storage.Col("id", func(n *note) *string { return &n.ID }),
		storage.Col("body", func(n *note) *string { return &n.Text }),
		storage.Time("at", func(n *note) *time.Time { return &n.At }),
	)
	newest := notes.List(storage.Down("at", func(n note) int64 { return storage.Micros(n.At) }), storage.Down("id", func(n note) string { return n.ID }))

	ctx := context.Background()
	dir, err := os.MkdirTemp("", "notes")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, storage.Config{Engine: storage.SQLite, Path: filepath.Join(dir, "db")}, slog.New(slog.DiscardHandler), fstest.MapFS{
		"migrations/0901_notes.sql": {Data: []byte(`create table notes (id text primary key, body text not null, at bigint not null);`)},
	})
	if err != nil {
		panic(err)
	}
	defer db.Close()

	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	err = db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := notes.Insert(ctx, tx, "", note{"1", "the drum", noon}, note{"2", "the answer", noon.Add(time.Hour)})
		return err
	})
	fmt.Println(err)

	first, _ := newest.Page(ctx, db.Read(ctx), storage.Filter{}, "", 1)
	second, _ := newest.Page(ctx, db.Read(ctx), storage.Filter{}, first.Next, 1)
	fmt.Println(first.Items[0].Text, second.Items[0].Text, second.Next == "")
	// Output:
	// <nil>
	// the answer the drum true
}
