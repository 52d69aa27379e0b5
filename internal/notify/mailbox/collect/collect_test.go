package collect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/collect"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func TestMain(m *testing.M) { testkit.NoneLeft(m) }

const (
	account  = "pisarnica"
	password = "lozinka"
	folder   = "Posta"
)

// servers are those that the tests run against, by name.
func servers() map[string]func(t *testing.T) (at string) {
	return map[string]func(t *testing.T) string{"memory": memory, "dovecot": dovecot}
}

// memory is the server of the library, which is there everywhere.
func memory(t *testing.T) string {
	user := imapmemserver.NewUser(account, password)
	backend := imapmemserver.New()
	backend.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return backend.NewSession(), nil, nil
		}, InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return listener.Addr().String()
}

// dovecot is Debian's, on a port of its own and below a folder of its own.
func dovecot(t *testing.T) string {
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("dovecot is not installed; Debian: apt-get install dovecot-imapd")
	}
	dir, err := os.MkdirTemp("", "dobosh-dovecot-") // not below the folder of the test, which its users may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	owner, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	login, inner := owner.Username, owner.Username
	if os.Getuid() == 0 {
		owner, err = user.Lookup("nobody")
		if err != nil {
			t.Skipf("dovecot needs a user that is not root: %v", err)
		}
		login, inner = "dovenull", "dovecot"
	}
	group, err := user.LookupGroupId(owner.Gid)
	if err != nil {
		t.Fatal(err)
	}
	port := testkit.FreePorts(t, 1)[0]
	config := fmt.Sprintf(`
protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
ssl = no
disable_plaintext_auth = no
default_login_user = %[5]s
default_internal_user = %[6]s
default_internal_group = %[7]s
first_valid_uid = 1
mail_location = maildir:%[1]s/mail
mail_fsync = never
passdb {
  driver = static
  args = password=%[2]s
}
userdb {
  driver = static
  args = uid=%[3]s gid=%[4]s home=%[1]s/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = %[8]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`, dir, password, owner.Uid, owner.Gid, login, inner, group.Name, port)
	if inner == "dovecot" {
		config = strings.Replace(config, "default_internal_group = "+group.Name, "default_internal_group = dovecot", 1)
	}
	file := filepath.Join(dir, "dovecot.conf")
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "mail"), 0o700), os.Chown(filepath.Join(dir, "mail"), uid, gid), os.WriteFile(file, []byte(config), 0o644)); err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(dir, "said")) // a file, so that it can be read while dovecot writes
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close() // the process has its own
	run := exec.Command(program, "-F", "-c", file)
	run.Stdout, run.Stderr = said, said
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() { _ = run.Process.Signal(syscall.SIGTERM); <-ended })
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	testkit.Succeeds(t, "dovecot answers", func() error {
		client, err := imapclient.DialInsecure(at, nil)
		if err != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			words, _ := os.ReadFile(said.Name())
			return fmt.Errorf("%w %s %s", err, words, log)
		}
		defer client.Close()
		if err := client.Login(account, password).Wait(); err != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("%w %s", err, log)
		}
		return nil
	})
	return at
}

// rig is a mailbox at a server, and the room that takes from it.
type rig struct {
	*testing.T
	at   string
	room *mailbox.Mailbox
	cfg  collect.Config
	*taker
}

// taker is the room, which can be killed before and after it has written a mail down.
type taker struct {
	*mailbox.Mailbox
	before, after error
}

func (k *taker) Arrive(ctx context.Context, a mailbox.Arrival) error {
	if err := k.before; err != nil {
		k.before = nil
		return err
	}
	err := k.Mailbox.Arrive(ctx, a)
	if k.after != nil && err == nil {
		err, k.after = k.after, nil
	}
	return err
}

// nowhere has no threads.
type nowhere struct{}

