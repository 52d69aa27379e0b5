package routing

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A saved model is the name of its format, its length, what it holds, and the SHA-256 of all that. Numbers are
// little-endian.
const (
	format   = "dobosh routing 1\n"
	mostBlob = 256 << 20
)

// Save writes the model.
func (m *Model) Save(w io.Writer) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var body blob
	body.number(m.seed)
	body.number(m.steps)
	body.number(uint64(m.texts))
	body.number(uint64(math.Float32bits(m.scale)))
	body.number(math.Float64bits(m.threshold))
	body.number(uint64(len(m.categories)))
	for _, name := range m.categories {
		body.text(name)
	}
	body.number(uint64(len(m.words.keys)))
	for row, key := range m.words.keys {
		body.b = binary.LittleEndian.AppendUint64(body.b, key)
		body.number(uint64(m.seen[row]))
		body.float(m.rarity[row])
		for _, w := range m.linear.of(int32(row))[:len(m.categories)] {
			body.float(w)
		}
	}
	body.number(uint64(len(m.memory.examples)))
	for _, e := range m.memory.examples {
		body.text(e.id)
		body.number(uint64(e.category))
		body.b = binary.LittleEndian.AppendUint64(body.b, e.group)
		body.number(uint64(e.unknown))
		body.number(uint64(e.doubt))
		body.flag(e.heard)
		body.number(uint64(len(e.rows)))
		for i, row := range e.rows {
			body.number(uint64(row))
			body.b = append(body.b, e.counts[i])
		}
	}
	m.record.save(&body)

	whole := binary.LittleEndian.AppendUint64([]byte(format), uint64(len(body.b)))
	whole = append(whole, body.b...)
	sum := sha256.Sum256(whole)
	if _, err := w.Write(append(whole, sum[:]...)); err != nil {
		return fmt.Errorf("routing: save: %w", err)
	}
	return nil
}

var errDamaged = errors.New("routing: this is no saved model, or it is damaged")

// Load reads a model that [Model.Save] wrote.
func Load(from io.Reader) (*Model, error) {
	head := make([]byte, len(format)+8)
	if _, err := io.ReadFull(from, head); err != nil || string(head[:len(format)]) != format {
		return nil, errDamaged
	}
	size := binary.LittleEndian.Uint64(head[len(format):])
	if size > mostBlob {
		return nil, errDamaged
	}
	// Grows with what comes, not with what is announced.
	rest, err := io.ReadAll(io.LimitReader(from, int64(size)+sha256.Size+1))
	if err != nil {
		return nil, fmt.Errorf("routing: load: %w", err)
	}
	if uint64(len(rest)) != size+sha256.Size {
		return nil, errDamaged
	}
	sum := sha256.New()
	sum.Write(head)
	sum.Write(rest[:size])
	if !bytes.Equal(sum.Sum(nil), rest[size:]) {
		return nil, errDamaged
	}
	return read(rest[:size])
}

// read makes a model of a body whose checksum was right. It believes nothing all the same: a checksum is no
// signature.
func read(body []byte) (*Model, error) {
	in := blob{b: body}
	m := empty(in.next(math.MaxUint64))
	m.steps = in.next(math.MaxUint64)
	m.texts = uint32(in.next(math.MaxUint32))
	m.scale = math.Float32frombits(uint32(in.next(math.MaxUint32)))
	m.threshold = math.Float64frombits(in.next(math.MaxUint64))
	if !(m.scale > 0 && m.scale < 1e6) || !(m.threshold >= 0 && m.threshold <= never) {
		return nil, errDamaged
	}
	known := map[string]bool{}
	for range in.next(MostCategories) {
		name := in.words()
		if known[name] || name == "" {
			return nil, errDamaged
		}
		known[name] = true
		m.categories = append(m.categories, name)
	}
	categories := len(m.categories)
	if in.wrong || categories == 0 {
		return nil, errDamaged
	}

	rows := int(in.next(MostFeatures))
	if in.wrong || rows > len(in.b)/(8+1+4+4*categories) {
		return nil, errDamaged
	}
	m.words, m.linear = newVocabulary(rows), newLinear(rows, categories)
	m.seen, m.rarity = make([]uint32, rows), make([]float32, rows)
	for row := range rows {
		if key := in.eight(); in.wrong || int(m.words.add(key)) != row {
			return nil, errDamaged // a key that stands twice
		}
		m.seen[row] = uint32(in.next(math.MaxUint32))
		m.rarity[row] = in.real()
		weights := m.linear.of(int32(row))
		for k := range categories {
			weights[k] = in.real()
		}
	}
	for range in.next(MostExamples) {
		e := in.example(rows, categories)
		if in.wrong || m.memory.byID[e.id] != nil {
			return nil, errDamaged
		}
		m.memory.put(e, rows)
	}
	m.record.load(&in)
	if in.wrong || len(in.b) > 0 {
		return nil, errDamaged
	}
	return m, nil
}

