package registers

import (
	"errors"

	"dobosh/internal/kit/jmbg"
)

// NumberFault is the code of what is wrong with a national number, from the
// error of [jmbg.Parse].
func NumberFault(err error) string {
	switch {
	case errors.Is(err, jmbg.ErrDate):
		return "number-date"
	case errors.Is(err, jmbg.ErrCheck):
		return "number-check"
	}
	return "number-form"
}
