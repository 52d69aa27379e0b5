package portal

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// packFrom is the size under which packing saves nothing: it fits one packet.
const packFrom = 1200

// writePage sends a page, packed when the reader can unpack it.
func writePage(w http.ResponseWriter, r *http.Request, status int, content []byte) error {
	var packed []byte
	if len(content) >= packFrom && Unpacks(r) {
		var err error
		if packed, err = pack(content, gzip.DefaultCompression); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	WriteBytes(w, r, status, content, packed)
	return nil
}

// WriteBytes sends the packed form where there is one and the reader takes it.
func WriteBytes(w http.ResponseWriter, r *http.Request, status int, plain, packed []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	content := plain
	if packed != nil && Unpacks(r) {
		content = packed
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	_, _ = w.Write(content) // the reader may have gone
}

// Unpacks reads Accept-Encoding (RFC 9110, 12.5.3) as far as gzip goes.
func Unpacks(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(item), ";")
		if strings.TrimSpace(name) == "gzip" {
			q := strings.TrimSpace(quality)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// File ends an action with a file to keep.
func (v *Visit) File(kind, name string, content []byte) error {
	h := v.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	WriteBytes(v.W, v.R, v.Status, content, nil)
	return nil
}
