package contracts

import (
	"testing"

	"dobosh/internal/testkit/acts"
)

// Every act is held to the bad inputs that its own definition knows, and reads
// nothing of who may not do it.
func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	all, err := new(Room).Acts()
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]map[string]any{
		"contract.propose": {}, "contract.approve": {"version": 1}, "contract.amend": {"version": 1}, "contract.withdraw": {"version": 1},
		"contract.refuse": {"version": 1, "reason": "Тражите превише."}, "contract.end-proposed": {"reason": "Не треба."},
		"contract.end": {"reason": "Не треба."}, "contract.end-named": {"contract": "C-2026-AAAA-BBBB-C", "reason": "Не треба."},
	}
	seen := 0
	for _, a := range all {
		if body, changes := good[a.Name]; changes {
			seen++
			acts.Refuses(t, a, officer, map[string]string{"proposal": "p", "contract": "c"}, body)
		}
	}
	if seen != len(good) {
		t.Errorf("%d of %d acts were held to it", seen, len(good))
	}
}
