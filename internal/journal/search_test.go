package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// searchLog holds two entries every two minutes: a question and its answer. person-N owns entry N.
func searchLog(t *testing.T, entries int) *Log {
	t.Helper()
	l := openLog(t, testConfig(t.TempDir()))
	list := make([]Entry, entries)
	for i := range list {
		list[i] = Entry{Kind: []string{"question", "answer"}[i%2], ID: fmt.Sprintf("q%d", i), At: searchTime(i), Subjects: []string{fmt.Sprintf("person-%d", i)}, Meta: []byte(`{}`)}
	}
	for part := range slices.Chunk(list, MaxTogether) {
		if _, err := l.AppendAll(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func searchTime(i int) time.Time { return testNow().Add(time.Duration(i-i%2) * time.Minute) }

// searchAll goes on until there is no next, and gives the indexes.
func searchAll(t *testing.T, l *Log, q Query) (indexes []int64) {
	t.Helper()
	for {
		found, next, err := l.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			indexes = append(indexes, f.Index)
		}
		if next == 0 {
			return indexes
		}
		if next == q.After {
			t.Fatalf("the search does not move on from %d", next)
		}
		q.After = next
	}
}

func TestSearch(t *testing.T) {
	l := searchLog(t, 500)
	back := func(list []int64) []int64 { slices.Reverse(list); return list }
	for name, c := range map[string]struct {
		q    Query
		want []int64
	}{
		"all of one kind":         {Query{Kinds: []string{"answer"}, To: searchTime(6)}, []int64{1, 3, 5}},
		"from and to":             {Query{From: searchTime(100), To: searchTime(104)}, []int64{100, 101, 102, 103}},
		"one at a time":           {Query{From: searchTime(100), To: searchTime(104), Limit: 1}, []int64{100, 101, 102, 103}},
		"newest first":            {Query{From: searchTime(100), To: searchTime(104), Newest: true, Limit: 3}, back([]int64{100, 101, 102, 103})},
		"to the end":              {Query{From: searchTime(496)}, []int64{496, 497, 498, 499}},
		"an id":                   {Query{ID: "q321"}, []int64{321}},
		"an id at another time":   {Query{ID: "q321", To: searchTime(200)}, nil},
		"an id that is not there": {Query{ID: "q"}, nil},
		"a kind not there":        {Query{Kinds: []string{"act"}}, nil},
		"what the caller asks": {Query{Match: func(e Entry) bool { return strings.HasSuffix(e.ID, "99") }},
			[]int64{99, 199, 299, 399, 499}},
		"before everything": {Query{To: testNow()}, nil},
		"after everything":  {Query{From: searchTime(1000)}, nil},
		"the first":         {Query{Newest: true, Limit: 1, To: searchTime(2)}, []int64{1, 0}},
	} {
		if got := searchAll(t, l, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", name, got, c.want)
		}
	}
}

// Most of the log was erased, as it is when retention has ended: what is left is found all the same.
func TestSearchAmongErased(t *testing.T) {
	l := searchLog(t, 300)
	left := []int64{7, 8, 150, 290}
	for i := range int64(300) {
		if slices.Contains(left, i) {
			continue
		}
		if _, err := l.Erase(t.Context(), fmt.Sprintf("person-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for from := 0; from < 300; from += 2 {
		for _, to := range []int{from + 2, from + 50, 300} {
			var want []int64
			for _, i := range left {
				if int(i) >= from && int(i) < to {
					want = append(want, i)
				}
			}
			if got := searchAll(t, l, Query{From: searchTime(from), To: searchTime(to)}); !slices.Equal(got, want) {
				t.Errorf("from %d to %d: found %v, want %v", from, to, got, want)
			}
		}
	}
}

// The id says when it was made; the search reads what lies around that time and nothing else.
func TestSearchByIDReadsAroundItsTime(t *testing.T) {
	l := searchLog(t, 600)
	made := "01" + "kb00000000000000000000000"[:24] // 2025-11-26
	entry := Entry{Kind: "question", ID: made, At: testNow(), Meta: []byte(`{}`)}
	s := appendOne(t, l, entry)
	if got := searchAll(t, l, Query{ID: made}); got != nil {
		t.Errorf("an id of another year is found at %v: the search read everything", got)
	}
	first, end, err := l.span(t.Context(), testNow().Add(100*time.Minute), testNow().Add(110*time.Minute))
	if err != nil || first < 90 || first > 100 || end < 110 || end > 120 {
		t.Errorf("ten minutes lie in %d..%d, %v", first, end, err)
	}
	if s.Index != 600 {
		t.Errorf("index = %d", s.Index)
	}
}

func TestSearchIsBounded(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	batch := make([]Entry, MaxTogether)
	for i := range batch {
		batch[i] = Entry{Kind: "k", Meta: []byte(`{}`)}
	}
	for l.Size() <= searchSteps {
		if _, err := l.AppendAll(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
	}
	found, next, err := l.Search(t.Context(), Query{ID: "nothing"})
	if len(found) > 0 || next != searchSteps || err != nil {
		t.Errorf("found %d, next %d, %v", len(found), next, err)
	}
	if _, next, err = l.Search(t.Context(), Query{ID: "nothing", After: next}); next != 0 || err != nil {
		t.Errorf("next %d, %v", next, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := l.Search(ctx, Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a cancelled search = %v", err)
	}
	for name, q := range map[string]Query{
		"limit": {Limit: MaxFound + 1}, "negative limit": {Limit: -1}, "after": {After: -1}, "times": {From: testNow(), To: testNow().Add(-1)},
	} {
		if _, _, err := l.Search(t.Context(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}
