package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Bounds of codes. One address gets so few that guessing all their tries for a year finds
// one of a hundred million in less than one of a thousand cases.
const (
	codeDigits = 8
	codeTries  = 5
	codeLife   = 15 * time.Minute
	codesHour  = 5  // to one address
	codesDay   = 12 // to one address
	codeKept   = 24 * time.Hour
)

// destination is where a code goes.
type destination struct {
	Channel Channel  `json:"channel"`
	Address string   `json:"address"`
	Lang    lang.Tag `json:"lang"`
}

// hashOf names an address in a table. Capitals make no other address: whoever types them is
// led to the one that stands, and the code goes to that.
func (id *Identity) hashOf(to destination) string {
	return id.contacts.digest("address", string(to.Channel)+" "+strings.ToLower(to.Address))
}

// codeJob carries a code, or word that somebody else has confirmed an address too; all of it is sealed.
type codeJob struct {
	Sealed []byte `json:"sealed"`
}

type codeLetter struct {
	To   destination `json:"to"`
	Code string      `json:"code"`
	Ends int64       `json:"ends"`
	Adds bool        `json:"adds,omitempty"` // whoever enters it makes the address, and what was begun with it, theirs
	Of   string      `json:"of,omitempty"`   // the address that somebody else has confirmed too; empty for a code
}

// codeQueue carries codes. One that is late is dropped: it opens nothing any more.
func (id *Identity) codeQueue() *work.Queue[codeJob] {
	return &work.Queue[codeJob]{
		Name: "identity.codes", Workers: 4, Timeout: time.Minute, Retry: work.Doubling(2*time.Second, time.Minute),
		Do: func(ctx context.Context, t *work.Try[codeJob]) error {
			plain, err := id.contacts.sealer.Open(t.Job.Sealed, []byte("code"))
			if err != nil {
				return fmt.Errorf("code: %w", err)
			}
			var l codeLetter
			if err := json.Unmarshal(plain, &l); err != nil {
				return fmt.Errorf("code: %w", err)
			}
			if l.Ends <= storage.Micros(id.now()) {
				return nil
			}
			subject, text, short := "code.subject", "code.text", "code.sms"
			values := lang.Values{"body": id.title, "address": l.Of}
			switch {
			case l.Of != "":
				subject, text, short = "shared.subject", "shared.text", "shared.sms"
			case l.Adds:
				subject, text, short = "code.adds.subject", "code.adds.text", "code.adds.sms"
			}
			if l.Code != "" {
				values["code"], values["minutes"] = l.Code[:codeDigits/2]+" "+l.Code[codeDigits/2:], int(codeLife/time.Minute)
			}
			if l.To.Channel == SMS {
				text = short
			}
			return id.post.Carry(ctx, Letter{ID: "code-" + t.Ref, Channel: l.To.Channel, To: l.To.Address, Lang: l.To.Lang, Subject: said().In(subject, values), Body: said().In(text, values)})
		},
	}
}

