package births

import (
	"context"
	"fmt"
	"strconv"

	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// order counts the child of a draft among the live births of its mother, twins
// in the order of entry. It is nil for a child that was not born alive, when the
// registrar says it is not known, and when it was not known for an earlier child
// and is not stated now.
//
// A registrar knows of children born elsewhere and may state more births than
// are recorded, never fewer.
func order(ctx context.Context, tx *storage.Tx, d draft) (*int, error) {
	if !d.Live {
		return nil, nil
	}
	var births, ordered, last int
	err := tx.QueryRowContext(ctx,
		`select count(*), count(birth_order), coalesce(max(birth_order), 0) from civil_births where mother = $1 and live`,
		d.mother.Person).Scan(&births, &ordered, &last)
	if err != nil {
		return nil, fmt.Errorf("order of birth: %w", err)
	}
	before, stated := max(births, last), d.PreviousLiveBirths
	if stated > 0 && stated < before {
		return nil, problem.New(problem.Invalid, "entry-invalid").
			At("previous_live_births", "previous-births-too-few", "recorded", strconv.Itoa(before))
	}
	if d.OrderUnknown || ordered < births && stated == 0 {
		return nil, nil
	}
	return new(max(before, stated) + 1), nil
}
