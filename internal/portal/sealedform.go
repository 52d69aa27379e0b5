package portal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/kit/problem"
)

const SealedMax = 16 << 10 // characters

// FormSealer closes the answers of a form of several steps, which travel with
// the browser: nobody reads them in the page and nobody changes them on the
// way. A sealed form belongs to one account and ends.
type FormSealer struct{ aead cipher.AEAD }

func newFormSealer(key []byte) (FormSealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return FormSealer{}, fmt.Errorf("key of forms: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return FormSealer{aead}, err
}

type sealedAnswers struct {
	Ends    int64           `json:"ends"` // seconds
	Answers json.RawMessage `json:"answers"`
}

func (s FormSealer) Seal(account string, ends time.Time, answers any) (string, error) {
	inner, err := json.Marshal(answers)
	if err != nil {
		return "", fmt.Errorf("seal form: %w", err)
	}
	plain, err := json.Marshal(sealedAnswers{ends.Unix(), inner})
	if err != nil {
		return "", fmt.Errorf("seal form: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(account))), nil
}

// open gives the problem form-stale for a form that has ended, was made before
// the last start of this node, or is somebody else's.
func (s FormSealer) Open(account, sealed string, now time.Time, answers any) error {
	stale := func(err error) error { return problem.New(problem.Conflict, "form-stale").Because(err) }
	if len(sealed) > SealedMax {
		return problem.New(problem.TooLarge, "form-too-large")
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return stale(err)
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(account))
	if err != nil {
		return stale(err)
	}
	var a sealedAnswers
	if err := json.Unmarshal(plain, &a); err != nil {
		return stale(err)
	}
	if now.Unix() > a.Ends {
		return stale(nil)
	}
	return json.Unmarshal(a.Answers, answers)
}
