package admission

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func TestJoin(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRigOn(t, open)
		j := r.joiner(r.offer(grant(city, "n1")))
		in, err := j.Join(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pin, _ := credential.PinOf(j.TLS.Public())
		node, known := r.authority.State().NodeByTLS(pin)
		if !known || node.Member != city || node.Address != j.Address || node.Log != j.Log {
			t.Errorf("the registry has %+v", node)
		}
		if !r.authority.State().HasSubsystem(registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}) {
			t.Error("the member has no subsystem")
		}
		if len(r.acts.meta) != 2 || !strings.Contains(r.acts.meta[0], "token-made") || !strings.Contains(r.acts.meta[1], "node-admitted") {
			t.Errorf("journaled: %q", r.acts.meta)
		}
		list, err := r.office.Tokens(t.Context(), "")
		if err != nil || len(list.Items) != 1 || list.Items[0].UsedBy != pin || list.Items[0].By != "vera" {
			t.Errorf("tokens: %+v %v", list, err)
		}
		// The answer was lost: the same node may ask again, and nothing is said twice.
		size := r.authority.State().Size
		again, err := j.Join(t.Context())
		if err != nil || again.Index != in.Index || r.authority.State().Size != size {
			t.Errorf("again: %+v %v, %d statements", again, err, r.authority.State().Size-size)
		}
	})
}

func TestSecondNodeOfOneMember(t *testing.T) {
	r := newRig(t)
	r.joined(city, "n1")
	second := grant(city, "n2")
	second.Title, second.Subsystems = nil, []string{"family", "tax"}
	in, err := r.joiner(r.offer(second)).Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.authority.State().Nodes(city)) != 2 || len(in.Member.Subsystems) != 2 || in.Member.Title["en"] != "Place" {
		t.Errorf("nodes %v, member %+v", r.authority.State().Nodes(city), in.Member)
	}
}

func TestTokenIsRefused(t *testing.T) {
	r := newRig(t)
	t.Run("used", func(t *testing.T) {
		token := r.offer(grant(city, "used"))
		if _, err := r.joiner(token).Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := r.joiner(token)
		other.TLS = testkit.Key("a thief")
		_, err := other.Join(t.Context())
		wantCode(t, err, "join-token-used")
	})
	t.Run("ended", func(t *testing.T) {
		token := r.offer(grant(city, "ended"))
		r.clock.Advance(DefaultTokenLife)
		_, err := r.joiner(token).Join(t.Context())
		wantCode(t, err, "join-token-ended")
	})
	t.Run("forged", func(t *testing.T) {
		token := r.offer(grant(city, "forged"))
		token.Secret[3] ^= 1
		_, err := r.joiner(token).Join(t.Context())
		wantCode(t, err, "join-token-unknown")
	})
	t.Run("for another member", func(t *testing.T) {
		token := r.offer(grant(city, "other"))
		token.Member = village
		_, err := r.joiner(token).Join(t.Context())
		wantCode(t, err, "join-other-member")
		if _, known := r.authority.State().Member(village); known {
			t.Error("the village came in with the token of the city")
		}
	})
	t.Run("leads elsewhere", func(t *testing.T) {
		token := r.offer(grant(city, "elsewhere"))
		token.Pin = strings.Repeat("0", 64)
		_, err := r.joiner(token).Join(t.Context())
		wantCode(t, err, "authority-away")
		if !errors.Is(err, credential.ErrPeer) {
			t.Errorf("the cause is %v", err)
		}
	})
	t.Run("names another issuer", func(t *testing.T) {
		token := r.offer(grant(city, "issuer"))
		token.Issuer = strings.Repeat("0", 64)
		_, err := r.joiner(token).Join(t.Context())
		wantCode(t, err, "join-answer-broken")
	})
}

