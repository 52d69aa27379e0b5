//go:build !linux

package system

import "net"

// alive cannot tell here; connections are let go of before systems close them.
func alive(net.Conn) bool { return true }
