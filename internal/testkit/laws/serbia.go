// Package laws gives tests the law that the program ships, read once for each
// test program: nobody changes a pack.
package laws

import (
	"sync"
	"testing"

	"dobosh/internal/law"
	"dobosh/packs"
)

var serbia = sync.OnceValues(func() (*law.Pack, error) { return law.Load(packs.Serbia()) })

// Serbia is the pack of Serbia.
func Serbia(tb testing.TB) *law.Pack {
	tb.Helper()
	pack, err := serbia()
	if err != nil {
		tb.Fatal(err)
	}
	return pack
}
