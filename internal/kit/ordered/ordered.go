// Package ordered is a map whose keys have an order and whose versions live
// side by side: a change makes a new map that shares nearly all of the old one,
// so a snapshot costs nothing and is read without locks, and a list begins at
// any key without being sorted first.
package ordered

import "iter"

// Map is an immutable balanced tree (AVL). A change, a look-up and the start of
// a list cost the logarithm of its length. Copies of a Map are the same map. It
// is safe for concurrent use; the zero Map is not usable, see [New].
type Map[K, V any] struct {
	root    *node[K, V]
	compare func(a, b K) int
}

type node[K, V any] struct {
	key         K
	value       V
	left, right *node[K, V]
	length      int32
	height      int8
}

// New gives an empty map of keys in the order of compare, which is negative
// when a comes before b and zero when the two are the same key.
func New[K, V any](compare func(a, b K) int) Map[K, V] { return Map[K, V]{compare: compare} }

// Len is the number of keys.
func (m Map[K, V]) Len() int { return int(m.root.len()) }

// Get finds the value of a key.
func (m Map[K, V]) Get(key K) (value V, ok bool) {
	for n := m.root; n != nil; {
		switch c := m.compare(key, n.key); {
		case c == 0:
			return n.value, true
		case c < 0:
			n = n.left
		default:
			n = n.right
		}
	}
	return value, false
}

// With is the map with a value under a key, instead of the one that was there.
func (m Map[K, V]) With(key K, value V) Map[K, V] {
	m.root = m.with(m.root, key, value)
	return m
}

// Without is the map without a key.
func (m Map[K, V]) Without(key K) Map[K, V] {
	m.root = m.without(m.root, key)
	return m
}

// All lists keys and values in order.
func (m Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.root.walk(yield) }
}

// After lists what comes after a key, which need not be there.
func (m Map[K, V]) After(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.after(m.root, key, yield) }
}

func (m Map[K, V]) with(n *node[K, V], key K, value V) *node[K, V] {
	if n == nil {
		return join(key, value, nil, nil)
	}
	switch c := m.compare(key, n.key); {
	case c < 0:
		return balance(n.key, n.value, m.with(n.left, key, value), n.right)
	case c > 0:
		return balance(n.key, n.value, n.left, m.with(n.right, key, value))
	}
	return join(key, value, n.left, n.right)
}

func (m Map[K, V]) without(n *node[K, V], key K) *node[K, V] {
	if n == nil {
		return nil
	}
	switch c := m.compare(key, n.key); {
	case c < 0:
		return balance(n.key, n.value, m.without(n.left, key), n.right)
	case c > 0:
		return balance(n.key, n.value, n.left, m.without(n.right, key))
	case n.left == nil:
		return n.right
	case n.right == nil:
		return n.left
	}
	next := n.right
	for next.left != nil {
		next = next.left
	}
	return balance(next.key, next.value, n.left, n.right.withoutFirst())
}

func (m Map[K, V]) after(n *node[K, V], key K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if m.compare(key, n.key) >= 0 {
		return m.after(n.right, key, yield)
	}
	return m.after(n.left, key, yield) && yield(n.key, n.value) && n.right.walk(yield)
}

func (n *node[K, V]) withoutFirst() *node[K, V] {
	if n.left == nil {
		return n.right
	}
	return balance(n.key, n.value, n.left.withoutFirst(), n.right)
}

func (n *node[K, V]) walk(yield func(K, V) bool) bool {
	return n == nil || n.left.walk(yield) && yield(n.key, n.value) && n.right.walk(yield)
}

func (n *node[K, V]) len() int32 {
	if n == nil {
		return 0
	}
	return n.length
}

func (n *node[K, V]) tall() int8 {
	if n == nil {
		return 0
	}
	return n.height
}

// join makes a node over two trees whose heights differ by one at most.
func join[K, V any](key K, value V, left, right *node[K, V]) *node[K, V] {
	return &node[K, V]{key, value, left, right, left.len() + right.len() + 1, max(left.tall(), right.tall()) + 1}
}

// balance makes a node over two trees whose heights differ by two at most.
func balance[K, V any](key K, value V, l, r *node[K, V]) *node[K, V] {
	switch {
	case l.tall() > r.tall()+1:
		if l.left.tall() >= l.right.tall() {
			return join(l.key, l.value, l.left, join(key, value, l.right, r))
		}
		return join(l.right.key, l.right.value, join(l.key, l.value, l.left, l.right.left), join(key, value, l.right.right, r))
	case r.tall() > l.tall()+1:
		if r.right.tall() >= r.left.tall() {
			return join(r.key, r.value, join(key, value, l, r.left), r.right)
		}
		return join(r.left.key, r.left.value, join(key, value, l, r.left.left), join(r.key, r.value, r.left.right, r.right))
	}
	return join(key, value, l, r)
}
