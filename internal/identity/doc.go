// Package identity says who is there: it turns national numbers into
// pseudonyms, people into actors, and visits into sessions.
//
// What it promises:
//
//   - A national number lives in memory for the length of a sign-in. It is never
//     stored and never logged; what remains are the pseudonyms of the sectors.
//
//   - Pseudonyms of one person in two sectors cannot be linked without a key
//     (docs/spec/pseudonym.md).
//
//   - A session is stored under the hash of its token, and what it says about the
//     person is sealed with the token itself. A copy of the database gives
//     neither a session nor a link between pseudonyms.
//
//   - Signing in gives a new session and ends the one that was there. A sign-in
//     works once, in the browser that began it, and leads to a page of this node.
//
//   - A role is given to an account within a scope and from an instant to another,
//     by an administrator whose own scope covers it and who is somebody else. Giving
//     and taking are journaled before they are kept, and open sessions follow with
//     their next request, on every node of the member.
//
//   - All of it is done by acts (acts.go), on pages. Whoever ends the sessions of
//     somebody else leaves a receipt too.
//
//   - Somebody who can give every role is always there, once there was one.
//
//   - An identity provider that is away stops sign-ins and nothing else; it is asked by
//     one request at a time, whoever waits.
//
//   - A session whose account has no role left, and is no resident, ends with the next
//     request. Signing out goes on to the provider, where that has an address for it.
//
//   - Giving, confirming and taking a role wants a sign-in of the last five minutes, of
//     which the provider itself says when it was.
//
//   - A contact that was confirmed by a code is an identity of its own, at a level of its
//     own (docs/spec/identity.md). Joined to a person it keeps its history; nobody takes
//     over that of another, whoever has the address later.
//
//   - A passkey raises an electronic identity to the second factor; its private half never
//     comes here.
//
//   - Codes and addresses lie nowhere in the open, and no answer tells whether an address is
//     known here.
//
// What does not hold: a cookie that was stolen works until its session ends, and for
// five minutes after a sign-in also for roles. Whoever has the key of a
// sector can turn its pseudonyms back into national numbers.
//
// Rooms take an [act.Actor] and decide themselves what the actor may do.
package identity
