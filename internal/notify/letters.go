package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/post"
	"dobosh/internal/storage"
)

// Letters is the folder of what is printed; [post.Outbox] is one.
type Letters interface {
	Put(ctx context.Context, l post.Letter, slip bool) error
}

// Enclose gives a document as PDF, as it goes into an envelope; nothing where it has no such form.
type Enclose func(ctx context.Context, document string, tag lang.Tag) ([]byte, error)

// EncloseBy has letters hold the documents that they deliver. It is called before the work of the node begins.
func (c *Courier) EncloseBy(enclose Enclose) { c.enclose = enclose }

// letters is the channel of paper.
type letters struct {
	*Courier
	outbox Letters
}

// ByPost has notices go out on paper as well. words are those of the post for what became of a letter. It is
// called before the work of the node begins.
func (c *Courier) ByPost(outbox Letters, words map[string]string) {
	c.advice = words
	c.Add(Letter, letters{c, outbox})
}

// Carry implements [Carrier]: it hands letters over one after the other.
func (l letters) Carry(ctx context.Context, parcels []Parcel) ([]Outcome, error) {
	outcomes := make([]Outcome, len(parcels))
	before, err := l.handed(ctx, parcels)
	if err != nil {
		return outcomes, err
	}
	var handed []Parcel
	var away error
	until := time.Now().Add(Turn)
	for i, p := range parcels {
		if i > 0 && (ctx.Err() != nil || time.Now().After(until)) {
			break
		}
		if p.To == "" {
			outcomes[i] = Outcome{State: Failed, Reason: NoAddress}
			continue
		}
		if before[letterNumber(p.Notice)] { // whoever prints may have taken it away since
			outcomes[i] = Outcome{State: Sent}
			continue
		}
		var enclosed [][]byte
		if enclosed, away = l.enclosed(ctx, p); away != nil {
			break
		}
		away = l.outbox.Put(ctx, post.Letter{
			Number: letterNumber(p.Notice), To: strings.Split(p.To, "\n"), Lang: p.Lang, Subject: p.Subject, Text: p.Text, Link: p.Link, At: l.now(), Enclosed: enclosed,
		}, p.Serves)
		if errors.Is(away, post.ErrUnprintable) {
			outcomes[i], away = Outcome{State: Failed, Reason: BadMessage}, nil
			continue
		}
		if away != nil {
			break
		}
		outcomes[i] = Outcome{State: Sent}
		handed = append(handed, p)
	}
	err = l.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *storage.Tx) error {
		for _, p := range handed {
			_, err := tx.ExecContext(ctx, `insert into notify_letters (number, notice, handed_at) values ($1, $2, $3) on conflict (number) do nothing`, letterNumber(p.Notice), p.Notice, storage.Micros(l.now()))
			if err != nil {
				return fmt.Errorf("note letter: %w", err)
			}
		}
		return nil
	})
	if err != nil { // they lie there already, and are not put there again
		return make([]Outcome, len(parcels)), err
	}
	return outcomes, away
}

// handed are the numbers of the letters that were handed over and noted before.
func (l letters) handed(ctx context.Context, parcels []Parcel) (map[string]bool, error) {
	numbers := make([]string, len(parcels))
	for i, p := range parcels {
		numbers[i] = letterNumber(p.Notice)
	}
	among := storage.Among("number", numbers...)
	all, err := posted.All(ctx, l.db.Read(ctx), `where `+among.Where, among.Args...)
	if err != nil {
		return nil, fmt.Errorf("letters that were handed over: %w", err)
	}
	before := map[string]bool{}
	for _, p := range all {
		before[p.Number] = true
	}
	return before, nil
}

// enclosed are the documents that a parcel delivers.
func (l letters) enclosed(ctx context.Context, p Parcel) (all [][]byte, err error) {
	if !p.Serves || l.enclose == nil {
		return nil, nil
	}
	documents, err := served.All(ctx, l.db.Read(ctx), `where notice = $1 order by document`, p.Notice)
	if err != nil {
		return nil, fmt.Errorf("documents of a letter: %w", err)
	}
	for _, s := range documents {
		pdf, err := l.enclose(ctx, s.Document, p.Lang)
		if err != nil {
			return nil, fmt.Errorf("document for a letter: %w", err)
		}
		if pdf != nil {
			all = append(all, pdf)
		}
	}
	return all, nil
}

// letterNumber is what the post calls the letter of a notice: 60 bits, written so that they can be typed.
func letterNumber(notice string) string {
	sum := sha256.Sum256([]byte("letter " + notice))
	return "L-" + base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(sum[:])[:12]
}

// Posted is a letter that was handed over.
type Posted struct {
	Number string
	Notice string
	Handed time.Time
	Became post.Became // empty while nothing is known
	Day    civil.Day   // on which it became that
}

