package metadata

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/url"

	"dobosh/internal/registry"
)

// VerificationConf makes the archive that tools get from /verificationconf: which
// instance this is, and its shared parameters. The same state gives the same
// bytes.
func VerificationConf(state *registry.State, instance string) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, file := range []struct {
		name string
		body []byte
	}{
		{"instance-identifier", []byte(instance)},
		{url.PathEscape(instance) + "/shared-params.xml", sharedParams(state, instance)},
	} {
		f, err := w.Create("verificationconf/" + file.name)
		if err != nil {
			return nil, fmt.Errorf("verificationconf: %w", err)
		}
		if _, err := f.Write(file.body); err != nil {
			return nil, fmt.Errorf("verificationconf: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("verificationconf: %w", err)
	}
	return out.Bytes(), nil
}
