// Package browser drives a real Chromium for tests of pages, the way people use
// them: things are found by their role and name in the accessibility tree, and
// touched by real input events, so a page that works here also works with scripts
// off and with a screen reader.
//
// Every page that is looked at through [Page.Check] is held to the rules of the
// house: no violation that axe-core knows, no sideways scrolling, the language
// said and no word of another script, no request to another host, nothing on the
// console, and at most [MostBytes] on the wire.
//
// The package stands apart from testkit so that only tests with pages link it.
// Where Chromium or axe-core is absent the test skips and says why.
package browser
