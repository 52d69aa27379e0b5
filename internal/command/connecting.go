package command

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"dobosh/internal/api"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

func sayOwnServices(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(list api.List[catalogue.OwnService]) {
		for _, s := range list.Items {
			state := "not published"
			switch {
			case s.Version != "":
				state = "version " + s.Version
			case s.Published:
				state = "published without a description"
			}
			if s.Next != nil {
				state += fmt.Sprintf(", version %s announced for %s", s.Next.Version, s.Next.From)
			}
			if s.Behind {
				state += ", answered here"
			}
			if s.Source {
				state += ", can be fetched"
			}
			c.Printf("%-50s %s, %d contracts\n", s.Service, state, s.Contracts)
		}
		more(c, string(list.Next), len(list.Items))
	})
}

// more says how a list goes on, or that it is empty.
func more(c *cli.Call, next string, n int) {
	if next != "" {
		c.Printf("more with --after %s\n", next)
	} else if n == 0 {
		c.Printf("there is nothing here yet\n")
	}
}

func sayPublished(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(p catalogue.Published) {
		what := "is published"
		switch {
		case p.Planned && p.Announced:
			what = "would be announced; nothing was done"
		case p.Planned:
			what = "would be published; nothing was done"
		case p.Announced:
			what = "is announced"
		}
		c.Printf("%s (%s) %s\n", p.Service, english(p.Title), what)
		if p.Version != "" {
			c.Printf("version %s with %d operations, from %s\n", p.Version, p.Operations, p.From)
		}
		if len(p.Concerned) > 0 {
			c.Printf("it breaks for the contracts %s\n", strings.Join(p.Concerned, ", "))
		}
	})
}

func sayServices(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(list api.List[contracts.Choice]) {
		for _, s := range list.Items {
			c.Printf("%-50s %s, of %s\n", s.ID, english(s.Title), english(s.Body))
		}
		more(c, string(list.Next), len(list.Items))
	})
}

func sayOperations(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(list api.List[contracts.Operation]) {
		for _, o := range list.Items {
			c.Printf("%s  %s\n", o.Name(), english(o.Says))
			for _, f := range o.Fields {
				c.Printf("    %-30s %s\n", f.At, english(f.Says))
			}
		}
		if len(list.Items) == 0 {
			c.Printf("nobody has described it: ask its provider for methods, paths and fields\n")
		}
	})
}

func sayOffers(c *cli.Call, raw json.RawMessage) error {
	type offer struct {
		ID    string    `json:"id"`
		Title lang.Text `json:"title"`
		Cited lang.Text `json:"cited"`
	}
	return answered(raw, func(list api.List[offer]) {
		for _, o := range list.Items {
			c.Printf("%-24s %s\n", o.ID, strings.Trim(english(o.Title)+"; "+english(o.Cited), "; "))
		}
		more(c, string(list.Next), len(list.Items))
	})
}

func sayProposal(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(p contracts.Proposal) {
		line(c, "proposal", "%s", p.ID)
		state := string(p.State)
		if p.Waits {
			state += ", waits for this side"
		}
		line(c, "state", "%s", state)
		line(c, "version", "%d", p.Version)
		if p.Reason != "" {
			line(c, "reason", "%s", p.Reason)
		}
		sayTerms(c, p.Contract)
	})
}

func sayProposals(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(list api.List[contracts.Proposal]) {
		for _, p := range list.Items {
			waits := ""
			if p.Waits {
				waits = ", waits for this side"
			}
			asker, provider := p.Contract.Between()
			c.Printf("%s %s%s: %s asks %s, for %s\n", p.ID, p.State, waits, asker, provider.With(p.Contract.Service), p.Contract.Purpose)
		}
		more(c, string(list.Next), len(list.Items))
	})
}

func sayStandings(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(list api.List[contracts.Standing]) {
		for _, s := range list.Items {
			asker, provider := s.Contract.Between()
			ends := ""
			if !s.Stops.IsZero() {
				ends = ", stops on " + s.Stops.String()
			}
			c.Printf("%s: %s asks %s, for %s%s\n", s.Contract.ID, asker, provider.With(s.Contract.Service), s.Contract.Purpose, ends)
		}
		more(c, string(list.Next), len(list.Items))
	})
}

func sayStanding(c *cli.Call, raw json.RawMessage) error {
	return answered(raw, func(s contracts.Standing) {
		if s.Ending {
			line(c, "state", "is being ended")
		}
		if !s.Stops.IsZero() {
			line(c, "stops", "%s", s.Stops)
		}
		sayTerms(c, s.Contract)
	})
}

func line(c *cli.Call, name, format string, args ...any) {
	c.Printf("%-12s %s\n", name, fmt.Sprintf(format, args...))
}

// sayTerms says all that a contract holds both sides to.
func sayTerms(c *cli.Call, t registry.Contract) {
	asker, provider := t.Between()
	line(c, "contract", "%s", t.ID)
	line(c, "asks", "%s", asker)
	line(c, "answers", "%s", provider.With(t.Service))
	line(c, "for", "%s, by %s", t.Purpose, t.Provision)
	for _, d := range t.Delegates {
		line(c, "delegate", "%s", d)
	}
	line(c, "requests", "%s %q", strings.Join(t.Methods, " "), t.Paths)
	line(c, "fields", "%s", strings.Join(t.Fields, " "))
	if len(t.Subjects) == 0 {
		line(c, "person", "the answers are about nobody")
	} else {
		line(c, "person", "%s, in the sector %s", strings.Join(t.Subjects, " "), t.Sector)
	}
	line(c, "limits", "%s a day, %s a second, %d MB each way", orNone(t.Quota), orNone(t.Rate), (cmp.Or(t.Limit, registry.DefaultLimit)+contracts.Megabyte-1)/contracts.Megabyte)
	if len(t.Parameters) > 0 {
		line(c, "parameters", "%s", strings.Join(t.Parameters, " "))
	}
	if len(t.Passes) > 0 {
		line(c, "passes", "%s", strings.Join(t.Passes, " "))
	}
	if len(t.Headers) > 0 {
		line(c, "headers", "%s", strings.Join(t.Headers, " "))
	}
	if len(t.Events) > 0 {
		line(c, "events", "%s %s", strings.Join(t.Events, " "), t.Area)
	}
	if t.Delay.Days > 0 {
		line(c, "delay", "%d days, by %s", t.Delay.Days, t.Delay.Provision)
	}
	until := "until a side ends it"
	if !t.To.IsZero() {
		until = "until " + t.To.String()
	}
	line(c, "period", "from %s, %s; an answer is kept for %d days", t.From, until, t.Retention)
}

func orNone(n int) string {
	if n == 0 {
		return "any number"
	}
	return fmt.Sprint(n)
}
