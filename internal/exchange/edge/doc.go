// Package edge is what the member's own information systems reach.
//
// It speaks X-Road's REST interface ("r1", X-Road Message Protocol for REST
// 1.0) so that existing clients work unchanged: paths and headers arrive as
// they were written, the request hash is the one that X-Road computes, and
// errors come in the words of the X-Road versions up to 7.7 or of 7.8,
// whichever [Config] says. Where X-Road's text and its code differ, the code is
// followed.
//
// It promises that every input is bounded in size and in time, that a long body
// flows in constant memory in both directions, and that a client is taken for a
// subsystem only over the kind of connection that was agreed for it. It belongs
// on an address that only those systems reach: over plain HTTP the edge cannot know
// who is there, and whoever reaches the address may ask for every subsystem that
// comes like that.
package edge
