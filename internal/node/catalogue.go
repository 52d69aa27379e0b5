package node

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"dobosh/internal/catalogue"
	"dobosh/internal/kit/lang"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
)

// openCatalogue opens the list of data services with what they answer. The
// description of what is built in is kept at once; what holds is the
// registry's to say.
func (n *Node) openCatalogue(ctx context.Context) (err error) {
	n.described, err = catalogue.New(ctx, catalogue.Config{
		Member: n.cfg.Member, Node: n.cfg.Name, State: n.registry.State, Submit: n.submitter, Peers: descriptions{n}, DB: n.db,
		Event: n.lifeEvent, Sources: n.descriptionSources(), Now: n.now, Log: n.log,
	})
	if err != nil {
		return err
	}
	if _, err := n.described.Keep(ctx, receipts.Description()); err != nil {
		return fmt.Errorf("description that is built in: %w", err)
	}
	n.described.Refresh()
	return nil
}

// lifeEvent names what happens in people's lives as the pack does.
func (n *Node) lifeEvent(code string) (lang.Text, bool) {
	for _, e := range n.pack.LifeEvents() {
		if e.ID == code {
			return e.Title, true
		}
	}
	return nil, false
}

// descriptionSources are where the programs of the member show what they answer.
func (n *Node) descriptionSources() map[registry.ID]string {
	sources := map[registry.ID]string{}
	for _, s := range n.cfg.InformationSystems {
		if s.Description != "" {
			sources[s.of(n.cfg.Member).Service] = s.Description
		}
	}
	return sources
}

// giveDescriptions lets other members read what this member's services answer.
func (n *Node) giveDescriptions(mux *http.ServeMux) {
	give := n.described.ServeDescriptions()
	mux.HandleFunc("GET "+catalogue.DescriptionsPath+"{digest}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := n.credential.Peer(r.TLS); err != nil {
			http.Error(w, "only nodes of members read descriptions here", http.StatusForbidden)
			return
		}
		give.ServeHTTP(w, r)
	})
}

// descriptionWait is how long another node may take to give a description.
const descriptionWait = 15 * time.Second

// descriptions fetches what the services of other members answer.
type descriptions struct{ *Node }

// Description implements catalogue.Peers. The connection is not kept: a
// description is fetched once.
func (n descriptions) Description(ctx context.Context, at registry.Node, digest string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+at.Address+catalogue.DescriptionsPath+digest, nil)
	if err != nil {
		return nil, err
	}
	client := n.letterClient(at)
	client.Timeout = descriptionWait
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // only the status counts
		return nil, fmt.Errorf("node %s of %s: status %d", at.Name, at.Member, answer.StatusCode)
	}
	return answer.Body, nil
}
