// Package station is a node of the laboratory: the node of the product with what
// only a demonstration or a measurement needs in it, as its guests. That is the
// registers of the state with whoever lives in them, and pages that say that all
// persons are invented.
//
// What is added stands in a file of its own beside the configuration of the node,
// so that this remains one of the product: "dobosh serve" runs the same node
// without the laboratory, and every other command reads it.
package station
