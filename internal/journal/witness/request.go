package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Bounds of an add-checkpoint request.
const (
	MaxRequest = 64 << 10
	maxProof   = 63 // lines (C2SP tlog-witness)
)

var errRequest = errors.New("not an add-checkpoint request")

// request is the body of add-checkpoint.
type request struct {
	old        int64
	proof      tlog.TreeProof
	checkpoint []byte // signed note
}

func (r request) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", r.old)
	for _, h := range r.proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(r.checkpoint)
	return b.Bytes()
}

func parseRequest(body []byte) (request, error) {
	head, checkpoint, ok := strings.Cut(string(body), "\n\n")
	if !ok || len(body) > MaxRequest {
		return request{}, fmt.Errorf("%w: no empty line before a checkpoint", errRequest)
	}
	lines := strings.Split(head, "\n")
	old, err := parseOld(lines[0])
	if err != nil {
		return request{}, err
	}
	if len(lines)-1 > maxProof {
		return request{}, fmt.Errorf("%w: more than %d hashes", errRequest, maxProof)
	}
	r := request{old: old, checkpoint: []byte(checkpoint)}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != line {
			return request{}, fmt.Errorf("%w: %.60q is not a hash", errRequest, line)
		}
		r.proof = append(r.proof, tlog.Hash(raw))
	}
	return r, nil
}

func parseOld(line string) (int64, error) {
	digits, ok := strings.CutPrefix(line, "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits {
		return 0, fmt.Errorf("%w: the first line is not an old size", errRequest)
	}
	return old, nil
}
