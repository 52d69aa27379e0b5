package services

import (
	"context"
	"fmt"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/law"
	"dobosh/internal/rules"
)

// dismissalForm is the form of the pack that an officer fills in who ends a
// referral without an offer. It asks at least for the reason.
const dismissalForm = "dismissal"

// Referring is what ending a referral needs of the room.
type Referring interface {
	Referral(ctx context.Context, by act.Actor, id string) (Referral, error)
	DraftDismiss(ctx context.Context, by act.Actor, id string, version int, reason string) (number string, err error)
}

// Dismissal ends a referral without an offer. What it asks for is the law's to
// say: a form of the pack.
func Dismissal(pack *law.Pack, room Referring) (act.Act, error) {
	form, ok := pack.Form(dismissalForm)
	if !ok {
		return act.Act{}, fmt.Errorf("the pack has no form %q", dismissalForm)
	}
	asked, err := rules.FormFields(form)
	if err != nil {
		return act.Act{}, err
	}
	id, err := act.OfValue("id", act.Code, act.InPath())
	if err != nil {
		return act.Act{}, err
	}
	version, err := act.OfValue("version", act.Version)
	if err != nil {
		return act.Act{}, err
	}
	return act.Def[act.Values, string]{
		Name: "referral.dismiss", Page: "/desk/referrals/{id}/dismiss", Right: RightToDecide(),
		Fields: append([]act.Field[act.Values]{id, version}, asked...),
		Begin: func(ctx context.Context, by act.Actor, in *act.Values) error {
			ref, err := room.Referral(ctx, by, in.One("id"))
			(*in)["version"] = []string{strconv.Itoa(ref.Version)}
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in act.Values) (string, error) {
			n, err := strconv.Atoi(in.One("version"))
			if err != nil {
				return "", err
			}
			return room.DraftDismiss(ctx, by, in.One("id"), n, in.One("reason"))
		},
	}.Act()
}
