package journal

import "encoding/hex"

// RootAt is the root of the first size entries, in hexadecimal.
func (l *Log) RootAt(size int64) (string, error) {
	root, err := l.rootAt(size)
	return hex.EncodeToString(root[:]), err
}
