package canonical_test

import (
	"testing"

	"dobosh/internal/kit/canonical"
)

func TestDecodeTakesOneValueThatFits(t *testing.T) {
	type thing struct {
		Name string `json:"name"`
	}
	for text, ok := range map[string]bool{
		`{"name":"a"}`: true, " {\"name\":\"a\"}\n": true, `{}`: true,
		`{"name":"a","more":1}`: false, `{"name":"a"}{}`: false, `{"name":"a"},`: false, `{"name":1}`: false, `{"name":"a"`: false, ``: false,
	} {
		var got thing
		if err := canonical.Decode([]byte(text), &got); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
