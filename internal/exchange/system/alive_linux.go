package system

import (
	"net"
	"syscall"
)

// alive reports whether a connection that waits for a request is still open at the other side. Bytes that came meanwhile
// answer nothing, so that such a connection is of no use either.
func alive(c net.Conn) bool {
	tcp, is := c.(syscall.Conn)
	if !is {
		return true
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		open = err == syscall.EAGAIN || err == syscall.EINTR
	})
	return err == nil && open
}