func (nowhere) Reply(context.Context, *storage.Tx, string, mailbox.Mail) error { return nil }
func (nowhere) Open(context.Context, string) ([]string, error)                 { return nil, nil }
func (nowhere) Keep(context.Context, string, io.Reader) (any, error)           { return nil, nil }
func (nowhere) Find(context.Context, string) (string, error)                   { return "", nil }
func (nowhere) Returned(context.Context, *storage.Tx, string, mailbox.Return) error {
	return nil
}

func onServers(t *testing.T, test func(r *rig)) {
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
				r := &rig{T: t, at: start(t)}
				db := open(work.Migrations(), mailbox.Migrations())
				now := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
				runner := work.New(db, now.Now, slog.New(slog.DiscardHandler), "one")
				key, err := seal.New(bytes.Repeat([]byte{9}, seal.KeySize))
				r.must(err)
				r.room, err = mailbox.New(mailbox.Config{Domain: "city.example", Keys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Seal: key, Largest: 4000, Spool: t.TempDir()},
					db, files.Folder(t.TempDir()), runner, nowhere{}, nowhere{}, now.Now, slog.New(slog.DiscardHandler))
				r.must(err)
				r.taker = &taker{Mailbox: r.room}
				secret := filepath.Join(t.TempDir(), "password")
				r.must(os.WriteFile(secret, []byte(password+"\n"), 0o600))
				r.cfg = collect.Config{Name: "desk", Address: r.at, Plain: true, User: account, PasswordFile: secret, Folder: folder}
				r.do(func(c *imapclient.Client) error { return c.Create(folder, nil).Wait() })
				test(r)
			})
		})
	}
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// do does something as somebody else who uses the mailbox.
func (r *rig) do(what func(c *imapclient.Client) error) {
	r.Helper()
	c, err := imapclient.DialInsecure(r.at, nil)
	r.must(err)
	defer c.Close()
	r.must(c.Login(account, password).Wait())
	r.must(what(c))
	r.must(c.Logout().Wait())
}

// comes puts mails into the mailbox.
func (r *rig) comes(texts ...string) {
	r.Helper()
	r.came(nil, texts...)
}

