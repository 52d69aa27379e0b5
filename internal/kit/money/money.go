// Package money counts in whole para, the hundredth of a dinar, so that sums
// are exact.
package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dobosh/internal/kit/lang"
)

// ErrNotAnAmount is the cause of every failed [Parse].
var ErrNotAnAmount = errors.New("not an amount in dinars")

// Para is an amount in hundredths of a dinar.
type Para int64

// Dinars returns n whole dinars.
func Dinars(n int64) Para { return Para(n * 100) }

// Parse reads "300000" or "300000.50". Amounts are not negative and stay
// under a thousand million dinars.
func Parse(s string) (Para, error) {
	whole, cents, hasCents := strings.Cut(s, ".")
	if len(whole) == 0 || len(whole) > 9 || hasCents && len(cents) != 2 || !digits(whole) || !digits(cents) {
		return 0, fmt.Errorf("%w: %.20q", ErrNotAnAmount, s)
	}
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotAnAmount, err)
	}
	return Para(n), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Decimal writes the amount with two decimals and a point, as data formats
// want it: "300000.00".
func (p Para) Decimal() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	return fmt.Sprintf("%s%d.%02d", sign, p/100, p%100)
}

// In writes the amount for people: "300.000" in Serbian, "300,000" in
// English; para are shown only where there are any.
func (p Para) In(tag lang.Tag) string {
	return lang.Number(strings.TrimSuffix(p.Decimal(), ".00"), tag)
}
