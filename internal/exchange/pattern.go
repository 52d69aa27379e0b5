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
	segments, ok := cutPath(path)
	if !ok {
		return nil, false
	}
	return matchSegments(pattern, segments, true)
}

// cutPath gives the decoded segments of a path that means the same to everybody.
func cutPath(path string) (segments []string, ok bool) {
	if !plainPath(path) {
		return nil, false
	}
	if path == "" {
		return nil, true
	}
	segments = strings.Split(path[1:], "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(decoded) {
			return nil, false
		}
		segments[i] = decoded
	}
	return segments, true
}

// matchSegments compares the decoded segments of a path with a pattern. Those that have a name are given where somebody wants them.
func matchSegments(pattern string, have []string, wanted bool) (named map[string]string, ok bool) {
	if len(have) == 0 { // a request without a path, which systems may tell from one for "/"
		return nil, pattern == "" || pattern == "/"
	}
	rest, more := strings.CutPrefix(pattern, "/")
	for _, decoded := range have {
		if !more {
			return nil, false
		}
		var want string
		want, rest, more = strings.Cut(rest, "/")
		if name, isName := registry.PlaceName(want); isName && decoded != "" {
			if wanted && named == nil {
				named = map[string]string{}
			}
			if wanted {
				named[name] = decoded
			}
			continue
		}
		if decoded != want {
			return nil, false
		}
	}
	return named, !more
}

// plainPath reports whether a raw path is empty, or begins with a slash and has only the
// characters of a path (RFC 3986, section 3.3).
func plainPath(path string) bool {
	if path == "" {
		return true
	}
	if !strings.HasPrefix(path, "/") || len(path) > maxPath {
		return false
	}
	for i := range len(path) {
		if b := path[i]; b <= ' ' || b >= 0x7f || strings.IndexByte("?#\"<>[\\]^`{|}", b) >= 0 {
			return false
		}
	}
	return true
}

func plainSegment(decoded string) bool {
	if decoded == "." || decoded == ".." {
		return false
	}
	if strings.Contains(decoded, "%") {
		if again, err := url.PathUnescape(decoded); err == nil && again != decoded {
			return false
		}
	}
	return !strings.ContainsFunc(decoded, func(r rune) bool {
		return r < 0x20 || r >= 0x7f && r < 0xa0 || r == '/' || r == '\\' || r == '\uFFFD'
	})
}
