package edge

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"dobosh/internal/exchange"
)

// The vectors are computed by hand: with the text of the head as it stands here,
//
//	printf 'GET\r\n…' | sha512sum
//
// and, with a body, over the two digests, one behind the other.
func TestRequestHashVectors(t *testing.T) {
	const id = "7d2a6f0e-3c0b-4f7e-9a53-0f5b8b1c2d3e"
	headers := []exchange.Header{
		{Name: "Host", Value: "edge"}, {Name: "x-road-CLIENT", Value: "EE/GOV/1/sub"}, {Name: "User-Agent", Value: "curl"}, {Name: "B", Value: "2"}, {Name: "A", Value: "1"}, {Name: "B", Value: ""},
		{Name: "Content-Length", Value: "5"}, {Name: "X-Road-Request-Id", Value: "mine"}, {Name: "TE", Value: "trailers"}, {Name: "X-Road-Request-Hash", Value: "mine"},
	}
	var lines []line
	for _, h := range headers {
		lines = append(lines, line{h, known(h.Name)})
	}
	r := head{method: "POST", target: "/r1/EE/GOV/1/sub/s%2Fub/path%3B/?q=%C3%B6&r", headers: lines}
	head := "POST\r\n/r1/EE/GOV/1/sub/s%2Fub/path%3B/?q=%C3%B6&r\r\nx-road-CLIENT:EE/GOV/1/sub\r\nB:2\r\nA:1\r\nB:\r\nx-road-request-id:" + id + "\r\n"
	for name, c := range map[string]struct {
		generated, body, text, sum, hash string
	}{
		"a head": {"", "", head,
			"af1606100e9e809c29bf4ce336cfd3a5fa17a9bc866d578f585576f1c1db5967cd29827cadaf865aef96e3453fdfe39559cd7673ec4861a90591d2e494406081",
			"rxYGEA6egJwpv0zjNs/TpfoXqbyGbVePWFV28cHbWWfNKYJ8ra+GWu+W40U/3+OVWc12c+xIYakFkdLklEBggQ=="},
		"a head with an id that was made": {"EE-1", "", head + "x-road-id:EE-1\r\n",
			"0624dc537ee1d6aedb623ea4b62c84a178bcdba30e9ba27c52531b59f4fb40fb9458d958f89694ec012d1bd50092b0ba91142a60c524140b84da11fc27b4b733",
			"BiTcU37h1q7bYj6ktiyEoXi826MOm6J8UlMbWfT7QPuUWNlY+JaU7AEtG9UAkrC6kRQqYMUkFAuE2hH8J7S3Mw=="},
		"a body": {"", "hello", head,
			"af1606100e9e809c29bf4ce336cfd3a5fa17a9bc866d578f585576f1c1db5967cd29827cadaf865aef96e3453fdfe39559cd7673ec4861a90591d2e494406081",
			"iL9SnCRmnKxqBNdag1eu1nR2q0MDoj7K/4TF88Ha9QxdUpoHXnFiQwlrlKZ3ekDUoo8QZJMKQVn4loptE4zCHw=="},
	} {
		sum := r.headSum(id, c.generated)
		if hex.EncodeToString(sum[:]) != c.sum || sha512.Sum512([]byte(c.text)) != sum {
			t.Errorf("%s: its head is %x", name, sum)
		}
		var body *[sha512.Size]byte
		if c.body != "" {
			body = new(sha512.Sum512([]byte(c.body)))
		}
		if got := requestHash(sum, body); got != c.hash {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What a client can compute for itself is what the edge answers.
func TestTheHashIsThatOfWhatWasSent(t *testing.T) {
	w := newWorld(t, nil)
	for name, body := range map[string]string{"without a body": "", "with one": `{"a":1}`, "with a long one": strings.Repeat("x", 2<<20)} {
		a := w.ask("POST", plainTarget+"?x=1", body, "x-own", "b", "X-ROAD-client", family.String(), "Accept", "a/b", "x-own", "a")
		head := sha512.Sum512([]byte("POST\r\n" + plainTarget + "?x=1\r\nx-own:b\r\nX-ROAD-client:" + family.String() + "\r\nAccept:a/b\r\nx-own:a\r\nx-road-request-id:" + a.header.Get("x-road-request-id") +
			"\r\nx-road-id:" + a.header.Get("x-road-id") + "\r\n"))
		if body != "" {
			sum := sha512.Sum512([]byte(body))
			head = sha512.Sum512(append(head[:], sum[:]...))
		}
		if got := a.header.Get("x-road-request-hash"); a.status != 200 || got != base64.StdEncoding.EncodeToString(head[:]) {
			t.Errorf("%s: %d %q", name, a.status, got)
		}
	}
}
