package command

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/lang"
	"dobosh/internal/node/operator"
)

func runMaintenance(ctx context.Context, c *cli.Call) error {
	until := c.Flags.String("until", "", "when it ends by itself: 15:04, 2006-01-02T15:04, RFC 3339, or for how long, as 90m")
	notice := c.Flags.String("notice", "", "what askers are told, in Serbian; by default when it ends")
	inEnglish := c.Flags.String("notice-en", "", "the same in English")
	cfg, err := running(c, 1)
	if err != nil {
		return err
	}
	var m operator.Maintenance
	switch c.Flags.Arg(0) {
	case "on":
		m.On, m.Notice = true, textOf(*notice, *inEnglish)
	case "off":
	default:
		return fmt.Errorf("maintenance is on or off, not %q", c.Flags.Arg(0))
	}
	if m.On && *until != "" {
		if m.Until, err = readTime(*until, time.Now()); err != nil {
			return err
		}
	}
	r, err := operator.Maintain().Ask(ctx, cfg.Dir, m)
	if err != nil {
		return err
	}
	if !m.On {
		c.Printf("node %s of %s takes questions again\n", r.Node, r.Member)
		return nil
	}
	c.Printf("node %s of %s takes no new questions; what it has begun it finishes\n", r.Node, r.Member)
	if !r.Until.IsZero() {
		c.Printf("this ends by itself at %s\n", clockTime(r.Until))
	}
	return nil
}

// textOf is a text in the languages in which it was given.
func textOf(sr, en string) lang.Text {
	text := lang.Text{}
	for language, s := range map[string]string{"sr": sr, "en": en} {
		if s != "" {
			text[language] = s
		}
	}
	return text
}

// home is the zone in which times are read and printed.
func home() *time.Location { return civil.Date(2026, 1, 1).Start().Location() }

// readTime reads an instant as people write one. A clock time is today's, or
// tomorrow's when it is over.
func readTime(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04", s, home()); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(d), nil
	}
	clock, err := time.ParseInLocation("15:04", s, home())
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: wants 15:04, 2006-01-02T15:04, RFC 3339 or 90m", s)
	}
	now = now.In(home())
	t := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, home())
	if !t.After(now) {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}

// clockTime prints an instant to the minute; "never" for none.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(home()).Format("2006-01-02 15:04 MST")
}
