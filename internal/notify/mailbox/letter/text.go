package letter

import (
	"regexp"
	"strings"

	"dobosh/internal/kit/script"
)

// clean gives lines without what is no text: the ends of lines are one kind, controls and
// marks of direction are gone, and of empty lines in a row two are left.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\u00a0", " ", "\u200b", "").Replace(text)
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unsafe(r) {
			return -1
		}
		return r
	}, text)
	var lines []string
	empty := 0
	for line := range strings.SplitSeq(text, "\n") {
		if line != "-- " { // this blank is a sign, see RFC 3676
			line = strings.TrimRight(line, " \t")
		}
		if empty++; line != "" {
			empty = 0
		}
		if empty <= 2 {
			lines = append(lines, line)
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// unflow joins the lines that a program has broken (RFC 3676).
func unflow(text string, deleteSpace bool) string {
	var b strings.Builder
	soft, depth := false, 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		rest := strings.TrimLeft(line, ">")
		now := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ")
		if soft && now != depth || soft && rest == "-- " {
			b.WriteByte('\n')
			soft = false
		}
		if !soft && now > 0 {
			b.WriteString(strings.Repeat(">", now) + " ")
		}
		depth = now
		if soft = strings.HasSuffix(rest, " ") && rest != "-- "; soft && deleteSpace {
			rest = rest[:len(rest)-1]
		}
		b.WriteString(rest)
		if !soft {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Bounds of what begins a quotation.
const (
	longestAttribution = 400 // bytes, over up to three lines
	longestSignature   = 15  // lines
)

// separate tells what is new in a text from what is quoted of earlier mail and from the
// signature. Where nothing new would be left, all of it is new.
func separate(text string) (fresh, quoted, signature string) {
	lines := strings.Split(text, "\n")
	const isNew, isOld = 0, 1
	of := make([]int, len(lines))
	folded := make([]string, len(lines))
	for i, line := range lines {
		folded[i] = fold(cut(line, 2*longestAttribution))
	}
	last := len(lines) // where everything behind is old
	for i := 0; i < last; i++ {
		if strings.HasPrefix(lines[i], ">") {
			of[i] = isOld
			continue
		}
		if begins(folded[i], list().Forwarded) {
			break // what somebody passes on is what they say
		}
		if n := attribution(folded[i:last]); n > 0 {
			next := i + n
			for next < last && lines[next] == "" {
				next++
			}
			// Without a mark before each line all that follows is old, when something stands
			// before it.
			if next < last && !strings.HasPrefix(lines[next], ">") && hasText(lines[:i], of) && dated.MatchString(strings.Join(folded[i:i+n], " ")) {
				last = i
				break
			}
			if next < last && strings.HasPrefix(lines[next], ">") || next == last {
				for j := i; j < i+n; j++ {
					of[j] = isOld
				}
				i += n - 1
			}
			continue
		}
		if block(folded[i:last]) && hasText(lines[:i], of) {
			last = i
		}
	}
	for i := last; i < len(lines); i++ {
		of[i] = isOld
	}
	var parts [2][]string
	for i, line := range lines {
		parts[of[i]] = append(parts[of[i]], line)
	}
	fresh, quoted = join(parts[isNew]), join(parts[isOld])
	fresh, signature = unsign(fresh)
	if fresh == "" && quoted != "" && !strings.HasPrefix(strings.TrimSpace(quoted), ">") {
		return join(lines), "", ""
	}
	return fresh, quoted, signature
}

// dated finds a year or an hour, as programs write them above what they quote.
var dated = regexp.MustCompile(`\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b`)

func join(lines []string) string { return strings.Trim(strings.Join(lines, "\n"), "\n ") }

func hasText(lines []string, of []int) bool {
	for i, line := range lines {
		if of[i] == 0 && strings.TrimSpace(line) != "" {
			return true
		}
	}
	return false
}

// fold is the form in which signs are found: small letters without marks, and Serbian in
// either script the same.
func fold(s string) string { return script.Fold(strings.TrimSpace(s)) }

// attribution says how many lines at the beginning say who wrote what follows, and when:
// up to three, of which the first has a date or an address, the last ends in a colon, and
// one has a word for writing.
func attribution(lines []string) int {
	if !dated.MatchString(lines[0]) && !strings.Contains(lines[0], "@") {
		return 0
	}
	all := ""
	for n, line := range lines[:min(3, len(lines))] {
		if line == "" || strings.HasPrefix(line, ">") || n > 0 && dated.MatchString(line) && has(line, list().Wrote) {
			return 0 // or the next line is one by itself
		}
		if all += " " + line; len(all) > longestAttribution {
			return 0
		}
		if strings.HasSuffix(line, ":") {
			if has(all, list().Wrote) {
				return n + 1
			}
			return 0
		}
	}
	return 0
}

// block reports whether lines begin as Outlook begins what it quotes: a line across, words
// for an original, or at least three fields of a header below each other.
func block(lines []string) bool {
	first := strings.Trim(lines[0], "-_* ")
	if strings.HasPrefix(lines[0], "--") && begins(first, list().Original) {
		return true
	}
	if len(lines[0]) >= 20 && first == "" && len(lines) > 1 {
		rest := lines[1:]
		for len(rest) > 1 && rest[0] == "" {
			rest = rest[1:]
		}
		return fields(rest)
	}
	return fields(lines)
}

func fields(lines []string) bool {
	seen := map[string]bool{}
	for i, line := range lines[:min(8, len(lines))] {
		label, _, ok := strings.Cut(strings.TrimLeft(line, "* "), ":")
		label = strings.Trim(label, "* ")
		kind := ""
		switch {
		case !ok:
		case is(label, list().From):
			kind = "from"
		case is(label, list().Sent):
			kind = "sent"
		case is(label, list().To):
			kind = "to"
		case is(label, list().Subject):
			kind = "subject"
		}
		if i == 0 && kind != "from" {
			return false
		}
		if kind != "" {
			seen[kind] = true
		}
	}
	return len(seen) >= 3
}

// unsign takes the signature from the end of a text.
func unsign(text string) (rest, signature string) {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0 && len(lines)-i <= longestSignature+1; i-- {
		mark := lines[i] == "-- " || lines[i] == "--"
		if !mark && begins(fold(lines[i]), list().Device) && len(lines)-i <= 3 {
			return join(lines[:i]), join(lines[i:])
		}
		if mark {
			return join(lines[:i]), join(lines[i+1:])
		}
	}
	return text, ""
}
