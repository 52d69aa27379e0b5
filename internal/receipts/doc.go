// Package receipts shows people who looked at their data, and lets them ask why.
//
// Every node answers for what it holds itself, through the exchange, under
// the right of access (ZZPL 87/2018 art. 26): nothing is collected in one
// place. The room promises that a page is complete or says which bodies did
// not answer, and that a question reaches the body that looked and stays open
// until somebody there answers it.
//
// An officer's look that is unusual is noted before anything is shown, and is explained
// by whoever looked; see [Watch] for what it cannot know. Gathering is bounded for each
// person, and what was gathered serves again for a minute.
//
// What does not hold: a body that did not answer is named, and what it holds is then
// missing from the page. What the law lets be hidden for a time is not shown until
// that is over, and nothing says that there is such an access.
//
// Persons are named in the sector of receipts. The room owns the tables
// looks_*.
package receipts
