package births

import (
	"strings"
	"unicode/utf8"
)

// MaxName is the length of a given or family name in letters.
const MaxName = 60

// The letters of names. Besides Serbian in both scripts these are the marked
// letters of Hungarian, Romanian and Slovak: members of national minorities have
// their names entered in their own spelling (Law on Registers, Official Gazette
// RS 20/2009, art. 17), and these languages are in official use in Zrenjanin.
const (
	cyrillicLetters = "абвгдђежзијклљмнњопрстћуфхцчџш" + "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ"
	latinLetters    = "abcdefghijklmnopqrstuvwxyzčćđšž" + "ABCDEFGHIJKLMNOPQRSTUVWXYZČĆĐŠŽ" +
		"áéíóöőúüű" + "ÁÉÍÓÖŐÚÜŰ" + "ăâîșț" + "ĂÂÎȘȚ" + "äďĺľňôŕťý" + "ÄĎĹĽŇÔŔŤÝ"
)

// nameFault gives the code of what is wrong with a name, or "". Letters of the
// two scripts are not mixed: а and a look alike and are not.
func nameFault(name string) string {
	if name == "" {
		return "name-empty"
	}
	if utf8.RuneCountInString(name) > MaxName {
		return "name-too-long"
	}
	var cyrillic, latin bool
	between := true // at the beginning, or after a hyphen or a blank
	for _, r := range name {
		joint := r == '-' || r == ' '
		switch {
		case joint && !between:
		case strings.ContainsRune(cyrillicLetters, r):
			cyrillic = true
		case strings.ContainsRune(latinLetters, r):
			latin = true
		default:
			return "name-letters"
		}
		between = joint
	}
	if between {
		return "name-letters"
	}
	if cyrillic && latin {
		return "name-scripts"
	}
	return ""
}
