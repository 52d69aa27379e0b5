package exchange

import (
	"net/http"
	"testing"
)

func TestATraceThatIsNoneIsNotPassedOn(t *testing.T) {
	w := newWorld(t, nil)
	var seen string
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Traceparent")
		w.write(rw, document)
	}
	for text, passes := range map[string]bool{
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   true,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x": true, // of a later version
		"garbage": false, "": false,
		"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   false,
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01":   false,
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01":   false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x": false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331":      false,
	} {
		ask := w.question()
		ask.Trace = text
		if _, err := w.city.Ask(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{true: text}[passes]; seen != want {
			t.Errorf("%q: the system saw %q", text, seen)
		}
	}
}
