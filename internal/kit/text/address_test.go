package text

import "testing"

func TestAnAddressIsReadInItsOwnLetters(t *testing.T) {
	for kept, want := range map[string]string{
		"jovan@xn--e1afmkfd.xn--90a3ac": "jovan@пример.срб", "ana@example.rs": "ana@example.rs", "민@xn--3e0b707e.kr": "민@한국.kr",
		"a@xn--a.rs": "a@xn--a.rs", "no address": "no address", "": "",
	} {
		if got := ReadableAddress(kept); got != want {
			t.Errorf("%s is read as %s", kept, got)
		}
	}
}
