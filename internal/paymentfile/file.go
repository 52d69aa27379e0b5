package paymentfile

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
)

// Transfer is one payment to one account.
type Transfer struct {
	ID       string     // our reference of the instruction, unique in the file; 1 to 35 characters
	EndToEnd string     // travels with the money to the one who is paid; 1 to 35 characters
	Creditor string     // name of the one who is paid; 1 to 140 characters
	Account  string     // eighteen digits
	Amount   money.Para // 0.01 to 999,999,999.99 dinars
	Purpose  string     // for the statement of account; 1 to 140 characters
}

// File is what one institution asks its bank to pay on one day.
type File struct {
	ID            string    // 1 to 35 characters; the bank refuses it a second time
	MadeAt        time.Time // an instant, in whole seconds
	Debtor        string    // name of the institution; 1 to 140 characters
	DebtorAccount string    // eighteen digits
	Execution     civil.Day // the day on which the bank is to pay, in the home zone
	Transfers     []Transfer
}

// Sum is what all transfers come to. Of a file that Write takes it cannot
// overflow.
func (f File) Sum() money.Para {
	var sum money.Para
	for _, t := range f.Transfers {
		sum += t.Amount
	}
	return sum
}
