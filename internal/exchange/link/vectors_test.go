package link

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the test vectors again")

// frameVectors are the values of docs/spec/exchange.md, section 3.2. All bytes are
// in hex.
type frameVectors struct {
	About  string        `json:"about"`
	Frames []frameVector `json:"frames"`
	// A whole conversation with a side that gives back what it was asked: what
	// the side that dialled says, and what it hears.
	Says  string `json:"says"`
	Hears string `json:"hears"`
}

type frameVector struct {
	What    string `json:"what"`
	Frame   string `json:"frame"`
	Type    byte   `json:"type"` // 0 when the frame is refused
	Flags   byte   `json:"flags"`
	Stream  uint32 `json:"stream"`
	Payload string `json:"payload"`
}

func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "frames.json")
	if *update {
		raw, err := json.MarshalIndent(makeVectors(t), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v frameVectors
	if err := json.Unmarshal(raw, &v); err != nil || len(v.Frames) == 0 {
		t.Fatal(err)
	}
	for _, f := range v.Frames {
		frame, payload := unhex(t, f.Frame), unhex(t, f.Payload)
		h, err := parseHead(frame)
		if (err != nil) != (f.Type == 0) {
			t.Errorf("%s: %v", f.What, err)
		}
		if err == nil && (h.kind != f.Type || h.flags != f.Flags || h.stream != f.Stream || !bytes.Equal(frame, appendFrame(nil, f.Type, f.Flags, f.Stream, payload))) {
			t.Errorf("%s: %+v", f.What, h)
		}
	}
	if heard := converse(t, unhex(t, v.Says), len(unhex(t, v.Hears))); hex.EncodeToString(heard) != v.Hears {
		t.Errorf("heard %x", heard)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// converse plays the side that dialled, and gives what it hears.
func converse(t *testing.T, says []byte, size int) []byte {
	t.Helper()
	near, far := net.Pipe()
	go func() { _, _ = far.Write(says) }()
	done := make(chan *Conn, 1)
	go func() {
		c, err := New(context.Background(), near, Config{Handler: echo, Greeting: func() []byte { return []byte("checkpoint") }}, false)
		if err != nil {
			t.Error(err)
		}
		done <- c
	}()
	heard := make([]byte, size)
	if _, err := io.ReadFull(far, heard); err != nil {
		t.Error(err)
	}
	c := <-done
	c.Close()
	_ = far.Close()
	c.Wait()
	return heard
}

func makeVectors(t *testing.T) frameVectors {
	v := frameVectors{About: "Values of docs/spec/exchange.md, section 3.2, in hex. Type 0: refused."}
	good := func(what string, kind, flags byte, stream uint32, payload []byte) {
		v.Frames = append(v.Frames, frameVector{what, hex.EncodeToString(appendFrame(nil, kind, flags, stream, payload)), kind, flags, stream, hex.EncodeToString(payload)})
	}
	refused := func(what string, frame []byte) {
		v.Frames = append(v.Frames, frameVector{What: what, Frame: hex.EncodeToString(frame)})
	}
	word := []byte{0, 0, 4, 0}
	good("hello", frameHello, 0, 0, append(append([]byte{}, word...), []byte{0, 1, 0, 0, 'c'}...))
	good("data", frameData, 0, 1, []byte("x"))
	good("data that opens a stream", frameData, flagOpen, 7, []byte("x"))
	good("data that opens and ends a stream", frameData, flagOpen|flagEnd, 1<<31-1, nil)
	good("credit", frameCredit, 0, 1, word)
	good("reset", frameReset, 0, 1, []byte{0, 0, 0, resetRefused})
	good("leave", frameLeave, 0, 0, word)
	good("ping", framePing, 0, 0, []byte("12345678"))
	good("pong", framePong, 0, 0, []byte("12345678"))
	refused("a type that is none", appendFrame(nil, 8, 0, 0, nil))
	refused("data on no stream", appendFrame(nil, frameData, 0, 0, []byte("x")))
	refused("data that says nothing", appendFrame(nil, frameData, 0, 1, nil))
	refused("a flag that is none", appendFrame(nil, frameData, 4, 1, []byte("x")))
	refused("a flag where there is none", appendFrame(nil, frameCredit, flagEnd, 1, word))
	refused("too much data", []byte{0, 0, 0x40, 1, frameData, 0, 0, 0, 0, 1})
	refused("a short ping", appendFrame(nil, framePing, 0, 0, word))
	refused("a hello on a stream", appendFrame(nil, frameHello, 0, 1, append(word, word...)))
	says := hello{streams: 1, window: window}.frame()
	says = appendFrame(says, frameData, flagOpen, 1, []byte("que"))
	says = appendFrame(says, frameData, flagEnd, 1, []byte("stion"))
	hears := hello{streams: maxStreams, window: window, greeting: []byte("checkpoint")}.frame()
	hears = appendFrame(hears, frameData, flagEnd, 1, []byte("question"))
	v.Says, v.Hears = hex.EncodeToString(says), hex.EncodeToString(hears)
	if heard := converse(t, says, len(hears)); !bytes.Equal(heard, hears) {
		t.Fatalf("heard %x", heard)
	}
	return v
}
