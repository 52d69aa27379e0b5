// Package api is the door for programs: it serves acts over HTTP and JSON, and
// describes them.
//
// What it promises:
//
//   - Denied by default: an act without a right does not exist ([act.Def.Act]), an
//     unknown path is a problem document, and who asks and whether they may is
//     looked at before a byte of the body is read.
//   - A request that changes something and carries an Idempotency-Key is done once:
//     the same again gets the same answer, another request under the key is
//     refused. Keys are kept for [KeepAnswers].
//   - Everything that goes wrong is a problem document (RFC 9457) in the language
//     that the request accepts. What nobody outside can repair is in the log, the
//     path is not, because it names a matter.
//   - What is served is described: GET /openapi.json of a surface (OpenAPI 3.1) is
//     made from the same acts.
//   - Requests from web pages are refused: a browser sends Origin or
//     Sec-Fetch-Site, a program does not.
//
// What it does not promise: that a request under a key is done once when the
// process dies in the middle of it. It is then done again, and the act must bear
// that; most do, by the version of the matter or by [act.Token].
package api
