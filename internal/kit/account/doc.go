// Package account reads Serbian account numbers: three digits of the bank,
// thirteen of the account and two of control (ISO 7064, MOD 97-10, as the
// National Bank prescribes). People write them short, "160-54321-23"; data
// carries all eighteen digits. Abroad the same number is an IBAN.
package account
