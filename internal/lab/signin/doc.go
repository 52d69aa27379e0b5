// Package signin is the identity provider inside the demonstration: an OpenID
// Connect provider whose people are invented and whose sign-in is one button
// without a password.
//
// What it promises: it speaks the same protocol as a real provider (code flow
// with PKCE, signed ID tokens, userinfo), so that replacing it is a matter of
// configuration; its page says that it is a demonstration; its memory is bounded;
// and its signing key outlives a restart.
//
// It must never stand in front of real data: whoever reaches it may be anybody.
package signin
