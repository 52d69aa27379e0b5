package routing

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"testing"
)

func saved(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestASavedModelIsTheSame(t *testing.T) {
	all, _ := labelled(t)
	m := trained(t, all[:400], 1)
	for _, e := range all[400:450] {
		if err := m.Learn(e); err != nil {
			t.Fatal(err)
		}
	}
	raw := saved(t, m)
	again, err := Load(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, saved(t, again)) {
		t.Error("saved again it is another")
	}
	for _, e := range all[450:500] {
		if a, b := m.Propose(e.Text), again.Propose(e.Text); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q: %+v, then %+v", e.Text, a, b)
		}
	}
	for _, e := range all[500:520] { // and it learns the same
		if err := m.Learn(e); err != nil {
			t.Fatal(err)
		}
		if err := again.Learn(e); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(saved(t, m), saved(t, again)) {
		t.Error("it learns otherwise than the one that was saved")
	}
}

func TestADamagedModelIsRefused(t *testing.T) {
	raw := saved(t, trained(t, []Example{{ID: "1", Text: "lamp", Category: "a"}, {ID: "2", Text: "bus", Category: "b"}}, 1))
	for at := range raw {
		bad := bytes.Clone(raw)
		bad[at] ^= 0x10
		if _, err := Load(bytes.NewReader(bad)); err == nil {
			t.Fatalf("byte %d was changed, and it was taken", at)
		}
	}
	for n := range raw {
		if _, err := Load(bytes.NewReader(raw[:n])); err == nil {
			t.Fatalf("the first %d bytes were taken", n)
		}
	}
	if _, err := Load(bytes.NewReader(append(bytes.Clone(raw), 0))); err == nil {
		t.Error("a byte too many was taken")
	}
	huge := binary.LittleEndian.AppendUint64([]byte(format), mostBlob)
	if _, err := Load(bytes.NewReader(huge)); err == nil {
		t.Error("what announces much and gives nothing was taken")
	}
}

// FuzzLoad changes bodies whose checksum is right all the same.
func FuzzLoad(f *testing.F) {
	small := saved(f, trained(f, []Example{{ID: "1", Text: "lamp is dark", Category: "a"}, {ID: "2", Text: "bus", Category: "b"}, {ID: "3", Text: "lamp", Category: "a"}}, 1))
	body := small[len(format)+8 : len(small)-sha256.Size]
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := binary.LittleEndian.AppendUint64([]byte(format), uint64(len(body)))
		whole = append(whole, body...)
		sum := sha256.Sum256(whole)
		m, err := Load(bytes.NewReader(append(whole, sum[:]...)))
		if err != nil {
			return
		}
		m.Propose("the lamp is dark")
		if err := m.Learn(Example{ID: "4", Text: "a lamp", Category: "c"}); err == nil {
			m.Propose("the lamp is dark")
		}
		if len(body) < 1<<16 {
			if _, err := Load(bytes.NewReader(saved(t, m))); err != nil {
				t.Fatal("what was read and saved again is refused")
			}
		}
	})
}
