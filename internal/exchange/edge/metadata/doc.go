// Package metadata writes the documents by which tools of X-Road find their way
// about: who is a member (listClients), what a subsystem answers (listMethods),
// what of it a client may ask (allowedMethods), the description of a service
// (getOpenAPI), and the parameters that all share (verificationconf). It also reads
// the SOAP messages of those that ask for a list of SOAP services, which is empty.
//
// Every document is made from one state of the registry and from nothing else,
// so the same state gives the same bytes. The package asks nobody and keeps
// nothing.
//
// Sources: X-Road Message Protocol (pr-mess), Service Metadata Protocol (pr-meta),
// Service Metadata Protocol for REST (pr-mrest) and Protocol for Downloading
// Configuration (pr-gconf); where they and X-Road's code differ, the code.
package metadata
