package edge

import (
	"crypto/sha512"
	"testing"
)

// BenchmarkHead is what the edge itself does with one request: everything but
// the connection and the request.
func BenchmarkHead(b *testing.B) {
	raw := "Host: 127.0.0.1:8080\r\nX-Road-Client: RS-DEMO/GOV/ZRENJANIN/family\r\nX-Road-Id: 12345678\r\nAccept: application/json\r\n\r\n"
	b.ReportAllocs()
	for b.Loop() {
		headers, err := readHeaders(raw)
		if err != nil {
			b.Fatal(err)
		}
		r := head{method: "GET", path: "/r1/RS-DEMO/GOV/REGISTERS/civil/items/v1/items/1", headers: headers, message: "12345678"}
		r.target = r.path
		a, err := r.request(xroadPath)
		if err != nil {
			b.Fatal(err)
		}
		_ = requestHash(r.headSum("7d2a6f0e-3c0b-4f7e-9a53-0f5b8b1c2d3e", ""), (*[sha512.Size]byte)(nil))
		_, _ = a.Client.String(), a.Service.String()
	}
}