var posted = storage.NewTable("notify_letters",
	storage.Col("number", func(p *Posted) *string { return &p.Number }),
	storage.Col("notice", func(p *Posted) *string { return &p.Notice }),
	storage.Time("handed_at", func(p *Posted) *time.Time { return &p.Handed }),
	storage.Col("became", func(p *Posted) *post.Became { return &p.Became }),
	storage.Text("day", func(p *Posted) *civil.Day { return &p.Day }),
)

// postedNewest is the order in which letters are listed.
var postedNewest = posted.List(
	storage.Down("handed_at", func(p Posted) int64 { return storage.Micros(p.Handed) }),
	storage.Down("number", func(p Posted) string { return p.Number }),
)

// Posted lists letters of which the post said one thing, or nothing yet, the newest first.
func (c *Courier) Posted(ctx context.Context, became post.Became, after page.Key) (page.Page[Posted], error) {
	found, err := postedNewest.Page(ctx, c.db.Read(ctx), storage.Filter{Where: "became = $1", Args: []any{string(became)}}, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("list letters: %w", err)
	}
	return found, nil
}

// PostedAt finds a letter by its number, as it is typed.
//
// Problem: post-unknown.
func (c *Courier) PostedAt(ctx context.Context, from storage.Reader, number string) (Posted, error) {
	p, err := posted.One(ctx, from, `where number = $1`, strings.ToUpper(strings.TrimSpace(number)))
	if errors.Is(err, storage.ErrNotFound) {
		return p, problem.New(problem.NotFound, "post-unknown")
	}
	if err != nil {
		return p, fmt.Errorf("find letter: %w", err)
	}
	return p, nil
}

// Advise writes down what the post says of a letter. The day of its delivery is that of the document in it; what
// came back goes on to the next channel of its person, or to an officer. The same advice again changes nothing.
//
// Problems: post-unknown; advice-other where the post said something else before; advice-day for one before it
// was handed over, or ahead.
func (c *Courier) Advise(ctx context.Context, tx *storage.Tx, a post.Advice, account string) error {
	p, err := c.PostedAt(ctx, tx, a.Number)
	switch {
	case err != nil:
		return err
	case p.Became == a.Became && p.Day == a.Day:
		return nil
	case p.Became != "":
		return problem.New(problem.Conflict, "advice-other")
	case a.Day.Before(civil.Of(p.Handed)) || a.Day.After(civil.Of(c.now())):
		return problem.New(problem.Invalid, "advice-day").At("day", "advice-day")
	}
	_, err = tx.ExecContext(ctx, `update notify_letters set became = $1, day = $2, account = $3, told_at = $4 where number = $5`,
		string(a.Became), a.Day.String(), account, storage.Micros(c.now()), p.Number)
	if err != nil {
		return fmt.Errorf("note what became of a letter: %w", err)
	}
	if a.Became == post.Returned {
		return c.letterReturned(ctx, tx, p.Notice)
	}
	how := Handed
	if a.Became == post.Collected {
		how = Collected
	}
	documents, err := served.All(ctx, tx, `where notice = $1 order by document`, p.Notice)
	if err != nil {
		return fmt.Errorf("documents of a letter: %w", err)
	}
	for _, s := range documents {
		if err := c.Deliver(ctx, tx, s.Document, a.Day, how, account); err != nil {
			return err
		}
	}
	return c.letterCame(ctx, tx, p.Notice, a.Day, how, account)
}

// letterCame notes that the letter of a notice reached its person.
func (c *Courier) letterCame(ctx context.Context, tx *storage.Tx, notice string, day civil.Day, how How, account string) error {
	state, became := Delivered, post.Delivered
	if how == Collected {
		state, became = StateCollected, post.Collected
	}
	_, err := tx.ExecContext(ctx, `update notify_letters set became = $1, day = $2, account = $3, told_at = $4 where notice = $5 and became = ''`,
		string(became), day.String(), account, storage.Micros(c.now()), notice)
	if err != nil {
		return fmt.Errorf("note what became of a letter: %w", err)
	}
	_, err = tx.ExecContext(ctx, `update notify_deliveries set state = $1, reason = '' where notice = $2 and channel = $3 and state = 'sent'`, string(state), notice, string(Letter))
	if err != nil {
		return fmt.Errorf("note what became of a letter: %w", err)
	}
	return nil
}

// letterReturned notes that nobody got the letter of a notice: nobody writes there again until the person
// says where they live.
func (c *Courier) letterReturned(ctx context.Context, tx *storage.Tx, notice string) error {
	result, err := tx.ExecContext(ctx, `update notify_deliveries set state = $1, reason = $2 where notice = $3 and channel = $4 and state = 'sent'`, string(Returned), LetterBack, notice, string(Letter))
	if err != nil {
		return fmt.Errorf("note what became of a letter: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `update notify_addresses set gone_at = $1 where channel = $2 and gone_at = 0 and person = (select person from notify_notices where id = $3)`, storage.Micros(c.now()), string(Letter), notice)
	if err != nil {
		return fmt.Errorf("an address is none: %w", err)
	}
	return c.goOn(ctx, tx, notice, LetterBack)
}