func (b *blob) example(rows, categories int) *example {
	e := &example{id: b.words(), category: uint16(b.next(uint64(categories - 1))), group: b.eight(), unknown: int(b.next(1 << 20)), doubt: uint8(b.next(255)), heard: b.next(1) == 1}
	before := map[int32]bool{}
	for range b.next(mostRows) {
		row := int32(b.next(uint64(max(rows, 1) - 1)))
		count := b.one()
		if b.wrong || before[row] || count == 0 || rows == 0 {
			b.wrong = true
			break
		}
		before[row] = true
		e.rows, e.counts = append(e.rows, row), append(e.counts, count)
	}
	if e.id == "" {
		b.wrong = true
	}
	return e
}

func (r *record) save(b *blob) {
	b.number(uint64(r.n))
	for _, one := range r.last[:min(r.n, len(r.last))] {
		flags := byte(0)
		if one.right {
			flags |= 1
		}
		if one.automatic {
			flags |= 2
		}
		b.b = append(b.b, flags)
		b.float(float32(one.probability))
	}
}

func (r *record) load(b *blob) {
	r.n = int(b.next(1 << 40))
	for i := range r.last[:min(r.n, len(r.last))] {
		flags := b.one()
		r.last[i].right, r.last[i].automatic = flags&1 > 0, flags&2 > 0
		r.last[i].probability = float64(b.real())
		if p := r.last[i].probability; flags > 3 || p < 0 || p > 1 {
			b.wrong = true
		}
		if b.wrong {
			return
		}
	}
}

// blob is written at its end and read from its beginning. Once something is wrong, all that it gives is
// nothing.
type blob struct {
	b     []byte
	wrong bool
}

func (b *blob) number(n uint64) { b.b = binary.AppendUvarint(b.b, n) }
func (b *blob) float(f float32) { b.b = binary.LittleEndian.AppendUint32(b.b, math.Float32bits(f)) }
func (b *blob) text(s string)   { b.number(uint64(len(s))); b.b = append(b.b, s...) }

func (b *blob) flag(is bool) {
	if is {
		b.number(1)
	} else {
		b.number(0)
	}
}

func (b *blob) take(n int) []byte {
	if b.wrong || n > len(b.b) {
		b.wrong = true
		return nil
	}
	taken := b.b[:n]
	b.b = b.b[n:]
	return taken
}

// next reads a number of at most most.
func (b *blob) next(most uint64) uint64 {
	n, size := binary.Uvarint(b.b)
	if size <= 0 || n > most {
		b.wrong = true
		return 0
	}
	b.take(size)
	return n
}

func (b *blob) one() byte {
	if one := b.take(1); one != nil {
		return one[0]
	}
	return 0
}

func (b *blob) eight() uint64 {
	if eight := b.take(8); eight != nil {
		return binary.LittleEndian.Uint64(eight)
	}
	return 0
}

func (b *blob) words() string { return string(b.take(int(b.next(mostName)))) }

// real reads a number that is one, and not beyond all measure.
func (b *blob) real() float32 {
	four := b.take(4)
	if four == nil {
		return 0
	}
	f := math.Float32frombits(binary.LittleEndian.Uint32(four))
	if !(f > -1e6 && f < 1e6) {
		b.wrong = true
		return 0
	}
	return f
}
