package payments

import (
	"errors"
	"fmt"
)

// ErrAccount says that a text is no account number.
var ErrAccount = errors.New("not an account number: 18 digits whose control number fits")

// control gives the two digits that end an account of a bank (3 digits) and its
// number (13 digits): 98 minus the remainder modulo 97 of both with "00" behind
// (ISO 7064, MOD 97-10, as the National Bank of Serbia uses it).
func control(bank, number int64) int64 {
	// Piecewise, because 18 digits of nines times anything would not fit.
	rest := bank % 97
	rest = (rest*10_000_000_000_000 + number) % 97
	return 98 - rest*100%97
}

// MakeAccount builds the account number of a bank (0 to 999) and the number of
// an account there (0 to 9999999999999).
func MakeAccount(bank, number int64) string {
	return fmt.Sprintf("%03d%013d%02d", bank, number, control(bank, number))
}

// CheckAccount returns nil or ErrAccount.
func CheckAccount(account string) error {
	var bank, number int64
	if len(account) != 18 {
		return ErrAccount
	}
	for i := range 16 {
		digit := int64(account[i]) - '0'
		if digit < 0 || digit > 9 {
			return ErrAccount
		}
		if i < 3 {
			bank = bank*10 + digit
		} else {
			number = number*10 + digit
		}
	}
	if MakeAccount(bank, number) != account {
		return ErrAccount
	}
	return nil
}
