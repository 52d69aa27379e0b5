package credential

import (
	"crypto"
	"crypto/tls"
	"encoding/pem"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/journal"
)

// The certificate lies in the folder of the node, in PEM, for openssl to read.
func file(dir string) string { return filepath.Join(dir, "certificate.pem") }

// Save keeps a node's certificate in its folder.
func Save(dir string, der []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return journal.WriteWhole(file(dir), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Own is what a node shows at its start: the certificate that was issued to its
// key last, if it is there and of this time, and else one that it signs itself. One of the future was issued
// while a clock was wrong.
func Own(dir string, key crypto.Signer, name string, now time.Time) (tls.Certificate, error) {
	if raw, err := os.ReadFile(file(dir)); err == nil {
		if block, _ := pem.Decode(raw); block != nil {
			if own, err := Around(key, block.Bytes); err == nil && now.Before(own.Leaf.NotAfter) && !now.Before(own.Leaf.NotBefore) {
				return own, nil
			}
		}
	}
	return SelfSigned(key, name, now)
}
