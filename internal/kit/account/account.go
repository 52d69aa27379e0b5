package account

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// The ways in which a number can be wrong.
var (
	ErrForm  = errors.New("an account number has eighteen digits, or three, up to thirteen and two with dashes between")
	ErrCheck = errors.New("the control digits of the account number do not fit")
)

const (
	length  = 18
	bank    = 3
	control = 2
	middle  = length - bank - control
	country = "RS"
)

// Check accepts eighteen digits whose control digits fit: the form in which
// data carries an account. Errors never repeat the number.
func Check(number string) error {
	if len(number) != length || !digits(number) {
		return ErrForm
	}
	if number[length-control:] != controlOf(number[:length-control]) {
		return ErrCheck
	}
	return nil
}

// Parse reads a number as people write it, "160-54321-23" with any dash or with
// blanks, with all its digits, or as the IBAN of Serbia, and gives the eighteen
// digits.
func Parse(s string) (string, error) {
	if len(s) > longestWritten {
		return "", ErrForm
	}
	s = strings.Map(plain, strings.TrimSpace(s))
	if parts := strings.Fields(s); len(parts) == 3 && len(parts[0]) == bank && len(parts[2]) == control {
		s = strings.Join(parts, "-") // blanks stand for the dashes
	}
	s = cyrillic.Replace(strings.ToUpper(strings.ReplaceAll(s, " ", "")))
	if iban := strings.TrimLeft(strings.TrimPrefix(s, "IBAN"), ":-"); strings.HasPrefix(iban, country) {
		return ParseIBAN(strings.ReplaceAll(iban, "-", ""))
	}
	if strings.Contains(s, "-") {
		full, err := pad(s)
		if err != nil {
			return "", err
		}
		s = full
	}
	if err := Check(s); err != nil {
		return "", err
	}
	return s, nil
}

// cyrillic are the letters of an IBAN as a Cyrillic keyboard writes them.
var cyrillic = strings.NewReplacer("\u0418\u0411\u0410\u041d", "IBAN", "\u0420\u0421", country)

// longestWritten bounds what is read at all, in bytes.
const longestWritten = 200

// plain makes every dash the one of ASCII, and every blank that does not end a line
// the one. What a page or a PDF leaves in a copied number and nobody sees goes.
func plain(r rune) rune {
	switch {
	case unicode.Is(unicode.Pd, r) || r == '−':
		return '-'
	case unicode.Is(unicode.Zs, r) || r == '\t':
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

func pad(s string) (string, error) {
	parts := strings.SplitN(s, "-", 4)
	if len(parts) != 3 || len(parts[0]) != bank || len(parts[2]) != control || parts[1] == "" || len(parts[1]) > middle {
		return "", ErrForm
	}
	return parts[0] + strings.Repeat("0", middle-len(parts[1])) + parts[1] + parts[2], nil
}

// Make completes a number of a bank (0 to 999) with its control digits.
func Make(bankCode, number int64) string {
	s := fmt.Sprintf("%03d%013d", bankCode%1000, number%1e13)
	return s + controlOf(s)
}

// Bank is the code of the bank that keeps the account; "" for no account.
func Bank(number string) string {
	if len(number) != length {
		return ""
	}
	return number[:bank]
}

// Display writes a checked number the way people do: "160-54321-23".
func Display(number string) string {
	if len(number) != length {
		return ""
	}
	short := strings.TrimLeft(number[bank:length-control], "0")
	if short == "" {
		short = "0"
	}
	return number[:bank] + "-" + short + "-" + number[length-control:]
}

// Mask leaves of a number what its owner needs to recognise it: "160-…-23".
func Mask(number string) string {
	if len(number) != length {
		return ""
	}
	return number[:bank] + "-…-" + number[length-control:]
}

// IBAN writes a checked number in its international form (ISO 13616): RS, two
// control digits and the eighteen digits. It is "" for no account.
func IBAN(number string) string {
	if len(number) != length {
		return ""
	}
	return country + fmt.Sprintf("%02d", 98-mod97(number+lettersRS+"00")) + number
}

// lettersRS is "RS" as ISO 7064 counts letters: A is 10, Z is 35.
const lettersRS = "2728"

// ParseIBAN reads a Serbian IBAN, groups of four and small letters allowed, and
// gives the eighteen digits. Both pairs of control digits must fit.
func ParseIBAN(s string) (string, error) {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	number, found := strings.CutPrefix(s, country)
	if !found || len(number) != 2+length || !digits(number) {
		return "", fmt.Errorf("an IBAN of Serbia has RS and twenty digits: %w", ErrForm)
	}
	if mod97(number[2:]+lettersRS+number[:2]) != 1 {
		return "", ErrCheck
	}
	if err := Check(number[2:]); err != nil {
		return "", err
	}
	return number[2:], nil
}

func controlOf(s string) string { return fmt.Sprintf("%02d", 98-mod97(s+"00")) }

func mod97(s string) int {
	rest := 0
	for i := range len(s) {
		rest = (rest*10 + int(s[i]-'0')) % 97
	}
	return rest
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
