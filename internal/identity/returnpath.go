package identity

import (
	"net/url"
	"strings"
)

// LocalPath returns the path to go back to, as localPath does.
func LocalPath(to string) string { return localPath(to) }

// localPath returns the path to go back to after a sign-in, or "/" for anything
// that a browser could understand as another site: "//host", "/\host", or a host
// behind characters that browsers drop.
func localPath(to string) string {
	const longest = 1024
	unsafe := func(r rune) bool { return r == '\\' || r <= ' ' || r >= 0x7f }
	if len(to) > longest || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, unsafe) {
		return "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return to
}
