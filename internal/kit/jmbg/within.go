package jmbg

// Within reports whether text holds a citizen number: thirteen digits, with none
// before or behind them, that [Parse] accepts.
func Within(text string) bool {
	for from := 0; from < len(text); {
		if !digit(text[from]) {
			from++
			continue
		}
		to := from
		for to < len(text) && digit(text[to]) {
			to++
		}
		if _, err := Parse(text[from:to]); err == nil {
			return true
		}
		from = to
	}
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
