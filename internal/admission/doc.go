// Package admission is how an institution comes in, and how its certificate
// stays fresh.
//
// The supervisor makes a [Token] for one node: a line of text that leads to the
// authority and says by which keys it is known, with a secret that counts once.
// The joiner makes its keys, shows the secret over TLS to exactly the authority
// that the token names, and is stated in the registry; nothing of its private
// keys leaves it. It believes nothing that it cannot check against the token.
//
// The room promises that a token admits one node, of the member and name that it
// was made for, before it ends, and nobody who does not have its text; that
// whoever asks over the open protocol reaches this room only, bounded in size,
// time and number; and that a node whose key stands in the registry gets a
// certificate however long it was away, while one that was taken out gets none.
//
// The room owns the table registry_tokens.
package admission
