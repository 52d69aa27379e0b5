package exchange

import (
	"net/url"
	"strings"

	"dobosh/internal/registry"
)

// maxPath bounds a path, and a query, in bytes.
const maxPath = 4096

// match compares a raw path with a pattern such as "/v1/residents/{person}".
// A name in braces stands for one whole segment that is not empty. It gives
// the decoded segments by name. What the information system would see must be
// what was matched, so a path matches nothing when a segment is "." or "..",
// when it decodes to a slash, a backslash, a control character or something that
// could be decoded once more, and when it holds what would end the path ("?", "#").
func match(pattern, path string) (named map[string]string, ok bool) {
	if !plainPath(path) {
		return nil, false
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i, segment := range have {
		decoded, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(decoded) {
			return nil, false
		}
		if name, isName := registry.PlaceName(want[i]); isName && decoded != "" {
			if named == nil {
				named = map[string]string{}
			}
			named[name] = decoded
			continue
		}
		if decoded != want[i] {
			return nil, false
		}
	}
	return named, true
}

// plainPath reports whether a raw path begins with a slash and has only the
// characters of a path (RFC 3986, section 3.3).
func plainPath(path string) bool {
	return strings.HasPrefix(path, "/") && len(path) <= maxPath && !strings.ContainsFunc(path, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("?#\"<>[\\]^`{|}", r)
	})
}

func plainSegment(decoded string) bool {
	if decoded == "." || decoded == ".." {
		return false
	}
	if again, err := url.PathUnescape(decoded); err == nil && again != decoded {
		return false
	}
	return !strings.ContainsFunc(decoded, func(r rune) bool {
		return r < 0x20 || r >= 0x7f && r < 0xa0 || r == '/' || r == '\\' || r == '\uFFFD'
	})
}
