package portal

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// A form that is sent by somebody who has to sign in first, or more surely, is not lost: it
// goes with the browser, sealed, to the provider and back. Nothing of it is kept here, and it
// opens once, for whoever comes back from that very sign-in.
const (
	heldPage   = "/held"
	heldCookie = "dobosh-held-"
	heldLife   = 30 * time.Minute
	heldPart   = 3800 // characters in a cookie; browsers keep 4096 bytes
	heldParts  = 4
)

// heldForm is what is taken along.
type heldForm struct {
	Path    string     `json:"path"`
	Account string     `json:"account"` // to which the answers of several steps were sealed; empty for nobody
	Surely  bool       `json:"surely"`  // known more surely than by a contact: then what they filled is for nobody else
	Values  url.Values `json:"values"`
}

// hold takes a form along where signing in is what its sender has to do first. The error
// stays the same; its page says that nothing is lost. What is too large to travel, and files,
// are not taken.
func (v *Visit) hold(page Page, err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || v.SignIn == nil || v.R.Method != http.MethodPost || !slices.Contains([]string{"sign-in-needed", "sign-in-again", "level-too-low"}, p.Code) {
		return err
	}
	if v.R.PostForm == nil && (v.R.ContentLength <= 0 || v.R.ContentLength > FormMax || v.spend() != nil || v.readForm() != nil) || len(v.R.PostForm) == 0 {
		return err // what does not say how small it is was not sent by one of our pages, and is not read
	}
	path := local(v.R.URL.EscapedPath(), nil)
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the program instead
	name := base64.RawURLEncoding.EncodeToString(nonce)
	sealed, sealing := v.Forms.sealHeld(name, heldForm{path, v.Actor.Account, v.Actor.Account != "" && v.Actor.Level != act.LevelContact, v.R.PostForm})
	if sealing != nil || len(sealed) > heldPart*heldParts {
		return err
	}
	for i := range heldParts {
		part := sealed[min(len(sealed), i*heldPart):min(len(sealed), (i+1)*heldPart)]
		v.setHeld(i, part)
	}
	if !page.Refills {
		path = heldPage
	}
	v.resume = local(path, url.Values{"held": {name}})
	return err
}

// setHeld writes one of the cookies in which a form travels; an empty part removes it.
func (v *Visit) setHeld(i int, part string) {
	age := int(heldLife / time.Second)
	if part == "" {
		age = -1
	}
	http.SetCookie(v.W, &http.Cookie{
		Name: heldCookie + fmt.Sprint(i), Value: part, Path: "/", MaxAge: age, Secure: v.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// held is the form that came back with its sender; false for none. It opens once.
func (v *Visit) held() (h heldForm, ok bool) {
	name := v.R.URL.Query().Get("held")
	if name == "" || v.R.Method != http.MethodGet {
		return h, false
	}
	var sealed string
	for i := range heldParts {
		if c, err := v.R.Cookie(heldCookie + fmt.Sprint(i)); err == nil {
			sealed += c.Value
			v.setHeld(i, "")
		}
	}
	if sealed == "" || v.Forms.openHeld(name, sealed, &h) != nil {
		return heldForm{}, false
	}
	// Who steps up from a contact gets another account. Where somebody surer has left a form, and another signs in at that
	// browser, it is not theirs to read or to send.
	if h.Surely && h.Account != v.Actor.Account {
		return heldForm{}, false
	}
	return h, true
}

// sendHeld shows that the answers of a form of several steps, or of a form without a page of
// its own, are still there: one tap sends them.
func (v *Visit) sendHeld() error {
	h, ok := v.held()
	if !ok {
		return stale(nil)
	}
	v.Here = "/"
	q := Question{Title: v.Say("held.title"), Lead: []string{v.Say("held.lead")}, Action: h.Path, Button: v.Say("held.button"), Links: []Link{{URL: "/", Text: v.Say("problem.home")}}}
	for _, name := range slices.Sorted(maps.Keys(h.Values)) {
		for _, value := range h.Values[name] {
			if name == "form" {
				value = v.Forms.handOver(value, h.Account, v.Actor.Account)
			}
			q.Hidden = append(q.Hidden, Hidden{name, value})
		}
	}
	return v.Ask(q)
}

// handOver seals the answers of a form of several steps to the account that its sender has
// now. What is none stays as it is, and is refused where it is read.
func (s FormSealer) handOver(sealed, from, to string) string {
	var answers json.RawMessage
	ends, err := s.Open(from, sealed, &answers)
	if err != nil {
		return sealed
	}
	again, err := s.Seal(to, ends, answers)
	if err != nil {
		return sealed
	}
	return again
}

func (s FormSealer) sealHeld(name string, h heldForm) (string, error) {
	plain, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(plain); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(packed.Bytes(), []byte("held "+name))), nil
}

func (s FormSealer) openHeld(name, sealed string, h *heldForm) error {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return err
	}
	packed, err := s.Sealer.Open(raw, []byte("held "+name))
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 4*FormMax))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, h)
}
