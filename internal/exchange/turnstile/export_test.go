package turnstile

// Remembered is how many requests are in memory.
func (t *Turnstile) Remembered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.new) + len(t.old)
}

// Together is whether requests go to the database.
func (t *Turnstile) Together() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.together
}
