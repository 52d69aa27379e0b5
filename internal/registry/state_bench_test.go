package registry

import (
	"fmt"
	"testing"
)

// BenchmarkBetween measures what every exchange asks, in a registry of a
// country.
func BenchmarkBetween(b *testing.B) {
	const members, each = 2000, 9
	s := emptyState()
	id := func(i int) ID {
		return ID{Instance: "RS-TEST", Class: "GOV", Member: fmt.Sprint(10000001 + i%members), Subsystem: fmt.Sprint("system-", i/members)}
	}
	ids := make([]ID, members*each)
	for i := range ids {
		ids[i] = id(i)
	}
	asker := func(i int) ID { return ids[(i+1+len(ids)/2)%len(ids)] }
	for i := range ids {
		s.put(&Contract{ID: fmt.Sprint(i), Consumer: asker(i), Provider: ids[i]})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := i * 7919 % len(ids)
		if len(s.Between(asker(at), ids[at])) != 1 {
			b.Fatal("nothing between them")
		}
	}
}
