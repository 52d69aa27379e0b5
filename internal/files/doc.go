// Package files keeps blobs under names: in a folder, or in a store that speaks the
// interface of S3.
//
// What it promises:
//
//   - Put returns when the blob is durable under its name, whole; a reader never sees a
//     part of one. Putting again replaces.
//   - Names are paths of letters, digits and - _ . between slashes; nothing leads out
//     of the folder or the prefix.
//   - List is complete and in order, however many there are.
//
// What it does not: there is no lock between two writers of one name, and nothing is
// encrypted here.
package files
