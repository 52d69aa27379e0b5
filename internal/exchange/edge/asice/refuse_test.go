package asice

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/asn1"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// entry is a file of an archive that is not what it should be.
type entry struct {
	name   string
	data   []byte
	method uint16
}

func entriesOf(c Container) []entry {
	all := []entry{{typeFile, []byte(MediaType), zip.Store}}
	for _, f := range c.Files {
		all = append(all, entry{f.Name, f.Data, zip.Store})
	}
	return append(all, entry{manifestFile, c.manifest, zip.Store}, entry{signatureFile, c.signature, zip.Store})
}

func packed(t *testing.T, entries []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		if e.method == zip.Store {
			if err := store(w, File{Name: e.name, Data: e.data}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		body, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := body.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestContainersThatAreRefused(t *testing.T) {
	c := signed(t, signerOf(t, "n1"))
	good := entriesOf(c)
	if _, err := Read(packed(t, good)); err != nil {
		t.Fatalf("the sound container: %v", err)
	}
	with := func(change func(e []entry) []entry) []byte { return packed(t, change(slices.Clone(good))) }
	set := func(name string, data []byte) func([]entry) []entry {
		return func(e []entry) []entry {
			for i := range e {
				if e[i].name == name {
					e[i].data = data
				}
			}
			return e
		}
	}
	manifest := func(old, new string) []byte {
		return with(set(manifestFile, []byte(strings.Replace(string(c.manifest), old, new, 1))))
	}
	for name, raw := range map[string][]byte{
		"nothing":                     nil,
		"no archive":                  []byte("PK\x03\x04 nonsense"),
		"an altered file":             with(set("attachment1", []byte(`{"born":"2026-11-02"}`))),
		"another media type":          with(set(typeFile, []byte("application/zip"))),
		"no media type":               with(func(e []entry) []entry { return e[1:] }),
		"the media type later":        with(func(e []entry) []entry { e[0], e[1] = e[1], e[0]; return e }),
		"a missing file":              with(func(e []entry) []entry { return slices.Delete(e, 1, 2) }),
		"a file more":                 with(func(e []entry) []entry { return append(e, entry{name: "extra"}) }),
		"a file twice":                with(func(e []entry) []entry { return append(e, e[1]) }),
		"a file that differs in case": with(func(e []entry) []entry { return append(e, entry{name: "MESSAGE.XML"}) }),
		"two manifests":               with(func(e []entry) []entry { return append(e, e[3]) }),
		"another signature":           with(func(e []entry) []entry { return append(e, entry{"META-INF/signatures.xml", nil, zip.Store}) }),
		"no manifest":                 with(func(e []entry) []entry { return slices.Delete(e, 3, 4) }),
		"no signature":                with(func(e []entry) []entry { return e[:4] }),
		"a folder":                    with(func(e []entry) []entry { return append(e, entry{name: "folder/"}) }),
		"a way out":                   with(func(e []entry) []entry { return append(e, entry{name: "../../x"}) }),
		"many files": with(func(e []entry) []entry {
			for range 100 {
				e = append(e, entry{name: "x"})
			}
			return e
		}),
		"packed files":            with(func(e []entry) []entry { e[1].method = zip.Deflate; return e }),
		"a bomb":                  with(func(e []entry) []entry { e[1].data, e[1].method = make([]byte, MaxBytes+1), zip.Deflate; return e }),
		"something in front":      append([]byte("#!/bin/sh\n"), packed(t, good)...),
		"something behind":        append(packed(t, good), "more"...),
		"a hidden file":           hidden(t, good),
		"a digest twice":          manifest("</ds:DigestValue>", `</ds:DigestValue><ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:DigestValue>`),
		"an unknown digest":       manifest("xmlenc#sha512", "xmlenc#md5"),
		"a file listed twice":     manifest(`URI="attachment1"`, `URI="message.xml"`),
		"a declaration":           manifest("<asic:ASiCManifest", "<!DOCTYPE x><asic:ASiCManifest"),
		"another name space":      manifest("http://uri.etsi.org/02918/v1.2.1#", "http://example.org/"),
		"another signature named": manifest(`URI="META-INF/signature.p7s"`, `URI="META-INF/other.p7s"`),
		"a huge manifest":         with(set(manifestFile, bytes.Repeat([]byte(" "), maxManifest+1))),
	} {
		if _, err := Read(raw); !errors.Is(err, ErrContainer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hidden is a container with one more file that stands in no directory: readers
// of streams would find it.
func hidden(t *testing.T, entries []entry) []byte {
	t.Helper()
	first := packed(t, entries[:1])
	local := first[:bytes.Index(first, []byte("PK\x01\x02"))]
	var out bytes.Buffer
	out.Write(local)
	w := zip.NewWriter(&out)
	w.SetOffset(int64(len(local)))
	for _, e := range entries {
		if err := store(w, File{Name: e.name, Data: e.data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	s := signerOf(t, "n1")
	raw := bytesOf(t, signed(t, s))
	trust := Trust{Identities: []ed25519.PublicKey{public("n1")}}
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		c, err := Read(altered)
		if err == nil {
			_, err = c.Verify(trust)
		}
		if err == nil {
			t.Fatalf("byte %d of %d can be altered", i, len(raw))
		}
	}
}

// TestEveryAlteredByteOfASignatureIsFound looks at the signature alone, without
// the sums of the archive around it.
func TestEveryAlteredByteOfASignatureIsFound(t *testing.T) {
	c := signed(t, signerOf(t, "n1"))
	trust := Trust{Identities: []ed25519.PublicKey{public("n1")}}
	for i := range c.signature {
		for _, bit := range []int{0, 5} { // the fifth is that of lists
			altered := c
			altered.signature = bytes.Clone(c.signature)
			altered.signature[i] ^= 1 << bit
			if _, err := altered.Verify(trust); !errors.Is(err, ErrContainer) {
				t.Errorf("bit %d of byte %d can be altered: %v", bit, i, err)
			}
		}
	}
}

func TestSignaturesThatAreRefused(t *testing.T) {
	s := signerOf(t, "n1")
	trust := Trust{Identities: []ed25519.PublicKey{public("n1")}}
	refused := func(name string, c Container, trust Trust) {
		t.Helper()
		if _, err := c.Verify(trust); !errors.Is(err, ErrContainer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := signed(t, s)
	refused("of one whom nobody knows", c, Trust{Identities: []ed25519.PublicKey{public("other")}})
	refused("of nobody who is believed", c, Trust{})
	other := signed(t, signerOf(t, "n2"))
	other.manifest = c.manifest
	refused("of another list", Container{Files: c.Files, manifest: other.manifest[1:], signature: c.signature}, trust)
	forged := c
	p, err := parse(c.signature)
	if err != nil {
		t.Fatal(err)
	}
	stranger := signerOf(t, "stranger")
	mixed, err := NewSigner(stranger.key, stranger.chain[0], stranger.chain[1])
	if err != nil {
		t.Fatal(err)
	}
	mixed.chain[1] = p.chain[1] // the issuer that is believed, around a key that it never saw
	if forged.signature, err = mixed.sign(c.manifest, morning); err != nil {
		t.Fatal(err)
	}
	refused("by a key that the issuer never saw", forged, trust)
	early, err := s.Sign(morning.AddDate(-1, 0, 0), message()...)
	if err != nil {
		t.Fatal(err)
	}
	refused("before its certificate", early, trust)
	late, err := s.Sign(morning.AddDate(lasts, 0, 1), message()...)
	if err != nil {
		t.Fatal(err)
	}
	refused("after its certificate", late, trust)
	refused("that is none", Container{Files: c.Files, manifest: c.manifest, signature: []byte("nonsense")}, trust)
	attached := c
	attached.signature = withContent(t, c.signature)
	refused("with content of its own", attached, trust)
	if _, err := NewSigner(s.key, stranger.chain[0], stranger.chain[1]); err == nil {
		t.Error("the certificate of another key was taken")
	}
}

// withContent puts a content into a detached signature.
func withContent(t *testing.T, der []byte) []byte {
	t.Helper()
	type enveloped struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	old, err := asn1.Marshal(struct{ Type asn1.ObjectIdentifier }{oidData()})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := asn1.Marshal(enveloped{oidData(), []byte("other")})
	if err != nil {
		t.Fatal(err)
	}
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if err := whole(der, &outer); err != nil {
		t.Fatal(err)
	}
	outer.Content = asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: bytes.Replace(outer.Content.Bytes, old, inner, 1)}
	with, err := asn1.Marshal(outer)
	if err != nil || len(with) <= len(der) {
		t.Fatalf("%d bytes, %v", len(with), err)
	}
	return with
}

func TestFilesThatCannotBeSigned(t *testing.T) {
	s := signerOf(t, "n1")
	for name, files := range map[string][]File{
		"none":           nil,
		"a path":         {{Name: "a/b"}},
		"a hidden name":  {{Name: ".a"}},
		"no name":        {{}},
		"the media type": {{Name: "mimetype"}},
		"one name twice": {{Name: "a"}, {Name: "A"}},
		"too many":       make([]File, MaxFiles+1),
		"too large":      {{Name: "a", Data: make([]byte, MaxBytes+1)}},
		"a broken type":  {{Name: "a", Type: "a\r\nb"}},
	} {
		if _, err := s.Sign(time.Now(), files...); !errors.Is(err, ErrContainer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Write(io.Discard, Container{Files: message()}); !errors.Is(err, ErrContainer) {
		t.Errorf("a container without signature was written: %v", err)
	}
}

// FuzzRead: whatever is read is what would be written, and is believed only if it
// holds what was signed.
func FuzzRead(f *testing.F) {
	raw := bytesOf(f, signed(f, signerOf(f, "n1")))
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(data)
		if err != nil {
			return
		}
		if !bytes.Equal(bytesOf(t, c), data) {
			t.Error("it is written otherwise")
		}
		if _, err := c.Verify(Trust{Identities: []ed25519.PublicKey{public("n1")}}); err == nil && !reflect.DeepEqual(c.Files, message()) {
			t.Error("what nobody signed is believed")
		}
	})
}

// FuzzSignature: no signature but one that was made is believed, and it says what
// it said.
func FuzzSignature(f *testing.F) {
	c := signed(f, signerOf(f, "n1"))
	f.Add(c.signature)
	f.Fuzz(func(t *testing.T, der []byte) {
		forged := Container{Files: c.Files, manifest: c.manifest, signature: der}
		report, err := forged.Verify(Trust{Identities: []ed25519.PublicKey{public("n1")}})
		if err == nil && (!report.Signed.Equal(morning.Truncate(time.Second)) || !public("n1").Equal(report.Issuer.PublicKey)) {
			t.Error("another signature is believed")
		}
	})
}
