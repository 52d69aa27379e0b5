// Package id makes names for things: long ones that sort by time for
// machines, and short ones with a check letter for people.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"
)

// alphabet is Crockford's base 32: no i, l, o or u, so that a code can be
// read out and typed back.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Length is the number of characters of an id.
const Length = 26

// New returns an id of 26 characters in the layout of ULID: 48 bits of milliseconds, then 80 bits
// of which the first 12 are the part of the millisecond and the others random. Ids that one
// machine makes a microsecond apart sort in the order in which they were made.
func New() string {
	var raw [16]byte
	now := time.Now()
	part := uint64(now.Nanosecond()%int(time.Millisecond)) << 12 / uint64(time.Millisecond)
	_, _ = rand.Read(raw[7:]) // never fails: crypto/rand ends the program instead
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16|part<<4|uint64(raw[7]&15))
	return encode(raw)
}

// encode writes 128 bits as 26 characters of 5 bits; the first has only 3.
func encode(raw [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [Length]byte
	for i := Length - 1; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

// Valid reports whether s has the form of an id.
func Valid(s string) bool {
	return len(s) == Length && s[0] <= '7' && within(s)
}

// Parse brings an id as others write it, a ULID in capitals, into the form of this
// package.
func Parse(s string) (id string, ok bool) {
	s = strings.ToLower(s)
	return s, Valid(s)
}

// Time is the instant at which an id was made, in whole milliseconds of the clock of whoever made it. ok is false for what is no
// id, and for one that says a time after the year 9999: names of others may have the form by chance.
func Time(s string) (at time.Time, ok bool) {
	if !Valid(s) {
		return time.Time{}, false
	}
	var milli int64
	for i := range 10 { // 50 bits, of which the first two are always zero
		milli = milli<<5 | int64(strings.IndexByte(alphabet, s[i]))
	}
	at = time.UnixMilli(milli).UTC()
	return at, at.Year() <= 9999
}

func within(s string) bool {
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Code returns a name for people such as "ZR-2026-7KQ4-M9PD-X": a prefix, the
// year, eight random characters (40 bits) and a check character that finds
// every single wrong character and every swap of two neighbours. Bodies whose
// check character would be a sign are passed over: a code is read out on the
// telephone and stands in addresses.
func Code(prefix string, year int) string {
	body := randomBody()
	for strings.IndexByte(alphabet, check(body)) < 0 {
		body = randomBody()
	}
	s := strings.ToUpper(body + string(check(body)))
	return prefix + "-" + digits4(year) + "-" + s[:4] + "-" + s[4:8] + "-" + s[8:]
}

func randomBody() string {
	var raw [5]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	bits := uint64(raw[0])<<32 | uint64(binary.BigEndian.Uint32(raw[1:]))
	body := make([]byte, 8)
	for i := range body {
		body[i] = alphabet[bits&31]
		bits >>= 5
	}
	return string(body)
}

func digits4(year int) string {
	return string([]byte{byte('0' + year/1000%10), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10)})
}

// check is a weighted sum modulo 37, the prime that Crockford proposes; odd
// distinct weights below it catch single errors and swaps.
func check(body string) byte {
	const checks = alphabet + "*~$=u"
	sum := 0
	for i := range len(body) {
		sum += (i + 2) * strings.IndexByte(alphabet, body[i])
	}
	return checks[sum%37]
}

// ParseCode brings a typed code into its canonical form, forgiving case,
// blanks and the letters that look alike (o, i, l). It reports false when the
// check character does not fit.
func ParseCode(s string) (string, bool) {
	if len(s) > 64 {
		return "", false
	}
	parts := strings.Split(strings.ToUpper(strings.Join(strings.Fields(s), "")), "-")
	if len(parts) != 5 || len(parts[2]) != 4 || len(parts[3]) != 4 || len(parts[4]) != 1 || len(parts[1]) != 4 {
		return "", false
	}
	body := strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(strings.ToLower(parts[2] + parts[3] + parts[4]))
	if !within(body[:8]) || body[8] != check(body[:8]) {
		return "", false
	}
	body = strings.ToUpper(body)
	return parts[0] + "-" + parts[1] + "-" + body[:4] + "-" + body[4:8] + "-" + body[8:], true
}