// sendCode makes the code of an attempt and has it carried. That by which somebody adds the address to their electronic identity
// says so: whoever gets a code while they wait for one to sign in must not take it for that. Where an address got too many it
// makes none and answers the same: nobody learns whether an address is known here, and
// nobody fills a stranger's mailbox.
func (id *Identity) sendCode(ctx context.Context, tx *storage.Tx, attempt string, to destination, adds bool) error {
	now, hashed := id.now(), id.hashOf(to)
	// The code goes to the address as it was confirmed: one that differs in capitals may be
	// somebody else's mailbox.
	if standing, found, err := id.standing(ctx, tx, hashed); err != nil {
		return err
	} else if found {
		to.Address = standing
	}
	var hour, day int
	err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(case when made_at > $1 then 1 else 0 end), 0) from identity_codes where address_hash = $2 and made_at > $3 and code_hash <> ''`,
		storage.Micros(now.Add(-time.Hour)), hashed, storage.Micros(now.Add(-codeKept))).Scan(&day, &hour)
	if err != nil {
		return fmt.Errorf("count codes: %w", err)
	}
	plain, err := json.Marshal(to)
	if err != nil {
		return err
	}
	drawn, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return err
	}
	code, ends, digest := fmt.Sprintf("%0*d", codeDigits, drawn), storage.Micros(now.Add(codeLife)), ""
	if hour < codesHour && day < codesDay {
		digest = id.contacts.digest("code", attempt+" "+code)
	}
	_, err = tx.ExecContext(ctx, `insert into identity_codes (attempt, made_at, address_hash, sealed, code_hash, tries, ends_at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (attempt, made_at) do nothing`,
		attempt, storage.Micros(now), hashed, id.contacts.sealer.Seal(plain, []byte("attempt "+attempt)), digest, codeTries, ends)
	if err != nil {
		return fmt.Errorf("keep code: %w", err)
	}
	if digest == "" {
		return nil
	}
	return id.carry(ctx, tx, codeLetter{To: to, Code: code, Ends: ends, Adds: adds})
}

func (id *Identity) carry(ctx context.Context, tx *storage.Tx, l codeLetter) error {
	letter, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return id.codes.Add(ctx, tx, newID(), codeJob{id.contacts.sealer.Seal(letter, []byte("code"))})
}

// wordLife is how long word that an address is another's too is worth carrying.
const wordLife = 24 * time.Hour

// tellOthers sends word to everybody else who has confirmed an address, at all of their contacts: somebody has shown that they get
// what goes there. Who it is they do not learn.
func (id *Identity) tellOthers(ctx context.Context, tx *storage.Tx, to destination, owner string) error {
	if id.codes == nil {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `select distinct owner from identity_contacts where address_hash = $1 and owner <> $2 and confirmed_at > 0 limit 10`, id.hashOf(to), owner)
	others, err := storage.All(rows, err, func(scan storage.Scan) (other string, err error) {
		err = scan(&other)
		return other, err
	})
	if err != nil {
		return fmt.Errorf("who has confirmed an address too: %w", err)
	}
	for _, other := range others {
		reached, err := id.contactsOf(ctx, tx, other)
		if err != nil {
			return err
		}
		of := ""
		for _, c := range reached {
			if c.hash == id.hashOf(to) {
				of = c.Address
			}
		}
		for _, c := range reached {
			if c.Confirmed.IsZero() {
				continue
			}
			if err := id.carry(ctx, tx, codeLetter{To: destination{c.Channel, c.Address, c.Lang}, Ends: storage.Micros(id.now().Add(wordLife)), Of: of}); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing is an address as it was confirmed first.
func (id *Identity) standing(ctx context.Context, from storage.Reader, hashed string) (string, bool, error) {
	var contact string
	var sealed []byte
	err := from.QueryRowContext(ctx, `select id, sealed from identity_contacts where address_hash = $1 and confirmed_at > 0 order by confirmed_at, id limit 1`, hashed).Scan(&contact, &sealed)
	if errors.Is(err, storage.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("find address: %w", err)
	}
	plain, err := id.contacts.sealer.Open(sealed, []byte("contact "+contact))
	return string(plain), err == nil, err
}

// wrongCode is one answer for all that can be wrong: which it was would help those who guess.
func wrongCode() error {
	return problem.New(problem.Invalid, "form-incomplete").At("code", "code-wrong")
}

// tryCode takes one try of the newest code of an attempt, and says where it went. The try is
// spent whatever comes of it, so the caller's transaction has to commit.
func (id *Identity) tryCode(ctx context.Context, tx *storage.Tx, attempt, typed string) (to destination, right bool, err error) {
	var digest string
	var sealed []byte
	err = tx.QueryRowContext(ctx, `update identity_codes set tries = tries - 1
		where attempt = $1 and made_at = (select max(made_at) from identity_codes where attempt = $1) and ends_at > $2 and tries > 0 returning code_hash, sealed`,
		attempt, storage.Micros(id.now())).Scan(&digest, &sealed)
	if errors.Is(err, storage.ErrNotFound) {
		return to, false, nil
	}
	if err != nil {
		return to, false, fmt.Errorf("try code: %w", err)
	}
	typed = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, typed)
	if digest == "" || !equal(digest, id.contacts.digest("code", attempt+" "+typed)) {
		return to, false, nil
	}
	plain, err := id.contacts.sealer.Open(sealed, []byte("attempt "+attempt))
	if err != nil {
		return to, false, fmt.Errorf("try code: %w", err)
	}
	return to, true, json.Unmarshal(plain, &to)
}

// spend ends the codes of an attempt: none works twice.
func (id *Identity) spend(ctx context.Context, tx *storage.Tx, attempt string) error {
	_, err := tx.ExecContext(ctx, `update identity_codes set tries = 0 where attempt = $1`, attempt)
	return err
}
