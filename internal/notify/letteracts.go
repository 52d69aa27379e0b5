package notify

import (
	"context"
	"errors"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/notify/post"
	"dobosh/internal/storage"
)

// The names of the acts on letters, and where people say where they live.
const (
	ActWhere    = "notice.address"
	ActAdvise   = "post.advise"
	ActAdviseIn = "post.table"

	AddressPage = PreferencePage + "/address"
	LettersPage = "/desk/letters"
)

// living is where letters to a person go.
type living struct{ Address string }

// advising is what somebody says of letters, each act a part of it.
type advising struct {
	Letter string
	Day    civil.Day
	Became post.Became
	File   []byte
}

// Advised says of how many letters an act wrote something down.
type Advised struct{ Letters int }

// longestTable is in bytes: [post.MostAdvices] lines of a hundred.
const longestTable = 256 << 10

// AddressAct is what a person does to say where letters reach them. It needs as much as any change of how the
// state reaches somebody.
func (c *Courier) AddressAct() (act.Act, error) {
	return act.Def[living, bool]{
		Name: ActWhere, Page: AddressPage, Right: act.SignedIn().AtLevel(act.LevelEID),
		Fields: []act.Field[living]{act.OfText("address", func(l *living) *string { return &l.Address }, act.Most(longestPostal), act.Missing("address-letter"))},
		Begin: func(ctx context.Context, by act.Actor, l *living) error {
			for _, person := range pseudonyms(by) {
				a, err := c.Address(ctx, person, Letter)
				if problem.HasCode(err, "address-unknown") {
					continue
				}
				l.Address = a.To
				return err
			}
			return nil
		},
		Do: func(ctx context.Context, by act.Actor, l living) (bool, error) {
			persons := pseudonyms(by)
			p, err := c.Preference(ctx, c.db.Read(ctx), persons, lang.Tags()[0])
			if err != nil {
				return false, err
			}
			return true, c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				for _, person := range persons {
					err := c.WriteAddress(ctx, tx, Address{Person: person, Channel: Letter, To: l.Address, Lang: p.Lang})
					if problem.HasCode(err, "address-invalid") {
						return problem.New(problem.Invalid, "form-incomplete").At("address", "address-letter").Because(err)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}.Act()
}

// LetterActs are what officers do with what the post says of letters: of one, or of many in a table.
func (c *Courier) LetterActs(right act.Right, matter act.Scope) ([]act.Act, error) {
	number := act.OfLine("letter", func(in *advising) *string { return &in.Letter }, act.InPath(), act.Most(20))
	return act.All(
		act.Def[advising, Advised]{
			Name: ActAdvise, Page: LettersPage + "/{letter}/advise", Right: right,
			Fields: []act.Field[advising]{number,
				act.OfChoice("became", func(in *advising) *post.Became { return &in.Became }, act.Of("post.became.", post.All()...)),
				act.OfDay("day", func(in *advising) *civil.Day { return &in.Day })},
			Begin: func(ctx context.Context, by act.Actor, in *advising) error {
				if err := right.Check(by, matter); err != nil {
					return err
				}
				_, err := c.PostedAt(ctx, c.db.Read(ctx), in.Letter)
				return err
			},
			Do: func(ctx context.Context, by act.Actor, in advising) (Advised, error) {
				if err := right.Check(by, matter); err != nil {
					return Advised{}, err
				}
				return Advised{1}, c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
					return c.Advise(ctx, tx, post.Advice{Number: in.Letter, Day: in.Day, Became: in.Became}, by.Account)
				})
			},
		}.Act,
		act.Def[advising, Advised]{
			Name: ActAdviseIn, Page: LettersPage + "/table", Right: right,
			Fields: []act.Field[advising]{act.OfFile("file", func(in *advising) *[]byte { return &in.File }, act.Most(longestTable))},
			Begin:  func(_ context.Context, by act.Actor, _ *advising) error { return right.Check(by, matter) },
			Do: func(ctx context.Context, by act.Actor, in advising) (Advised, error) {
				if err := right.Check(by, matter); err != nil {
					return Advised{}, err
				}
				all, err := post.ReadAdvice(in.File, c.advice)
				if err != nil {
					return Advised{}, err
				}
				// All of a table or nothing: then it is clear what to send again, and a table that is sent
				// twice changes nothing.
				return Advised{len(all)}, c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
					for _, a := range all {
						err := c.Advise(ctx, tx, a, by.Account)
						if _, refused := errors.AsType[*problem.Problem](err); refused {
							return post.AtLine(a.Line, err)
						}
						if err != nil {
							return err
						}
					}
					return nil
				})
			},
		}.Act,
	)
}

// Bounds of a postal address.
const (
	longestPostal     = 400
	mostPostal        = 6  // lines, as many as a window shows
	leastPostal       = 2  // a name and a place
	longestPostalLine = 45 // characters, as wide as a window
)

// postal gives an address as it stands on an envelope, line by line. The errors do not repeat it.
func postal(typed string) (string, error) {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(typed, "\r", "\n")) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) < leastPostal || len(lines) > mostPostal {
		return "", errors.New("too few lines for an address, or too many")
	}
	for _, line := range lines {
		if clean, err := text.Line(line, longestPostalLine); err != nil || clean != line {
			return "", errors.New("a line that an envelope does not take")
		}
	}
	return strings.Join(lines, "\n"), nil
}
