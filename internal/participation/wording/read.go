package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/script"
)

// The bounds of what is read of one text.
const (
	MostBytes    = 8 << 10 // the rest is not looked at
	MostWords    = 400
	MostFeatures = 6000
	mostLetters  = 32 // of one word; the rest is cut off
)

// Feature is a trait of a text: a word, a beginning or a part of one, as a hash.
type Feature struct {
	Key  uint64
	Word int32 // of those that [Reader.Read] gave, counted from 0
}

// Reader reads texts, one after the other, into memory that it uses again. It belongs to one
// goroutine.
type Reader struct {
	text     string
	folded   []byte
	ends     []int32 // of each word in folded
	spans    []span  // of each word in text, once somebody asks
	letters  []rune
	features []Feature
}

type span struct{ begin, end int }

// Read gives the features of a text, in its order and as often as they stand in it. They are valid
// until the next text is read.
func (r *Reader) Read(text string) []Feature {
	r.text, r.spans, r.features = cut(text), r.spans[:0], r.features[:0]
	r.fold()
	begin := int32(0)
	for word, end := range r.ends {
		r.letters = r.letters[:0]
		for at := int(begin); at < int(end); {
			letter, size := utf8.DecodeRune(r.folded[at:end])
			r.letters = append(r.letters, letter)
			at += size
		}
		begin = end
		r.word(int32(word))
		if len(r.features) >= MostFeatures {
			r.features = r.features[:MostFeatures]
			break
		}
	}
	return r.features
}

// Features are those of the text that was read last.
func (r *Reader) Features() []Feature { return r.features }

// Words are the folded words of the text that was read last.
func (r *Reader) Words() []string {
	words := make([]string, len(r.ends))
	begin := int32(0)
	for i, end := range r.ends {
		words[i] = string(r.folded[begin:end])
		begin = end
	}
	return words
}

// Len is how many words the text had that was read last.
func (r *Reader) Len() int { return len(r.ends) }

// Written gives a word of the text that was read last as its writer wrote it.
func (r *Reader) Written(word int) string {
	if len(r.spans) == 0 {
		r.span()
	}
	if word < 0 || word >= len(r.spans) {
		return ""
	}
	return r.text[r.spans[word].begin:r.spans[word].end]
}

// span finds the words again in what was written: folding keeps their order and their number.
func (r *Reader) span() {
	begin := -1
	for i, letter := range r.text {
		switch inside := partOfWord(letter) || begin >= 0 && mark(letter); {
		case inside && begin < 0:
			begin = i
		case !inside && begin >= 0:
			r.spans = append(r.spans, span{begin, i})
			begin = -1
		}
	}
	if begin >= 0 {
		r.spans = append(r.spans, span{begin, len(r.text)})
	}
}

func partOfWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func mark(r rune) bool { return r >= 0x300 && unicode.Is(unicode.Mn, r) }

// cut takes no more than is read of a text, and no half letter.
func cut(text string) string {
	if len(text) <= MostBytes {
		return text
	}
	end := MostBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// fold writes the words of a text one behind the other, in small Latin letters without marks
// where they are Serbian, with đ as d because many type it so, and Korean syllables whole.
func (r *Reader) fold() {
	r.folded, r.ends = r.folded[:0], r.ends[:0]
	begin, letters := 0, 0
	end := func() {
		if len(r.folded) > begin {
			r.ends = append(r.ends, int32(len(r.folded)))
		}
		begin, letters = len(r.folded), 0
	}
	inside := false // a word of marks and signs alone is none, but one whose letters were cut still is
	for _, letter := range script.Fold(r.text) {
		switch {
		case letter < utf8.RuneSelf && ('a' <= letter && letter <= 'z' || '0' <= letter && letter <= '9'):
			inside = true
			if letter == 'j' && len(r.folded) > begin && r.folded[len(r.folded)-1] == 'd' {
				continue // đ was typed as dj
			}
			if letters++; letters <= mostLetters {
				r.folded = append(r.folded, byte(letter))
			}
		case letter >= utf8.RuneSelf && partOfWord(letter):
			inside = true
			if whole, ok := r.composed(begin, letter); ok {
				r.folded = whole
			} else if letters++; letters <= mostLetters {
				r.folded = utf8.AppendRune(r.folded, letter)
			}
		case inside && mark(letter):
		default:
			if inside = false; len(r.folded) > begin {
				end()
				if len(r.ends) == MostWords {
					return
				}
			}
		}
	}
	end()
}

// composed puts a letter of Hangul to the syllable before it, as Unicode composes them (chapter 3.12).
func (r *Reader) composed(begin int, letter rune) ([]byte, bool) {
	const (
		lead, vowel, trail    = 0x1100, 0x1161, 0x11A7
		leads, vowels, trails = 19, 21, 28
		syllable              = 0xAC00
	)
	if letter < vowel || letter >= trail+trails || len(r.folded) == begin {
		return nil, false
	}
	before, size := utf8.DecodeLastRune(r.folded[begin:])
	rest := r.folded[:len(r.folded)-size]
	switch {
	case letter < vowel+vowels && before >= lead && before < lead+leads:
		return utf8.AppendRune(rest, syllable+((before-lead)*vowels+letter-vowel)*trails), true
	case letter > trail && before >= syllable && before < syllable+leads*vowels*trails && (before-syllable)%trails == 0:
		return utf8.AppendRune(rest, before+letter-trail), true
	}
	return nil, false
}

// The kinds of features; each begins its hash with its own number.
const (
	wholeWord = 1 + iota
	beginning
	part
)

// The lengths of beginnings and parts, in letters. They were chosen by measuring: docs/participation.md.
const (
	leastBeginning, mostBeginning = 4, 6
	leastPart, mostPart           = 3, 3
)

// word adds the features of one word.
func (r *Reader) word(number int32) {
	h := start(wholeWord)
	for _, letter := range r.letters {
		h = next(h, letter)
	}
	r.add(h, number)
	if strings.ContainsFunc(string(r.letters[:1]), unspaced) {
		r.parts(number, 1, 2)
		return
	}
	h = start(beginning)
	for i, letter := range r.letters {
		if i >= mostBeginning {
			break
		}
		if h = next(h, letter); i+1 >= leastBeginning && i+1 < len(r.letters) {
			r.add(h, number)
		}
	}
	r.parts(number, leastPart, mostPart)
}

// parts adds every row of letters within a word of one length to another.
func (r *Reader) parts(number int32, least, most int) {
	for i := range r.letters {
		h := start(part)
		for n, letter := range r.letters[i:min(i+most, len(r.letters))] {
			if h = next(h, letter); n+1 >= least {
				r.add(h, number)
			}
		}
	}
}

func (r *Reader) add(h uint64, word int32) {
	r.features = append(r.features, Feature{Key: finish(h), Word: word})
}

// unspaced letters are of scripts whose words are not divided where a reader would divide them.
func unspaced(r rune) bool {
	return r >= 0x1100 && unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// The hash is FNV-1a over whole letters, with the last steps of MurmurHash3, which spread it over all bits.
func start(kind rune) uint64 { return next(14695981039346656037, kind) }

func next(h uint64, letter rune) uint64 { return (h ^ uint64(letter)) * 1099511628211 }

func finish(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
