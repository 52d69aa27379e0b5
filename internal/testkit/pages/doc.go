// Package pages holds the pages of every room to what the portal promises: each
// in every language, strictly well formed, in one script, small on the wire, and
// errors as pages of their own. A room's test opens a portal of its room alone,
// with invented people signed in by a cookie.
package pages
