// Package credential is how a node proves on a connection who it is.
//
// The root of trust is the pin: the registry names the hash of each node's TLS
// key, and nobody else is believed. Where the registry also names an issuer, a
// second condition holds: around that key stands a certificate that the issuer
// signed, and today is within its dates. So a key that was taken out of the
// registry is refused at once, also on connections that are open, and a key
// that the authority has not seen for a week is refused by itself.
//
// A [Holder] is one node's side of it: the certificate that it shows, which can
// be replaced while connections are open, and the question whether the other
// side may be there. An [Issuer] signs certificates; it lives at the authority.
package credential
