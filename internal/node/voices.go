package node

import (
	"context"

	"dobosh/internal/cases"
	"dobosh/internal/keys"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/participation"
	voicepages "dobosh/internal/participation/pages"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
)

// openVoices opens the room in which people are heard. A pack without a kind that anybody may raise brings no pages.
func openVoices(ctx context.Context, pack *law.Pack, db *storage.DB, shared keys.Keys, matters *cases.Room, now clock.Now) (*participation.Room, Brings, error) {
	secret, err := shared.Key(ctx, "voices")
	if err != nil {
		return nil, Brings{}, err
	}
	key, err := seal.New(secret)
	if err != nil {
		return nil, Brings{}, err
	}
	room := participation.New(participation.Config{Pack: pack, DB: db, Cases: matters, Key: key, Now: now})
	matters.ReducedBy(room.Erase) // also what was raised under a pack that let people raise it
	if len(room.Kinds()) == 0 {
		return room, Brings{}, nil
	}
	pages, err := voicepages.New(room, pack)
	return room, Brings{Pages: []portal.Room{pages}}, err
}
