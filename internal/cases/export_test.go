package cases

// LookMost is among how many cases one page of a search looks.
const LookMost = lookMost

// MaxMessages is for tests.
const MaxMessages = maxMessages
