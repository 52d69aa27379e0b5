// Package jmbg reads the Serbian unique citizen number (JMBG): seven digits
// of the birth date, two of the region, three of sex and order, one of
// control. A number never prints itself by accident: logs and formats get a
// mask, only String gives the digits.
package jmbg

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/kit/civil"
)

// The ways in which a number can be wrong.
var (
	ErrForm  = errors.New("a citizen number has thirteen digits")
	ErrDate  = errors.New("the citizen number begins with a date that does not exist")
	ErrCheck = errors.New("the control digit of the citizen number does not fit")
)

// Sex as the number encodes it.
type Sex string

// Orders 000 to 499 are given to men, 500 to 999 to women.
const (
	Male   Sex = "male"
	Female Sex = "female"
)

// Number is a checked citizen number; the zero Number is none.
type Number struct{ digits string }

// Parse checks form, date and control digit. The control digit is 11 minus
// the weighted sum modulo 11; where that gives 10 or 11 the digit is 0.
// Sources differ on 10 (some say such numbers are not issued), so it is
// accepted.
func Parse(s string) (Number, error) {
	if len(s) != 13 {
		return Number{}, ErrForm
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return Number{}, ErrForm
		}
	}
	n := Number{s}
	if born := n.Born(); born.Dom() != n.at(0)*10+n.at(1) || int(born.Month()) != n.at(2)*10+n.at(3) {
		return Number{}, ErrDate
	}
	if n.at(12) != control(s) {
		return Number{}, ErrCheck
	}
	return n, nil
}

// Make builds a number for a day, a region (0 to 99) and an order (0 to 999).
func Make(born civil.Day, region, order int) Number {
	s := fmt.Sprintf("%02d%02d%03d%02d%03d", born.Dom(), born.Month(), born.Year()%1000, region%100, order%1000)
	return Number{s + string(rune('0'+control(s)))}
}

func control(s string) int {
	sum := 0
	for i := range 6 {
		sum += (7 - i) * (int(s[i]-'0') + int(s[i+6]-'0'))
	}
	if k := 11 - sum%11; k < 10 {
		return k
	}
	return 0
}

func (n Number) at(i int) int { return int(n.digits[i] - '0') }

// Born is the day of birth. Years of 800 and more are of the second
// millennium, the others of the third.
func (n Number) Born() civil.Day {
	year := n.at(4)*100 + n.at(5)*10 + n.at(6)
	if year >= 800 {
		year += 1000
	} else {
		year += 2000
	}
	return civil.Date(year, time.Month(n.at(2)*10+n.at(3)), n.at(0)*10+n.at(1))
}

// Sex as encoded in the order.
func (n Number) Sex() Sex {
	if n.at(9) < 5 {
		return Male
	}
	return Female
}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n.digits == "" }

// String gives the thirteen digits. Everything else that prints a Number
// gives a mask.
func (n Number) String() string { return n.digits }

// Format masks the number in every verb of package fmt.
func (n Number) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("·············")) }

// LogValue masks the number in logs.
func (n Number) LogValue() slog.Value { return slog.StringValue("·············") }
