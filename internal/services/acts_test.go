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

func TestACorrectionRefusesWhatItsFieldsDoNotTake(t *testing.T) {
	correct, err := Correcting(new(Room))
	if err != nil {
		t.Fatal(err)
	}
	acts.Refuses(t, correct, act.As("officer", identity.Officer), map[string]string{"id": "r", "fact": "child.order"},
		map[string]any{"version": 1, "value": "2", "kind": "document", "source": "извод 1/2026", "reason": "погрешан упис"})
}
