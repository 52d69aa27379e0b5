package births

import (
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/testkit/acts"
)

func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	all, err := new(Registrar).Acts()
	if err != nil {
		t.Fatal(err)
	}
	acts.Refuses(t, all[0], act.System("hospital", identity.Registrar), nil, map[string]any{
		"token": "0123456789", "given_name": "Лена", "family_name": "Примерић", "sex": "female", "settlement": "zr-01", "born": "2026-11-19", "live": true,
		"number": "1403996835015", "mother": "m", "father": "f", "father_unknown": false, "previous_live_births": 0, "order_unknown": false,
	})
}
