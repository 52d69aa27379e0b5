package text

import (
	"strings"

	"golang.org/x/net/idna"
)

// ReadableAddress is an e-mail address as people write it: a domain that is kept in the form of the
// DNS, in its own letters. What is none stays as it is.
func ReadableAddress(kept string) string {
	local, domain, ok := strings.Cut(kept, "@")
	if !ok {
		return kept
	}
	read, err := idna.Lookup.ToUnicode(domain)
	if err != nil {
		return kept
	}
	return local + "@" + read
}
