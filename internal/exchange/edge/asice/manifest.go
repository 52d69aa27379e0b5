package asice

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/xml"
	"slices"
)

// The name spaces of a manifest (EN 319 162-1, annex A.4).
const (
	spaceASiC   = "http://uri.etsi.org/02918/v1.2.1#"
	spaceXMLDig = "http://www.w3.org/2000/09/xmldsig#"
)

// The names of digests (XML Encryption, section 5.8).
const (
	nameSHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
	nameSHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
)

const signatureType = "application/x-pkcs7-signature"

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 10

// written is a manifest to be written, with the prefixes that it uses.
type written struct {
	XMLName   xml.Name        `xml:"asic:ASiCManifest"`
	ASiC      string          `xml:"xmlns:asic,attr"`
	Signature writtenPointer  `xml:"asic:SigReference"`
	Objects   []writtenObject `xml:"asic:DataObjectReference"`
}

type writtenPointer struct {
	URI  string `xml:"URI,attr"`
	Type string `xml:"MimeType,attr"`
}

type writtenObject struct {
	URI    string        `xml:"URI,attr"`
	Type   string        `xml:"MimeType,attr,omitempty"`
	Method writtenMethod `xml:"ds:DigestMethod"`
	Digest writtenDigest `xml:"ds:DigestValue"`
}

type writtenMethod struct {
	XMLDSig   string `xml:"xmlns:ds,attr"`
	Algorithm string `xml:"Algorithm,attr"`
}

type writtenDigest struct {
	XMLDSig string `xml:"xmlns:ds,attr"`
	Value   string `xml:",chardata"`
}

// newManifest lists the files with their digests.
func newManifest(files []File) []byte {
	m := written{ASiC: spaceASiC, Signature: writtenPointer{signatureFile, signatureType}}
	for _, f := range files {
		digest := base64.StdEncoding.EncodeToString(sum(crypto.SHA512, f.Data))
		m.Objects = append(m.Objects, writtenObject{f.Name, f.Type, writtenMethod{spaceXMLDig, nameSHA512}, writtenDigest{spaceXMLDig, digest}})
	}
	raw, _ := xml.MarshalIndent(m, "", "  ") // texts in structures always can be written
	return append([]byte(xml.Header), raw...)
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// manifest is one that was read.
type manifest struct {
	XMLName   xml.Name `xml:"http://uri.etsi.org/02918/v1.2.1# ASiCManifest"`
	Signature []struct {
		URI string `xml:"URI,attr"`
	} `xml:"http://uri.etsi.org/02918/v1.2.1# SigReference"`
	Objects []object `xml:"http://uri.etsi.org/02918/v1.2.1# DataObjectReference"`
}

type object struct {
	URI    string `xml:"URI,attr"`
	Type   string `xml:"MimeType,attr"`
	Method []struct {
		Algorithm string `xml:"Algorithm,attr"`
	} `xml:"http://www.w3.org/2000/09/xmldsig# DigestMethod"`
	Digest []string `xml:"http://www.w3.org/2000/09/xmldsig# DigestValue"`
}

// readManifest reads the list of a container. What readers of XML understand
// differently is not taken: declarations, comments and sections.
func readManifest(raw []byte) (manifest, error) {
	var m manifest
	switch {
	case len(raw) > maxManifest:
		return m, broken("its manifest has %d bytes", len(raw))
	case bytes.Contains(raw, []byte("<!")):
		return m, broken("its manifest has more than elements")
	}
	if err := xml.Unmarshal(raw, &m); err != nil {
		return m, broken("its manifest cannot be read: %w", err)
	}
	if len(m.Signature) != 1 || m.Signature[0].URI != signatureFile {
		return m, broken("its manifest does not lead to its signature")
	}
	return m, nil
}

// covers checks that the list names these files, each once, as they are, and
// gives them their media types.
func (m manifest) covers(files []File) ([]File, error) {
	if len(m.Objects) != len(files) {
		return nil, broken("%d files are there and %d in its manifest", len(files), len(m.Objects))
	}
	listed := make([]File, 0, len(files))
	for _, o := range m.Objects {
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == o.URI })
		if i < 0 {
			return nil, broken("%.100q of its manifest is not there, or stands twice", o.URI)
		}
		f := files[i]
		files = slices.Delete(slices.Clone(files), i, i+1)
		if !o.is(f.Data) {
			return nil, broken("%s is not as it was signed", f.Name)
		}
		f.Type = o.Type
		listed = append(listed, f)
	}
	return listed, nil
}

func (o object) is(data []byte) bool {
	if len(o.Method) != 1 || len(o.Digest) != 1 {
		return false
	}
	digest, err := base64.StdEncoding.Strict().DecodeString(o.Digest[0])
	if err != nil {
		return false
	}
	switch o.Method[0].Algorithm {
	case nameSHA256:
		return bytes.Equal(digest, sum(crypto.SHA256, data))
	case nameSHA512:
		return bytes.Equal(digest, sum(crypto.SHA512, data))
	}
	return false
}
