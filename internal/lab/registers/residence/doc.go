// Package residence is the demonstration register of residence: who lives where
// and is a citizen. It answers two questions: about a person who is named by a
// pseudonym, and, for the registrar only, who has a national number. The second
// is the one place where a number travels, inside a body and under a contract of
// its own; it is not stored.
//
// The room owns the table residence_persons and publishes nothing.
package residence
