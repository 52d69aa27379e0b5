package cli_test

import (
	"context"
	"strings"
	"testing"

	"dobosh/internal/kit/cli"
)

// Who mistypes a command hears which one there is none of, and what there is instead.
func TestAnUnknownCommandIsNamed(t *testing.T) {
	nothing := func(context.Context, *cli.Call) error { return nil }
	p := cli.Program{Name: "drum", About: "drum makes noise.", Commands: []cli.Command{
		{Name: "beat", About: "beat it once", Run: nothing},
		{Name: "skin change", About: "put another skin on", Run: nothing},
		{Name: "skin tighten", About: "as it says", Run: nothing},
	}}
	for typed, want := range map[string]struct {
		code       int
		has, lacks []string
	}{
		"":              {cli.Usage, []string{"drum makes noise.", "beat it once", "put another skin on"}, []string{"no command"}},
		"help":          {cli.Usage, []string{"drum makes noise.", "beat it once"}, []string{"no command"}},
		"--help":        {cli.Usage, []string{"drum makes noise."}, []string{"no command"}},
		"baet":          {cli.Usage, []string{`there is no command "baet"`, "beat it once", "as it says"}, nil},
		"skin":          {cli.Usage, []string{`there is no command "skin"`, "put another skin on", "as it says"}, []string{"beat it once"}},
		"skin burn now": {cli.Usage, []string{`there is no command "skin burn"`, "put another skin on"}, []string{"beat it once", "now"}},
		"skin change":   {cli.OK, nil, []string{"drum"}},
	} {
		var out, errOut strings.Builder
		if code := p.Main(t.Context(), strings.Fields(typed), &out, &errOut); code != want.code {
			t.Errorf("%q: exit code %d", typed, code)
		}
		for _, s := range want.has {
			if !strings.Contains(errOut.String(), s) {
				t.Errorf("%q does not say %q:\n%s", typed, s, &errOut)
			}
		}
		for _, s := range want.lacks {
			if strings.Contains(errOut.String(), s) {
				t.Errorf("%q says %q:\n%s", typed, s, &errOut)
			}
		}
	}
}
