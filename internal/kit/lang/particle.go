package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// particle answers "{x+을/를}" with x and the particle, and "{x+a}" with the
// Hungarian article alone, because it stands before.
func particle(said, form string) string {
	if afterConsonant, afterVowel, korean := strings.Cut(form, "/"); korean {
		last := finalOf(said)
		if last == noFinal || last == finalL && strings.HasPrefix(afterConsonant, "으") {
			return said + afterVowel
		}
		return said + afterConsonant
	}
	if beginsWithVowel(said) {
		return form + "z"
	}
	return form
}

// final is the consonant with which a Korean word ends.
type final int

const (
	noFinal    final = iota
	finalL           // ㄹ, a vowel to (으)로
	otherFinal       // any other
)

func finalOf(s string) final {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	switch {
	case last >= 0xAC00 && last <= 0xD7A3:
		switch (last - 0xAC00) % 28 {
		case 0:
			return noFinal
		case 8:
			return finalL
		}
		return otherFinal
	case unicode.IsDigit(last): // 영 일 이 삼 사 오 육 칠 팔 구, and 십 백 천 end as 영 does
		return [...]final{otherFinal, finalL, noFinal, otherFinal, noFinal, noFinal, otherFinal, finalL, finalL, noFinal}[(last-'0')%10]
	case strings.ContainsRune("lLrR", last):
		return finalL
	case strings.ContainsRune("mnMN", last):
		return otherFinal
	}
	return noFinal
}

// beginsWithVowel says whether a word takes "az". Digits are read: 1 (egy), 5
// (öt) and 1000 (ezer) begin with a vowel, 10 (tíz) and 100 (száz) do not.
func beginsWithVowel(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsDigit(first) {
		return strings.ContainsRune("aáeéiíoóöőuúüű", unicode.ToLower(first))
	}
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		} else if r != '\u00a0' && r != ' ' {
			break
		}
	}
	return first == '5' || first == '1' && digits%3 == 1
}
