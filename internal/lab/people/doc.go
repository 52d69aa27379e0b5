// Package people invents the population of the demonstration: a few families
// with a story each, staff, and as many residents as a bench wants.
//
// Nobody here exists. The family names are made of words for example, sample and
// sketch, the bank has a code that no bank has, and the citizen numbers carry the
// regions 83 and 84, which lie in the range of Vojvodina and, as far as we know,
// were never given to anyone; their form and control digits are right.
//
// The same call gives the same people, on every machine.
package people
