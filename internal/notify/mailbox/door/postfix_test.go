package door_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/notify/mailbox/door"
	"dobosh/internal/testkit"
)

// postfix is Debian's, on a port of its own and below a folder of its own, in front of a
// door that speaks a protocol. It asks the door for every recipient before it takes a mail
// for them (reject_unverified_recipient).
func postfix(t *testing.T, protocol, door string) (at string) {
	t.Helper()
	daemons := "/usr/lib/postfix/sbin"
	if _, err := os.Stat(filepath.Join(daemons, "master")); err != nil {
		t.Skip("postfix is not installed; Debian: apt-get install postfix")
	}
	if os.Getuid() != 0 {
		t.Skip("postfix can only be started by root")
	}
	dir, err := os.MkdirTemp("", "dobosh-postfix-") // not below the folder of the test, which its user may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := testkit.FreePorts(t, 1)[0]
	host, number, err := net.SplitHostPort(door)
	if err != nil {
		t.Fatal(err)
	}
	next := fmt.Sprintf("%s:[%s]:%s", protocol, host, number)
	if protocol == "lmtp" {
		next = fmt.Sprintf("lmtp:inet:%s:%s", host, number)
	}
	main := fmt.Sprintf(`
compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = %[2]s
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.city.example
mydestination =
mynetworks =
local_transport = error:nobody
relay_domains = city.example, град.срб
relay_transport = %[3]s
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unverified_recipient
unverified_recipient_reject_code = 550
unverified_recipient_reject_reason = nobody
address_verify_map =
message_size_limit = 10000
smtputf8_enable = yes
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
alias_maps =
`, dir, daemons, next)
	master := fmt.Sprintf("127.0.0.1:%d inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\n", port)
	for _, service := range []string{"cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce",
		"verify unix - - n - 1 verify", "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp", "lmtp unix - - n - - lmtp", "error unix - - n - - error", "retry unix - - n - - error", "discard unix - - n - - discard",
		"anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache", "tlsmgr unix - - n 1000? 1 tlsmgr"} {
		master += service + "\n"
	}
	etc := filepath.Join(dir, "etc")
	for _, err := range []error{os.Chmod(dir, 0o755), os.Mkdir(etc, 0o755), os.Mkdir(filepath.Join(dir, "spool"), 0o755),
		os.WriteFile(filepath.Join(etc, "main.cf"), []byte(main), 0o644), os.WriteFile(filepath.Join(etc, "master.cf"), []byte(master), 0o644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	said, err := os.Create(filepath.Join(dir, "said")) // a file, so that it can be read while postfix writes
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close() // the process has its own
	run := exec.Command("postfix", "-c", etc, "start-fg")
	run.Stdout, run.Stderr = said, said
	words := func() string {
		text, _ := os.ReadFile(said.Name())
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return string(text) + " " + string(log)
	}
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() {
		_ = exec.Command("postfix", "-c", etc, "stop").Run()
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL) // its group; it may have ended
		<-ended
	})
	at = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	testkit.Succeeds(t, "postfix answers", func() error {
		c, err := net.Dial("tcp", at)
		if err != nil {
			return fmt.Errorf("%w %s", err, words())
		}
		return c.Close()
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("postfix: %s", words())
		}
	})
	return at
}

// TestBehindPostfix: what the world sends to postfix reaches the door, in any script; who
// is nobody is refused while the sender is there, and nothing bounces.
func TestBehindPostfix(t *testing.T) {
	for _, protocol := range []string{"smtp", "lmtp"} {
		t.Run(protocol, func(t *testing.T) {
			k := &taker{}
			c := dial(t, postfix(t, protocol, open(t, door.Config{LMTP: protocol == "lmtp"}, k)))
			c.wants(c.hear(), "220")
			c.wants(c.say("EHLO b.example"), "250")
			c.wants(c.mail("Subject: x\r\n\r\nдан"), "250")
			c.wants(c.say("MAIL FROM:<ana@b.example>"), "250")
			c.wants(c.say("RCPT TO:<nobody@city.example>"), "550")
			c.wants(c.say("RSET"), "250")
			c.wants(c.say("MAIL FROM:<јован@пример.срб> SMTPUTF8"), "250")
			c.wants(c.say("RCPT TO:<одговор+x@град.срб>"), "250")
			c.wants(c.say("DATA"), "354")
			c.wants(c.say("Subject: ш\r\n\r\nш\r\n."), "250")
			c.wants(c.say("MAIL FROM:<ana@b.example> SIZE=20000"), "552")
			testkit.Reaches(t, "mails at the door", k.count, 2)
			k.mu.Lock()
			defer k.mu.Unlock()
			all := strings.Join(k.texts, "")
			if !strings.Contains(all, "дан") || !strings.Contains(all, "Received: from b.example") {
				t.Errorf("%q", all)
			}
			senders := k.mails[0].From + " " + k.mails[1].From
			if !strings.Contains(senders, "јован@пример.срб") || !strings.Contains(senders, "ana@b.example") {
				t.Errorf("%+v", k.mails)
			}
		})
	}
}
