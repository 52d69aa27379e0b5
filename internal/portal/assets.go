package portal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

//go:embed templates
var templateFiles embed.FS

// asset is a file that never changes under its address, because the address
// holds the digest of its content.
type asset struct {
	address string
	kind    string
	plain   []byte
	packed  []byte // gzip
}

// assets finds files by name and by address.
type assets struct {
	byName, byAddress map[string]asset
}

func loadAssets() (assets, error) {
	all := assets{map[string]asset{}, map[string]asset{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return assets{}, err
	}
	for _, entry := range entries {
		content, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			return assets{}, err
		}
		a, err := newAsset(entry.Name(), content)
		if err != nil {
			return assets{}, fmt.Errorf("asset %s: %w", entry.Name(), err)
		}
		all.byName[entry.Name()], all.byAddress[a.address] = a, a
	}
	return all, nil
}

// kinds are the types of the assets, by the end of their names.
var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func newAsset(name string, content []byte) (asset, error) {
	ext := path.Ext(name)
	sum := sha256.Sum256(content)
	a := asset{
		address: "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		kind:    kinds[ext],
		plain:   content,
	}
	packed, err := pack(content, gzip.BestCompression)
	a.packed = packed
	return a, err
}

func pack(content []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil { // the last bytes come only now
		return nil, err
	}
	return b.Bytes(), nil
}

// address is the template function "asset".
func (a assets) address(name string) (string, error) {
	found, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return found.address, nil
}

// ServeHTTP answers with the file under its present address and 404 for the
// address of an older one.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a.byAddress[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", found.kind)
	WriteBytes(w, r, http.StatusOK, found.plain, found.packed)
}
