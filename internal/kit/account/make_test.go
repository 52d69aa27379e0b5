package account_test

import (
	"strings"
	"testing"

	"dobosh/internal/kit/account"

	"pgregory.net/rapid"
)

func TestControlDigitsOfBanks(t *testing.T) {
	for _, c := range []struct {
		bank, number int64
		want         string
	}{
		{840, 955845, "840000000095584510"}, {310, 1234567891211, "310123456789121186"}, {265, 1660310005042, "265166031000504268"},
	} {
		if got := account.Make(c.bank, c.number); got != c.want {
			t.Errorf("account.Make(%d, %d) = %s, want %s", c.bank, c.number, got, c.want)
		}
	}
}

func TestMadeNumbersPassAndOneWrongDigitDoesNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := account.Make(rapid.Int64Range(0, 999).Draw(t, "bank"), rapid.Int64Range(0, 9999999999999).Draw(t, "number"))
		if err := account.Check(number); err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		wrong, at := []byte(number), rapid.IntRange(0, 17).Draw(t, "at")
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if account.Check(string(wrong)) == nil {
			t.Fatalf("%s for %s is accepted", wrong, number)
		}
	})
	for _, s := range []string{"", "1", "99900000000000010x", "９99000000000000101"[:18], strings.Repeat("9", 19), "-99000000000000101"} {
		if account.Check(s) == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}
