package exchange

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// BenchmarkExchange is one request and its response of 1 kB: two nodes, mutual
// TLS on loopback, durable journals on both sides, a contract with a field
// filter (5 of 20 fields). All in one process, the client included.
func BenchmarkExchange(b *testing.B) {
	var members []string
	for i := range 20 {
		members = append(members, fmt.Sprintf(`"field%d":%q`, i, strings.Repeat("x", 38)))
	}
	body := []byte("{" + strings.Join(members, ",") + `,"mother":{"id":"MOTHER"}}`)
	c := contract()
	c.ID, c.Purpose, c.Fields = "bench", "measure", []string{"/field1", "/field5", "/field9", "/field13", "/field17"}
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) {
			w := newWorld(b, nil)
			w.agree(c)
			answer := []byte(strings.ReplaceAll(string(body), "MOTHER", w.pseudonym("family")))
			w.system = func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				_, _ = rw.Write(answer)
			}
			ask := w.question()
			ask.Purpose = "measure"
			left := make(chan struct{}, b.N)
			for range b.N {
				left <- struct{}{}
			}
			close(left)
			b.ReportAllocs()
			b.ResetTimer()
			var askers sync.WaitGroup
			for range parallel {
				askers.Go(func() {
					for range left {
						if _, err := w.city.Ask(b.Context(), ask); err != nil {
							b.Error(err)
						}
					}
				})
			}
			askers.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
		})
	}
}
