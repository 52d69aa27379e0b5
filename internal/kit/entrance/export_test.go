package entrance

// Len is how many keys are kept.
func (r *Rate) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.full)
}
