// Package payments is the demonstration register of payments: to which account a
// person is paid, and what was already granted, so that nothing is paid twice by
// two bodies.
//
// A grant is noted once for person, public service and birth. The same decision
// may note it again; another decision is refused.
//
// The room owns the tables payments_accounts and payments_grants and publishes
// nothing.
package payments
