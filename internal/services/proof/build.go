package proof

// Canonical is the form in which a content is sealed (RFC 8785).
func (c Content) Canonical() ([]byte, error) { return nil, nil }

// Meta is the meta of the journal entry that seals the content; its body is
// the canonical content.
func (c Content) Meta() ([]byte, error) { return nil, nil }

// Build puts a decision file together.
func Build(content Content, seal Seal, witness *Witness) ([]byte, error) { return nil, nil }

// Parse reads a file strictly: it must be canonical and within bounds.
func Parse(file []byte) (File, error) { return File{}, nil }
