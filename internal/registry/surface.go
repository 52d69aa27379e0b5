package registry

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The paths at which a node serves the registry to others.
const (
	Path           = "/dobosh/1/registry"
	CheckpointPath = Path + "/checkpoint"
	StatementsPath = "/dobosh/1/statements" // at the authority
)

// AskCheckpoint asks nodes what they are shown of the registry, with a client
// that knows each by its key.
func AskCheckpoint(client func(Node) *http.Client) func(context.Context, Node) ([]byte, error) {
	return func(ctx context.Context, peer Node) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+peer.Address+CheckpointPath, nil)
		if err != nil {
			return nil, err
		}
		return Fetch(client(peer), req)
	}
}

// Keys are those of a log that a witness of the instance watches, by its origin:
// the registry, or the journal of one of its nodes, whose origin is member and
// name. What a node signed before it changed its key stands.
func (r *Registry) Keys(origin string) []note.Verifier {
	if key := r.Key(); key.Name() == origin {
		return []note.Verifier{key}
	}
	at := strings.LastIndexByte(origin, '/')
	if at < 0 {
		return nil
	}
	member, err := ParseID(origin[:at])
	if err != nil {
		return nil
	}
	node, known := r.State().Node(member, origin[at+1:])
	if !known {
		return nil
	}
	return slices.DeleteFunc(node.Keys(), func(key note.Verifier) bool { return key.Name() != origin })
}
