// Package web gathers the sentences of all rooms.
package web
