package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// gathering is the job that sends what a person is told of one event as one message. Each notice has one; the
// first that is due takes with it all that are there, so that none is left behind by a race.
type gathering struct {
	Notice string `json:"notice"`
	Event  string `json:"event"`
	Person string `json:"person"`
}

// mostTogether bounds what stands in one message. What is more comes in the next.
const mostTogether = 20

// gatherQueue sends messages once what belongs to them had time to come.
func (c *Courier) gatherQueue() *work.Queue[gathering] {
	return &work.Queue[gathering]{
		Name: "notify.together", Workers: 4,
		Do: func(ctx context.Context, t *work.Try[gathering]) error {
			return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error { return c.gathered(ctx, tx, t.Job) })
		},
	}
}

// gather has a notice wait for others of its event, in the transaction in which it was written.
func (c *Courier) gather(ctx context.Context, tx *storage.Tx, n Notice) error {
	_, err := tx.ExecContext(ctx, `insert into notify_together (notice, person, event, thread) values ($1, $2, $3, $4) on conflict (notice) do nothing`, n.ID, n.Person, n.Event, n.Thread)
	if err != nil {
		return fmt.Errorf("keep a notice for its event: %w", err)
	}
	return c.together.Add(ctx, tx, n.ID, gathering{n.ID, n.Event, n.Person}, work.In(c.cfg.Together))
}

// gathered sends what has come together: one notice as it is, several as one. What another job has taken is not
// there any more.
func (c *Courier) gathered(ctx context.Context, tx *storage.Tx, g gathering) error {
	rows, err := tx.QueryContext(ctx, `delete from notify_together where exists (select 1 from notify_together o where o.notice = $1) and notice in (
			select o.notice from notify_together o join notify_notices n on n.id = o.notice where o.event = $2 and o.person = $3 order by n.created_at, n.id limit $4)
		returning notice, thread`, g.Notice, g.Event, g.Person, mostTogether)
	threads := map[string]string{}
	ids, err := storage.All(rows, err, func(scan storage.Scan) (id string, err error) {
		var thread string
		err = scan(&id, &thread)
		threads[id] = thread
		return id, err
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	among := storage.Among("id", ids...)
	rows, err = tx.QueryContext(ctx, `select id, person, lane, subject, body, link, serves from notify_notices where `+among.Where+` order by created_at, id`, among.Args...)
	all, err := storage.All(rows, err, func(scan storage.Scan) (n Notice, err error) {
		var subject, body string
		if err := scan(&n.ID, &n.Person, &n.Lane, &subject, &body, &n.Link, &n.Serves); err != nil {
			return n, err
		}
		n.Thread = threads[n.ID]
		return n, errors.Join(json.Unmarshal([]byte(subject), &n.Subject), json.Unmarshal([]byte(body), &n.Body))
	})
	if err != nil {
		return fmt.Errorf("send what came together: %w", err)
	}
	one := all[0]
	if len(all) > 1 {
		one = c.merge(all)
		if written, err := c.write(ctx, tx, []Notice{one}); err != nil || len(written) == 0 {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update notify_notices set gathered_in = $`+strconv.Itoa(len(among.Args)+1)+` where `+among.Where, append(among.Args, one.ID)...); err != nil {
			return fmt.Errorf("send what came together: %w", err)
		}
	}
	routes, err := c.routesOf(ctx, tx, []string{one.Person})
	if err != nil {
		return err
	}
	way := routes[one.Person].first(one)
	for _, n := range all {
		if n.Serves == "" {
			continue
		}
		if err := c.serves(ctx, tx, Notice{ID: one.ID, Person: one.Person, Serves: n.Serves}, way); err != nil {
			return err
		}
	}
	return c.dispatch(ctx, tx, []leg{way})
}

// merge makes one notice of several to one person. Each line is said once: a greeting, the name of the body and
// its number stand there already. The subject is that of the first, and says how many more there are. What does not
// fit is left out from the end, since the page has it.
func (c *Courier) merge(all []Notice) Notice {
	one := all[0]
	ids := make([]string, len(all))
	for i, n := range all {
		ids[i] = n.ID
		one.Lane = min(one.Lane, n.Lane)
		one.Link = common(one.Link, n.Link)
		if one.Serves == "" {
			one.Serves = n.Serves
		}
		if n.Thread != one.Thread { // nobody knows to which an answer belongs
			one.Thread = ""
		}
	}
	one.ID = "together-" + digestOf(ids...)
	first := all[0]
	one.Subject = first.Subject.Map(func(tag lang.Tag, title string) string {
		if several := words().Say(tag, "notice.several", "subject", title, "n", strconv.Itoa(len(all)-1)); len([]rune(several)) <= longestSubject {
			return several
		}
		return title
	})
	one.Body = first.Body.Map(func(tag lang.Tag, _ string) string {
		var lines []string
		said, size := map[string]bool{}, 0
		for i, n := range all {
			if i > 0 {
				lines = append(lines, "", n.Subject.In(tag)+":")
			}
			for line := range strings.SplitSeq(n.Body.In(tag), "\n") {
				line = strings.TrimSpace(line)
				if said[line] || line == "" && len(lines) > 0 && lines[len(lines)-1] == "" {
					continue
				}
				if size += len(line) + 1; size > mostMerged {
					break
				}
				said[line] = line != ""
				lines = append(lines, line)
			}
		}
		return strings.TrimSpace(strings.Join(lines, "\n"))
	})
	return one
}

// mostMerged is how much of the texts of several notices stands in one, in bytes: with their subjects that is a body.
const mostMerged = longestBody / 4

// common is where two links lead together: to the same page, or to the list in which both stand.
func common(a, b string) string {
	if a == b {
		return a
	}
	u, err := url.Parse(a)
	other, err2 := url.Parse(b)
	if err != nil || err2 != nil || u.Host != other.Host {
		return a
	}
	here, there := path.Dir(u.Path), path.Dir(other.Path)
	if here != there {
		here = "/"
	}
	return u.Scheme + "://" + u.Host + here
}

// digestOf names something in few characters.
func digestOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