// came is comes with how the server has it.
func (r *rig) came(options *imap.AppendOptions, texts ...string) {
	r.Helper()
	r.do(func(c *imapclient.Client) error {
		for _, text := range texts {
			raw := "From: ana@b.example\r\nSubject: x\r\n\r\n" + text + "\r\n"
			put := c.Append(folder, int64(len(raw)), options)
			_, err := put.Write([]byte(raw))
			if err := errors.Join(err, put.Close()); err != nil {
				return err
			}
			if _, err := put.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *rig) round() error {
	r.Helper()
	c, err := collect.New(r.cfg, r.taker, slog.New(slog.NewTextHandler(r.Output(), nil)))
	r.must(err)
	return c.Round(r.Context())
}

// taken counts the mails that were taken.
func (r *rig) taken() int {
	r.Helper()
	p, err := r.room.List(r.Context(), mailbox.Arrived, "", 200)
	r.must(err)
	return len(p.Items)
}

// flagged counts the mails that have a flag, and those that have been read.
func (r *rig) flagged(flag imap.Flag) (n, seen int) {
	r.Helper()
	r.do(func(c *imapclient.Client) error {
		if _, err := c.Select(folder, nil).Wait(); err != nil {
			return err
		}
		all, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
		for _, m := range all {
			if slices.ContainsFunc(m.Flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) }) {
				n++
			}
			if slices.Contains(m.Flags, imap.FlagSeen) {
				seen++
			}
		}
		return err
	})
	return n, seen
}

func (r *rig) wants(taken, marked int) {
	r.Helper()
	if got := r.taken(); got != taken {
		r.Errorf("%d were taken, want %d", got, taken)
	}
	if got, seen := r.flagged(collect.Taken); got != marked || seen != 0 {
		r.Errorf("%d are marked, want %d; %d read", got, marked, seen)
	}
}

func TestNothingIsTakenTwice(t *testing.T) {
	onServers(t, func(r *rig) {
		r.must(r.round())
		r.wants(0, 0)
		r.comes("први", "други")
		r.must(r.round())
		r.wants(2, 2)
		r.must(r.round())
		r.comes("трећи")
		r.must(r.round())
		r.must(r.round())
		r.wants(3, 3)
		item, err := r.room.List(r.Context(), mailbox.Arrived, "", 1)
		if err != nil || item.Items[0].Source != "imap:desk" {
			r.Errorf("%+v %v", item, err)
		}
	})
}

// TestACrashBetween: the process dies before it has written a mail down, and after that
// but before the mark.
func TestACrashBetween(t *testing.T) {
	onServers(t, func(r *rig) {
		killed := errors.New("killed")
		r.comes("први", "други", "трећи")
		r.before = killed
		if err := r.round(); !errors.Is(err, killed) {
			r.Fatal(err)
		}
		r.wants(0, 0)
		r.after = killed
		if err := r.round(); !errors.Is(err, killed) {
			r.Fatal(err)
		}
		r.wants(1, 0)
		r.must(r.round())
		r.wants(3, 3)
	})
}

// TestNewNumbers: the folder was made anew, with the same mails and one more, and without
// marks.
func TestNewNumbers(t *testing.T) {
	onServers(t, func(r *rig) {
		r.comes("први", "други")
		r.must(r.round())
		before, err := r.room.Position(r.Context(), "desk")
		r.must(err)
		again := func() {
			r.do(func(c *imapclient.Client) error {
				return errors.Join(c.Delete(folder).Wait(), c.Create(folder, nil).Wait())
			})
		}
		again()
		r.comes("други", "трећи", "први")
		r.must(r.round())
		after, err := r.room.Position(r.Context(), "desk")
		r.must(err)
		if after.Validity == before.Validity {
			r.Errorf("the server gave no new numbers: %+v", after)
		}
		r.wants(3, 3)
	})
}

func TestWhatCannotBeTakenStays(t *testing.T) {
	onServers(t, func(r *rig) {
		r.comes("први", strings.Repeat("велик ", 1000), "трећи")
		r.must(r.round())
		r.wants(2, 3)
		if n, _ := r.flagged(imap.FlagFlagged); n != 1 {
			r.Errorf("%d are flagged for people", n)
		}
		r.must(r.round())
		r.wants(2, 3)
	})
}

// TestWhatWasThereBefore: mail from before the first day is left alone, in every round.
func TestWhatWasThereBefore(t *testing.T) {
	onServers(t, func(r *rig) {
		r.cfg.Since = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		r.came(&imap.AppendOptions{Time: time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC)}, "старо")
		r.came(&imap.AppendOptions{Time: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}, "ново")
		r.must(r.round())
		r.must(r.round())
		r.wants(1, 1)
	})
}

func TestConfigAndServersThatRefuse(t *testing.T) {
	onServers(t, func(r *rig) {
		good := r.cfg
		for name, change := range map[string]func(c *collect.Config){
			"no name": func(c *collect.Config) { c.Name = "" }, "no port": func(c *collect.Config) { c.Address = "127.0.0.1" }, "plain elsewhere": func(c *collect.Config) { c.Address = "mail.example:143" },
			"no user": func(c *collect.Config) { c.User = "" },
		} {
			bad := good
			change(&bad)
			if bad.Check() == nil {
				r.Errorf("%s: no error", name)
			}
		}
		wrong := filepath.Join(r.TempDir(), "wrong")
		r.must(os.WriteFile(wrong, []byte("x"), 0o600))
		for name, change := range map[string]func(c *collect.Config){
			"no such folder": func(c *collect.Config) { c.Folder = "нема" }, "no file": func(c *collect.Config) { c.PasswordFile += "x" },
			"nobody there": func(c *collect.Config) { c.Address = "127.0.0.1:1" }, "a wrong password": func(c *collect.Config) { c.PasswordFile = wrong },
		} {
			r.cfg = good
			change(&r.cfg)
			if err := r.round(); err == nil || strings.Contains(err.Error(), password) {
				r.Errorf("%s: %v", name, err)
			}
		}
	})
}
