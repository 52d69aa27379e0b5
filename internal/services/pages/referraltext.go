package pages

import (
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// untilBy says by when a referral is to be decided, with the provision.
func untilBy(v *portal.Visit, ref services.Referral) lang.Text {
	last := lastDay(ref.Until)
	return ref.UntilBy.Map(func(source lang.Tag, cite string) string {
		return v.Catalogue.Say(source, "referral.until-by", "day", lang.Day(last, source), "by", cite)
	})
}

// upperFirst begins a label that the pack gives as the middle of a sentence.
func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
