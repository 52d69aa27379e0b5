package sms

import (
	"strings"
	"unicode/utf16"
)

// Coding is the alphabet in which a text goes.
type Coding string

// The codings of 3GPP TS 23.038: seven bits, or two bytes as soon as one sign is not of those.
const (
	GSM7 Coding = "gsm7"
	UCS2 Coding = "ucs2"
)

// The signs of the default alphabet, and those that take two places in it.
const (
	basic    = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "\f^{}\\[~]|€"
)

// How much a text holds that is alone, and one that is a part of several.
const (
	alone7, part7   = 160, 153
	alone16, part16 = 70, 67
)

// Measure says in which coding a text goes and in how many parts. Nothing that is one sign is
// torn between two of them.
func Measure(text string) (Coding, int) {
	coding, alone, part := GSM7, alone7, part7
	for _, r := range text {
		if !strings.ContainsRune(basic, r) && !strings.ContainsRune(extended, r) {
			coding, alone, part = UCS2, alone16, part16
			break
		}
	}
	all, parts, in := 0, 1, 0
	for _, r := range text {
		size := 1
		if coding == UCS2 {
			size = utf16.RuneLen(r)
		} else if strings.ContainsRune(extended, r) {
			size = 2
		}
		if all += size; in+size > part {
			parts, in = parts+1, 0
		}
		in += size
	}
	if all <= alone {
		parts = 1
	}
	return coding, parts
}

// Fit writes a text with the signs of a keyboard in place of those of a printer, where it then
// takes fewer parts.
func Fit(text string) string {
	plain := strings.NewReplacer("„", `"`, "“", `"`, "”", `"`, "«", `"`, "»", `"`, "‚", "'", "‘", "'", "’", "'", "–", "-", "—", "-", "‑", "-", "…", "...", "\u00a0", " ", "\u202f", " ").Replace(text)
	_, before := Measure(text)
	if _, after := Measure(plain); after < before {
		return plain
	}
	return text
}
