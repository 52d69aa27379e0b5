package services

import (
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/testkit/acts"
)

func TestCounterActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	all, err := new(Room).CounterActs(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	acts.Refuses(t, all[1], act.System("counter", identity.Officer), map[string]string{"offer": "o"}, map[string]any{"version": 1, "number": "1403996835015"})
}
