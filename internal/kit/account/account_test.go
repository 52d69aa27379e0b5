package account_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dobosh/internal/kit/account"
)

// Accounts that the National Bank and public bodies print.
var known = map[string]string{
	"840-955845-10":          "840000000095584510",
	"840-743324843-18":       "840000074332484318",
	"265-1660310005042-68":   "265166031000504268",
	"845-404849-87":          "845000000040484987",
	"840-742221843-57":       "840000074222184357",
	"165-55-74":              "165000000000005574",
	"310-1234567891211-86":   "310123456789121186",
	"  165-0000000000055-74": "165000000000005574",
	"165000000000005574":     "165000000000005574",
	// As it comes from a card, a contract, a telephone or a page of a bank.
	"840–955845–10":                     "840000000095584510", // en dashes
	"840 — 955845 — 10":                 "840000000095584510",
	"840\u2011955845\u221210":           "840000000095584510", // a hyphen that does not break, a minus
	"840 955845 10":                     "840000000095584510",
	"8400 0000 0095 5845 10":            "840000000095584510",
	"265\u00a01660310005042\u00a068":    "265166031000504268",
	"RS35260005601001611379":            "260005601001611379",
	"rs35 2600 0560 1001 6113 79":       "260005601001611379",
	"IBAN RS35 2600 0560 1001 6113 79":  "260005601001611379",
	"IBAN: rs35-2600-0560-1001-6113-79": "260005601001611379",
	"ИБАН РС35 2600 0560 1001 6113 79":  "260005601001611379", // by a Cyrillic keyboard
	"рс35260005601001611379":            "260005601001611379",
	"840\u200b-955845\u00ad-10\ufeff":   "840000000095584510", // what a page leaves in it
	"\u202a840-955845-10\u202c":         "840000000095584510",
}

func TestParse(t *testing.T) {
	for written, full := range known {
		got, err := account.Parse(written)
		if err != nil || got != full {
			t.Errorf("%q: got %q, %v; want %q", written, got, err, full)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]error{
		"":                       account.ErrForm,
		"-":                      account.ErrForm,
		"--":                     account.ErrForm,
		"165-55":                 account.ErrForm,
		"165--74":                account.ErrForm,
		"165-55-7":               account.ErrForm,
		"16-55-74":               account.ErrForm,
		"165-55-74-1":            account.ErrForm,
		"165-12345678901234-74":  account.ErrForm,
		"165-5a-74":              account.ErrForm,
		"165-5٥-74":              account.ErrForm, // a digit, but not of ours
		"16500000000000557":      account.ErrForm,
		"1650000000000055740":    account.ErrForm,
		"DE35260005601001611379": account.ErrForm,
		"RS36260005601001611379": account.ErrCheck,
		"165\n-55-74":            account.ErrForm,
		"165-55-75":              account.ErrCheck,
		"165-56-74":              account.ErrCheck,
		"165000000000005547":     account.ErrCheck,
		strings.Repeat("-", 1e6): account.ErrForm,
	}
	for written, want := range cases {
		if _, err := account.Parse(written); !errors.Is(err, want) {
			t.Errorf("%.40q: got %v, want %v", written, err, want)
		}
	}
}

func TestErrorsDoNotRepeatTheNumber(t *testing.T) {
	for _, s := range []string{"165-55-75", "16500000000000557", "RS00165000000000005574"} {
		_, err := account.Parse(s)
		_, ibanErr := account.ParseIBAN(s)
		if text := fmt.Sprint(err, ibanErr); strings.Contains(text, "55") {
			t.Errorf("the error shows the number: %s", text)
		}
	}
}

func TestForms(t *testing.T) {
	const number = "840000000095584510"
	for name, got := range map[string][2]string{
		"display": {account.Display(number), "840-955845-10"},
		"mask":    {account.Mask(number), "840-…-10"},
		"bank":    {account.Bank(number), "840"},
		"zeroes":  {account.Display(account.Make(160, 0)), "160-0-" + account.Make(160, 0)[16:]},
		"none":    {account.Display("") + account.Mask("165-55-74") + account.IBAN("") + account.Bank("1"), ""},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", name, got[0], got[1])
		}
	}
}

// The example of Serbia in the IBAN registry of SWIFT.
func TestIBANOfTheRegistry(t *testing.T) {
	const iban, number = "RS35260005601001611379", "260005601001611379"
	if got := account.IBAN(number); got != iban {
		t.Errorf("got %s, want %s", got, iban)
	}
	if got, err := account.ParseIBAN("RS35 2600 0560 1001 6113 79"); err != nil || got != number {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestParseIBANRefuses(t *testing.T) {
	cases := map[string]error{
		"":                         account.ErrForm,
		"RS":                       account.ErrForm,
		"DE35260005601001611379":   account.ErrForm,
		"RS3526000560100161137":    account.ErrForm,
		"RS352600056010016113790":  account.ErrForm,
		"RS3526000560100161137a":   account.ErrForm,
		"RS36260005601001611379":   account.ErrCheck,
		"RS35260005601001611397":   account.ErrCheck,
		"rs36260005601001611379":   account.ErrCheck,
		withFittingIBAN("160", 12): account.ErrCheck,
	}
	for s, want := range cases {
		if _, err := account.ParseIBAN(s); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", s, err, want)
		}
	}
}

// withFittingIBAN makes an IBAN whose own control fits around an account whose
// control does not.
func withFittingIBAN(bank string, control int) string {
	return account.IBAN(fmt.Sprintf("%s%013d%02d", bank, 7, control))
}

func TestEveryNumberMadeIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := account.Make(rapid.Int64Range(0, 999).Draw(t, "bank"), rapid.Int64Range(0, 1e13-1).Draw(t, "number"))
		for _, form := range []string{number, account.Display(number)} {
			if got, err := account.Parse(form); err != nil || got != number {
				t.Fatalf("%s: %s, %v", form, got, err)
			}
		}
		iban := account.IBAN(number)
		if got, err := account.ParseIBAN(iban); err != nil || got != number {
			t.Fatalf("%s: %s, %v", iban, got, err)
		}
		moved, _ := new(big.Int).SetString(iban[4:]+"2728"+iban[2:4], 10)
		if rest := moved.Mod(moved, big.NewInt(97)); rest.Int64() != 1 {
			t.Fatalf("%s leaves %d by 97, not 1", iban, rest)
		}
	})
}

// MOD 97-10 finds every single wrong digit and every swap of neighbours.
func TestEverySlipIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := account.Make(rapid.Int64Range(0, 999).Draw(t, "bank"), rapid.Int64Range(0, 1e13-1).Draw(t, "number"))
		at := rapid.IntRange(0, 16).Draw(t, "at")
		slip := []byte(number)
		if rapid.Bool().Draw(t, "swap") {
			slip[at], slip[at+1] = slip[at+1], slip[at]
		} else {
			slip[at] = '0' + (slip[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		if string(slip) != number && account.Check(string(slip)) == nil {
			t.Fatalf("%s passes for %s", slip, number)
		}
	})
}

func FuzzParse(f *testing.F) {
	for written := range known {
		f.Add(written)
	}
	f.Fuzz(func(t *testing.T, s string) {
		number, err := account.Parse(s)
		if err != nil {
			return
		}
		if again, err := account.Parse(account.Display(number)); err != nil || again != number {
			t.Fatalf("%q is %s and then %s, %v", s, number, again, err)
		}
	})
}
