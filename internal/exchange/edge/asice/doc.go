// Package asice keeps a message and the proof of who sent it in one file that
// anybody can check without this program: an ASiC-E container with a CAdES
// signature (ETSI EN 319 162-1, section 4.4; EN 319 122-1, level B-B, or B-T with
// a time-stamp). The files are listed with their SHA-512 in
// META-INF/ASiCManifest.xml, and META-INF/signature.p7s is a detached CMS
// signature (RFC 5652) over that list, so that
//
//	openssl cms -verify -binary -inform DER -in META-INF/signature.p7s -content META-INF/ASiCManifest.xml -CAfile ISSUER
//
// checks it.
//
// # Whose key it is
//
// Nodes prove themselves on connections and sign their journals with Ed25519,
// which tools for such containers rarely know. A [Signer] therefore has a P-256
// key of its own in the node's folder, and the certificate of that key is issued
// by the key of the node's journal. The registry names that key, and those that
// the node had before, so whoever has the registry can tell whose container it
// is, years later too; TLS keys change every week and their pins are forgotten.
// The file of certificates holds both: that of the P-256 key, and around the key
// of the journal one that it signed itself. Nobody revokes the former: a node that
// gets another identity is known by the registry, and so its certificate says that
// there is no list to ask (noRevAvail, RFC 9608).
//
// # What is refused
//
// [Read] takes a container only byte for byte as [Write] makes it: one manifest,
// one signature, each other file named by the manifest exactly once, with its
// digest, none packed, nothing before, between or behind, all within [MaxBytes].
// [Container.Verify] believes a signature only from a key that was certified by
// an identity that the given trust names.
package asice
