package births

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
)

const (
	// maxName is the length of a given or family name in characters.
	maxName = 60
	// maxPrevious bounds the live births before this one.
	maxPrevious = 30
	// maxChecked is the length of what a registrar says was checked.
	maxChecked = 500
)

// Fields are what a registrar is asked about a birth, on a page or by a system.
// Names are written in any script: members of national minorities have theirs
// entered in their own spelling (Law on Registers, Official Gazette RS 20/2009,
// art. 17).
func Fields() []act.Field[Entry] {
	return []act.Field[Entry]{
		act.OfCode("token", func(e *Entry) *string { return &e.Token }, act.Most(64), act.Missing("token-malformed")),
		act.OfName("given_name", func(e *Entry) *string { return &e.GivenName }, act.Most(maxName), act.Says("birth.given")),
		act.OfName("family_name", func(e *Entry) *string { return &e.FamilyName }, act.Most(maxName), act.Says("birth.family")),
		act.OfChoice("sex", func(e *Entry) *jmbg.Sex { return &e.Sex }, act.Offering(
			act.Option{Value: string(jmbg.Female), Label: "birth.girl"}, act.Option{Value: string(jmbg.Male), Label: "birth.boy"}),
			act.Missing("sex-missing"), act.Says("birth.sex")),
		act.OfPlace("settlement", func(e *Entry) *string { return &e.Settlement }, act.Missing("place-unknown"), act.Says("birth.place-label")),
		act.OfDay("born", func(e *Entry) *civil.Day { return &e.Born }, act.Missing("born-missing"), act.Says("birth.born")),
		act.OfLine("hour", func(e *Entry) *string { return &e.Hour }, act.Optional(), act.Most(10), act.Says("birth.hour")),
		act.OfYesNo("live", func(e *Entry) *bool { return &e.Live }, act.Says("birth.live")),
		act.OfNational("number", func(e *Entry) *string { return &e.Number }, act.Says("birth.number-label")),
		act.OfPerson("mother", func(e *Entry) *string { return &e.MotherHandle }, act.Optional(), act.Most(2000)),
		act.OfPerson("father", func(e *Entry) *string { return &e.FatherHandle }, act.Optional(), act.Most(2000)),
		act.OfConsent("father_unknown", func(e *Entry) *bool { return &e.FatherUnknown }, act.Optional()),
		act.OfCount("previous_live_births", func(e *Entry) *int { return &e.PreviousLiveBirths }, act.Most(maxPrevious), act.Optional(), act.Says("birth.order-label")),
		act.OfConsent("order_unknown", func(e *Entry) *bool { return &e.OrderUnknown }, act.Optional()),
		act.OfText("checked", func(e *Entry) *string { return &e.Checked }, act.Optional(), act.Most(maxChecked), act.Says("birth.checked")),
	}
}
