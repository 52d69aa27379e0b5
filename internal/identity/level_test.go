package identity

import (
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"

	"gopkg.in/yaml.v3"
)

// What the provider says about the way it recognised somebody becomes a level.
func TestLevelOfASignIn(t *testing.T) {
	var config Config
	err := yaml.Unmarshal([]byte(`
levels:
  - {acr: substantial, level: eid}
  - {acr: substantial, amr: otp, level: eid-second-factor}
  - {amr: sms, level: contact}
`), &config)
	if err != nil {
		t.Fatal(err)
	}
	p := provider{cfg: config, now: clock.System}
	for name, c := range map[string]struct {
		said map[string]any
		want act.Level
	}{
		"nothing":                    {map[string]any{}, act.LevelNone},
		"another context":            {map[string]any{"acr": "low"}, act.LevelNone},
		"a context":                  {map[string]any{"acr": "substantial"}, act.LevelEID},
		"a context and a method":     {map[string]any{"acr": "substantial", "amr": []any{"pwd", "otp"}}, act.LevelSecondFactor},
		"only a method":              {map[string]any{"amr": []any{"sms"}}, act.LevelContact},
		"the highest of two":         {map[string]any{"acr": "substantial", "amr": []any{"sms"}}, act.LevelEID},
		"a method that needs more":   {map[string]any{"amr": []any{"otp"}}, act.LevelNone},
		"claims of the wrong types":  {map[string]any{"acr": 4, "amr": "otp"}, act.LevelNone},
		"methods of the wrong types": {map[string]any{"acr": "substantial", "amr": []any{7, nil, "otp"}}, act.LevelSecondFactor},
	} {
		if got := p.pick("milica", c.said).level; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if yaml.Unmarshal([]byte(`levels: [{acr: x, level: high}]`), &config) == nil {
		t.Error("an unknown level was read")
	}
}
