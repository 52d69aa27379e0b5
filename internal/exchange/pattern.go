package exchange

import (
	"net/url"
	"strings"
)

// maxPath bounds a path, in bytes.
const maxPath = 4096

// match compares a raw path with a pattern such as "/v1/residents/{person}".
// A name in braces stands for one whole segment that is not empty. It gives
// the decoded segments by name. A path with "." or ".." as a segment, in any
// encoding, matches nothing, and neither does one that decodes to a slash or
// a control character: what the information system would see must be what was
// matched.
func match(pattern, path string) (named map[string]string, ok bool) {
	if len(path) > maxPath {
		return nil, false
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i, segment := range have {
		decoded, err := url.PathUnescape(segment)
		if err != nil || !plain(decoded) {
			return nil, false
		}
		if name, isName := placeName(want[i]); isName && decoded != "" {
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

func placeName(segment string) (string, bool) {
	if len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}' {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

func plain(segment string) bool {
	return segment != "." && segment != ".." && !strings.ContainsFunc(segment, func(r rune) bool {
		return r < 0x20 || r == 0x7f || r == '/' || r == '\\' || r == '\uFFFD'
	}) && !strings.Contains(strings.ToLower(segment), "%2e%2e")
}
