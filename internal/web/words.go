package web

import "dobosh/internal/kit/lang"

// Words are the sentences of the pages and of all problems. Rooms that serve
// APIs say their problems with them.
func Words() (*lang.Catalogue, error) { return lang.Load(serbian, english) }
