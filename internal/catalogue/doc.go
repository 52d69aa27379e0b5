// Package catalogue is the list of data services that people read: what each
// answers, who may ask it, what it was before and what it will be.
//
// The registry names for each service the SHA-256 of its description. The
// description itself lies on the nodes of its provider; other nodes fetch it by
// its hash over mutual TLS when somebody wants to read it, believe it because it
// has that hash, and keep it. So the catalogue needs no centre either.
//
// The room promises:
//
//   - What is described was read and found sound by package openapi; a node
//     checks again what it fetched.
//   - A version that breaks for those who have a contract is announced a set
//     number of days before it holds, and becomes the present one on that day by
//     itself. Their officers see which of their paths and fields are hit.
//   - Only the engineers of the member (operators of its node) describe its
//     services.
//   - Searching asks no database and no other node.
//
// The room owns the table registry_descriptions.
package catalogue