// A token that admitted nobody can be used by who comes with the right things.
func TestJoinerIsRefused(t *testing.T) {
	r := newRig(t)
	g := grant(city, "n1")
	g.Addresses = "10.*:4001"
	j := r.joiner(r.offer(g))
	_, err := j.Join(t.Context())
	wantCode(t, err, "join-address-not-granted")
	j.Address = "10.1.2.3"
	_, err = j.Join(t.Context())
	wantCode(t, err, "join-address-form")
	j.Address, j.Log = "10.1.2.3:4001", "nonsense"
	_, err = j.Join(t.Context())
	wantCode(t, err, "join-log-key")
	j.Log, j.TLS = logKey(t, city, "n1"), testkit.Key("tls supervisor")
	_, err = j.Join(t.Context())
	wantCode(t, err, "join-refused")
	if r.authority.State().Size != 3 {
		t.Errorf("%d statements", r.authority.State().Size)
	}
	j.TLS = testkit.Key("tls of its own")
	if _, err = j.Join(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a joiner says beside what is asked is refused, subsystems of others for
// example: they are the supervisor's to grant.
func TestJoinerNamesSubsystems(t *testing.T) {
	r := newRig(t)
	token := r.offer(grant(city, "n1"))
	own := r.selfSigned(testkit.Key("joiner"))
	request := testkit.Must[[]byte](t)(credential.Request(testkit.Key("joiner"), "n1"))
	_, err := ask[Admitted](t.Context(), r.client(own), joinPath, map[string]any{
		"secret": token.Secret, "address": "127.0.0.1:1", "log": logKey(t, city, "n1"), "request": request, "subsystems": []string{"tax"},
	})
	wantCode(t, err, "body-malformed")
	_, err = ask[Admitted](t.Context(), r.client(own), joinPath, joining{
		Secret: token.Secret, Address: "127.0.0.1:1", Log: logKey(t, city, "n1"), Request: testkit.Must[[]byte](t)(credential.Request(testkit.Key("another"), "n1")),
	})
	wantCode(t, err, "certificate-other-key")
	if r.authority.State().Size != 3 {
		t.Errorf("%d statements", r.authority.State().Size)
	}
}

func TestGrantIsRefused(t *testing.T) {
	r := newRig(t)
	r.joined(city, "n1")
	for code, change := range map[string]func(*Grant){
		"member-form":          func(g *Grant) { g.Member.Subsystem = "family" },
		"title-missing":        func(g *Grant) { g.Title = nil },
		"title-too-long":       func(g *Grant) { g.Title["en"] = strings.Repeat("x", 201) },
		"node-name-form":       func(g *Grant) { g.Node = "../n1" },
		"node-name-taken":      func(g *Grant) { g.Member = city },
		"address-pattern-form": func(g *Grant) { g.Addresses = strings.Repeat("*", 201) },
		"subsystems-form":      func(g *Grant) { g.Subsystems = []string{"tax", "tax"} },
	} {
		g := grant(village, "n1")
		change(&g)
		_, _, err := r.office.Offer(t.Context(), g, "vera", 0)
		if err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v", code, err)
		}
	}
	_, _, err := r.office.Offer(t.Context(), grant(village, "n1"), "vera", 31*24*time.Hour)
	wantCode(t, err, "form-incomplete")
	r.acts.err = errors.New("the disk is full")
	_, _, err = r.office.Offer(t.Context(), grant(village, "n1"), "vera", 0)
	wantCode(t, err, "journal-away")
}

// One token, many at once: exactly one comes in.
func TestTokenCountsOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRigOn(t, open)
		token := r.offer(grant(city, "n1"))
		var admitted sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				pin := strings.Repeat(string(rune('a'+i%6)), 63) + string(rune('0'+i))
				if _, err := r.office.tokens.take(t.Context(), token.Secret, pin); err == nil {
					admitted.Store(pin, true)
				}
			})
		}
		all.Wait()
		count := 0
		admitted.Range(func(any, any) bool { count++; return true })
		if count != 1 {
			t.Errorf("%d came in", count)
		}
	})
}

