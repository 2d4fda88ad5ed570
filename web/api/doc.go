// Package api is the frame of the programs' interface, /api/v1, and its operations. It asks the same
// functions of the rooms as the pages do, and holds no rule of its own.
//
// Every operation stands in one list (operations.go) with its method, path and permission. Routes
// makes a gate.Route of each, so that the gate stands before it, and the same list makes the
// document (OpenAPI 3.1) at /api/v1/openapi.json and .yaml: an operation that is not described, or
// that names no permission, cannot be. Reading parameters, checking them against the document and
// describing them is huma's work; everything else about a request is here:
//
//   - Who asks is a program with a token (Authorization: Bearer). The gate has found out who it is.
//   - Errors have one form, RFC 9457, made in problem.go and nowhere else, huma's own among them. Its
//     type leads to an entry of /api/v1/problems, its reference to the server's log.
//   - What is not known is refused: members of JSON, parameters of the query, a member given twice.
//     A body is JSON in UTF-8 of 1 MiB at most.
//   - Lists come in pages: items, and next where there are more, to be given back as after. A cursor
//     is opaque, and good for the list that it came from and no other. It names a place in the order,
//     never a count, so that what is added or removed meanwhile is not shown twice and hides nothing.
//   - A POST or PATCH with an Idempotency-Key happens once: the same request again gets the first
//     answer, for two days. What makes a secret takes no key, because a secret is not kept to be told again.
//   - What has a version has a strong ETag, made of the version and of what is shown. If-Match is
//     compared by the version alone (the version is what a change raises; what is shown may change
//     otherwise, such as a role that ends by itself), If-None-Match by all of it.
//
// Nothing may be kept by a cache. Times are RFC 3339. A member that is left out of a change stays as
// it was.
//
// The gate's routes for programs take tokens only: a browser's session is no key to this door, and so
// no page of another site can use it.
package api
