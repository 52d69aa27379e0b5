package portal

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
)

// SealedMax is how much a form of several steps may hold, in characters.
const SealedMax = 16 << 10

// FormSealer closes the answers of a form of several steps, which travel with
// the browser: nobody reads them in the page and nobody changes them on the
// way. A sealed form belongs to one account and ends.
type FormSealer struct{ *seal.Sealer }

type sealedAnswers struct {
	Ends    int64           `json:"ends"` // seconds
	Answers json.RawMessage `json:"answers"`
}

// Seal gives the problem form-too-large for answers that no form may hold.
func (s FormSealer) Seal(account string, ends time.Time, answers any) (string, error) {
	inner, err := json.Marshal(answers)
	if err != nil {
		return "", fmt.Errorf("seal form: %w", err)
	}
	plain, err := json.Marshal(sealedAnswers{ends.Unix(), inner})
	if err != nil {
		return "", fmt.Errorf("seal form: %w", err)
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(plain, []byte(account)))
	if len(sealed) > SealedMax {
		return "", problem.New(problem.TooLarge, "form-too-large")
	}
	return sealed, nil
}

// Open gives the problem form-stale for a form that was made before the last
// start of this node, or is somebody else's. Whether it has ended decides the
// caller.
func (s FormSealer) Open(account, sealed string, answers any) (ends time.Time, err error) {
	if len(sealed) > SealedMax {
		return ends, problem.New(problem.TooLarge, "form-too-large")
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return ends, stale(err)
	}
	plain, err := s.Sealer.Open(raw, []byte(account))
	if err != nil {
		return ends, stale(err)
	}
	var a sealedAnswers
	if err := json.Unmarshal(plain, &a); err != nil {
		return ends, stale(err)
	}
	if err := json.Unmarshal(a.Answers, answers); err != nil {
		return ends, stale(err) // of a release before this one
	}
	return time.Unix(a.Ends, 0), nil
}

func stale(err error) *problem.Problem {
	return problem.New(problem.Conflict, "form-stale").Because(err)
}