func TestThousandAttempts(t *testing.T) {
	r := newRig(t)
	token := r.offer(grant(city, "n1"))
	own := r.selfSigned(testkit.Key("guesser"))
	body := joining{Secret: make([]byte, 32), Address: "127.0.0.1:1", Log: logKey(t, city, "n1"), Request: testkit.Must[[]byte](t)(credential.Request(testkit.Key("guesser"), "n1"))}
	codes := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 250 {
				_, err := ask[Admitted](t.Context(), r.client(own), joinPath, body)
				mu.Lock()
				codes[strings.SplitN(err.Error(), ":", 2)[0]]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if codes["join-token-unknown"] != sourceBurst || codes["join-too-many"] != 1000-sourceBurst {
		t.Errorf("answers: %v", codes)
	}
	r.clock.Advance(sourceEvery)
	if _, err := r.joiner(token).Join(t.Context()); err != nil {
		t.Errorf("who waits comes in: %v", err)
	}
}

func TestTokenText(t *testing.T) {
	r := newRig(t)
	text, _, err := r.office.Offer(t.Context(), grant(city, "n1"), "vera", 0)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text, " \n") || len(text) > 1500 {
		t.Errorf("%d characters, or not one word", len(text))
	}
	if _, err := ParseToken(" " + text[:76] + "\r\n" + text[76:] + "\n"); err != nil {
		t.Errorf("as a mail program breaks it: %v", err)
	}
	for what, bad := range map[string]string{
		"empty": "", "cut": text[:len(text)-1], "begun late": text[1:], "doubled": text + text, "one letter": strings.Replace(text, text[40:41], flip(text[40]), 1),
		"long": tokenMark + strings.Repeat("A", 1<<20), "another kind": "dobosh-join-2." + text[len(tokenMark):],
	} {
		_, err := ParseToken(bad)
		if err == nil {
			t.Errorf("%s: was read", what)
			continue
		}
		wantCode(t, err, "join-token-malformed")
	}
}

func flip(b byte) string {
	if b == 'x' {
		return "y"
	}
	return "x"
}

// sum puts the right checksum before a token's JSON, as a forger would.
func sum(raw string) string {
	return tokenMark + base64.RawURLEncoding.EncodeToString(append(checksum([]byte(raw)), raw...))
}

func TestTokenWithNonsenseInside(t *testing.T) {
	good := Token{Address: "a:1", Pin: strings.Repeat("a", 64), Key: logKey(t, city, "n1"), Member: city, Node: "n1", Secret: make([]byte, 32)}
	text := testkit.Must[string](t)(good.Text())
	if _, err := ParseToken(text); err != nil {
		t.Fatal(err)
	}
	raw := string(testkit.Must[[]byte](t)(json.Marshal(good)))
	for _, bad := range []string{
		"{}", "[]", raw + raw, strings.Replace(raw, `"a:1"`, `"a"`, 1), strings.Replace(raw, `"node":"n1"`, `"node":"../../etc"`, 1),
		strings.Replace(raw, strings.Repeat("a", 64), strings.Repeat("A", 64), 1), strings.Replace(raw, `"node"`, `"nodes"`, 1),
		strings.Replace(raw, `"secret":"AAAA`, `"secret":"`, 1), strings.Replace(raw, "RS-TEST/GOV/CITY\"", "RS-TEST/GOV/CITY/x\"", 1),
	} {
		if _, err := ParseToken(sum(bad)); err == nil {
			t.Errorf("was read: %s", bad)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(sum(`{"address":"a:1"}`))
	f.Add(tokenMark)
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err != nil {
			return
		}
		again, err := token.Text()
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := ParseToken(again); err != nil || twice.Node != token.Node || twice.Member != token.Member {
			t.Errorf("read again: %+v %v", twice, err)
		}
	})
}

func TestTokensArePaged(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRigOn(t, open)
		seen := map[string]bool{}
		for range page.Size + 3 {
			r.offer(grant(city, "n1"))
		}
		pages := 0
		for after := page.Key(""); pages < 5; pages++ {
			list, err := r.office.Tokens(t.Context(), after)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list.Items {
				seen[m.ID] = true
			}
			if after = list.Next; after == "" {
				break
			}
		}
		if len(seen) != page.Size+3 || pages != 1 {
			t.Errorf("%d tokens on %d pages", len(seen), pages+1)
		}
	})
}

func TestAddressPattern(t *testing.T) {
	for pattern, want := range map[string]bool{
		"*": true, "10.*": true, "*:4001": true, "10.*.7:4001": true, "10.1.2.7:4001": true, "*1*2*": true, "10.1.2.7:4001*": true,
		"11.*": false, "*:4002": false, "10.1.2.7": false, "10.*.7:4001x": false, "10.1.2.7:4001*1": false, "*2*1.*": false,
	} {
		if matches(pattern, "10.1.2.7:4001") != want {
			t.Errorf("%s: %v", pattern, !want)
		}
	}
}
