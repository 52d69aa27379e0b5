// Package paymentfile writes payments as an ISO 20022 customer credit transfer
// initiation, pain.001.001.09: the file that a bank takes from an institution.
//
// It promises:
//
//   - A file is written whole or not at all: everything is checked before the
//     first byte leaves. No empty file, no amount of zero or less, no account
//     whose control digits do not fit, no identifier twice, no text longer
//     than the standard allows.
//   - The number of transfers and the control sum are exact and stand both in
//     the header and in the payment information.
//   - Writing needs no memory for the file, only a few bytes for each transfer.
//   - [Read] reads what [Write] writes and nothing else, in bounds.
//
// What it does not promise: that a bank takes the file, or that an account exists
// and is whose it is said to be; only its control digits are checked. Nothing here
// is signed or sent.
//
// Elements follow the order of the message definition report of ISO 20022 for
// pain.001.001.09; references keep to the characters and slashes that the
// implementation guidelines of the European Payments Council allow (EPC132-08),
// since banks pass them on to systems that know no others. Accounts inside the
// country are not IBANs: they stand under Othr with scheme BBAN, and the bank
// is the clearing member with the first three digits.
package paymentfile
