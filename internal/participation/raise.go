package participation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/script"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// Names of fields of the form of a voice that mean something here. Whatever else a form asks for stands in the text.
const (
	publicField = "public"
	placeField  = "place"
	textField   = "text"
)

// Raise takes what somebody has to say, as the form of its kind asks for it, and gives the number of its case. The same on the
// same day is one case.
//
// Problems: sign-in-needed, level-too-low, too-often.
func (r *Room) Raise(ctx context.Context, by act.Actor, kind law.CaseKind, in act.Values) (number string, err error) {
	if err := rightToRaise().Check(by, act.Scope{}); err != nil {
		return "", err
	}
	person := by.Is(sector)
	if person == "" {
		return "", unknown()
	}
	if err := r.raises.Spend(ctx, person); err != nil {
		return "", err
	}
	form, _ := r.Pack.Form(kind.Raise)
	raised := Raised{Subject: in.One(law.VoiceSubject), Body: r.told(form, in)}
	sum := sha256.Sum256([]byte(raised.Subject + "\x00" + raised.Body + "\x00" + civil.Of(r.Now()).String()))
	about := hex.EncodeToString(sum[:])

	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, begun, err := r.Cases.Open(ctx, tx, cases.Opening{
			Kind: kind.ID, About: about, Whom: person, Source: "page", Person: person, Sector: sector, Place: in.One(placeField), Channel: cases.ByPage,
			Said: strings.TrimSpace(raised.Subject + "\n\n" + raised.Body),
		})
		if err != nil {
			return fmt.Errorf("raise: %w", err)
		}
		number = c.Number
		if !begun {
			if in.One(publicField) != "yes" { // the last word on that counts where it is no
				return hide(ctx, tx, c.ID)
			}
			return nil
		}
		v := Voice{Case: c.ID, Number: c.Number, Kind: kind.ID, Person: person, Place: c.Place, Agreed: in.One(publicField) == "yes", At: r.Now()}
		if v.raised, err = r.sealRaised(c.ID, raised); err != nil {
			return err
		}
		_, err = voices.Insert(ctx, tx, "", v)
		return err
	})
	return number, err
}

// told says what was answered to the fields that mean nothing to the room, each with its label in the script in which the subject
// is written, and the text.
func (r *Room) told(form law.Form, in act.Values) string {
	var lines []string
	tag := lang.SrCyrl
	if subject := in.One(law.VoiceSubject); script.Latin(subject) == subject {
		tag = lang.SrLatn
	}
	for _, f := range form.Fields {
		value := in.One(f.Name)
		if value == "" {
			continue
		}
		switch f.Name {
		case law.VoiceSubject, publicField:
		case textField:
			lines = append(lines, value)
		case placeField:
			if place, ok := r.Pack.Place(value); ok {
				lines = append(lines, f.Label.In(tag)+": "+place.Name.In(tag))
			}
		default:
			lines = append(lines, f.Label.In(tag)+" "+value)
		}
	}
	return strings.Join(lines, "\n")
}

// Raising are the acts with which people raise something: one for each kind, which asks what the form of the pack asks.
func (r *Room) Raising() (acts []act.Act, err error) {
	for _, kind := range r.Kinds() {
		form, ok := r.Pack.Form(kind.Raise)
		if !ok {
			return nil, fmt.Errorf("the pack has no form with which a case of kind %q is begun", kind.ID)
		}
		fields, err := rules.FormFields(form)
		if err != nil {
			return nil, err
		}
		for i := range fields {
			if fields[i].Kind == act.Place {
				fields[i].Options = r.places
			}
		}
		a, err := act.Def[act.Values, string]{
			Name: "voice.raise", Page: "/raise/" + kind.ID, Right: rightToRaise(), Fields: fields,
			Do: func(ctx context.Context, by act.Actor, in act.Values) (string, error) {
				return r.Raise(ctx, by, kind, in)
			},
		}.Act()
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, nil
}

// places are those of today.
func (r *Room) places(context.Context) (options []act.Option) {
	today := civil.Of(r.Now())
	for _, p := range r.Pack.Places() {
		if p.Holds(today) && p.Within != "" {
			options = append(options, act.Option{Value: p.Code, Says: p.Name})
		}
	}
	return options
}
