package edge

import (
	"fmt"
	"net/url"
	"strings"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Dialect is the wording of X-Road's error codes.
type Dialect int

// The dialects.
const (
	Classic Dialect = iota // up to X-Road 7.7: "Server.ServerProxy.AccessDenied"
	V78                    // from X-Road 7.8: "server.serverproxy.access_denied"
)

// ParseDialect reads "classic" or "v78"; nothing is classic.
func ParseDialect(s string) (Dialect, error) {
	switch s {
	case "", "classic":
		return Classic, nil
	case "v78":
		return V78, nil
	}
	return 0, fmt.Errorf("%q is neither classic nor v78", s)
}

// fault is one error code of X-Road in both dialects.
type fault struct{ classic, v78 string }

func (f fault) in(d Dialect) string {
	if d == V78 {
		return f.v78
	}
	return f.classic
}

// client and server are faults of the asking and of the answering side.
func client(classic, v78 string) fault {
	return fault{"Server.ClientProxy." + classic, "server.clientproxy." + v78}
}

func server(classic, v78 string) fault {
	return fault{"Server.ServerProxy." + classic, "server.serverproxy." + v78}
}

// said gives X-Road's code and text for a problem.
func said(p *problem.Problem) (fault, string) {
	if p.Kind == problem.Internal {
		return client("InternalError", "internal_error"), "Internal error"
	}
	for _, side := range []func(*problem.Problem) (fault, string, bool){ofRequest, ofClient, ofAsker, ofRights, ofSystem, ofMessage, ofDescription} {
		if f, text, ok := side(p); ok {
			return f, text
		}
	}
	return server("ServiceFailed.InternalError", "service_failed.internal_error"), p.Code
}

// ofRequest are those of requests that nobody could take for a request.
func ofRequest(p *problem.Problem) (fault, string, bool) {
	internal := client("InternalError", "internal_error")
	switch p.Code {
	case "service-path":
		return internal, "Invalid request URI", true
	case "method-unknown":
		return internal, "Unsupported method", true
	case "client-invalid":
		return internal, "Invalid Client Id", true
	case "server-invalid":
		return internal, "Invalid SecurityServer Id", true
	case "party-invalid":
		return internal, "Invalid RepresentedParty Id", true
	case "question-headers":
		return internal, "The headers are too many, too long or not readable", true
	case "message-unreadable":
		return internal, "The request is not HTTP", true
	case "question-too-large":
		return client("IOError", "io_error"), "LoggingFailed: Message size exceeds maximum loggable size", true
	case "edge-busy":
		return client("IOError", "io_error"), "Too many large requests at once", true
	case "upload-broken":
		return client("IOError", "io_error"), "The request did not arrive whole", true
	}
	return fault{}, "", false
}

// ofClient are those of who asks.
func ofClient(p *problem.Problem) (fault, string, bool) {
	refused := client("SslAuthenticationFailed", "ssl_authentication_failed")
	name := subject(p.Args["client"])
	switch p.Code {
	case "client-missing":
		return client("InvalidClientIdentifier", "invalid_client_identifier"), "The client identifier is missing", true
	case "client-unknown":
		return client("UnknownMember", "unknown_member"), "Client '" + name + "' not found", true
	case "client-plaintext":
		return refused, "Client (" + name + ") specifies HTTPS NO AUTH but client made plaintext connection", true
	case "client-certificate-missing":
		return refused, "Client (" + name + ") specifies HTTPS but did not supply TLS certificate", true
	case "client-certificates-none":
		return refused, "Client (" + name + ") has no IS certificates", true
	case "client-certificate-unknown":
		return refused, "Client (" + name + ") TLS certificate does not match any IS certificates", true
	}
	return fault{}, "", false
}

// ofAsker are those of this node, and of the way to the provider's.
func ofAsker(p *problem.Problem) (fault, string, bool) {
	switch p.Code {
	case "provider-unknown":
		return client("UnknownMember", "unknown_member"), `Could not find addresses for service provider "` + service(p) + `"`, true
	case "node-unknown":
		return client("InvalidSecurityServer", "invalid_security_server"), `Invalid security server "SERVER:` + plain(p.Args["body"]) + "/" + p.Args["node"] + `"`, true
	case "node-maintenance":
		return client("MaintenanceMode", "maintenance_mode"), noticed("Security server of "+subject(p.Args["body"])+" is in maintenance mode", ". ", p), true
	case "node-revoked":
		return client("SslAuthenticationFailed", "ssl_authentication_failed"), "Security server has no valid authentication certificate: the registry does not have the node " + p.Args["node"], true
	case "registry-outdated":
		return client("OutdatedGlobalConf", "global_conf_outdated"), "The registry was not confirmed for too long", true
	case "node-away", "node-slow":
		return client("NetworkError", "network_error"), "The security server of " + subject(p.Args["body"]) + " does not answer", true
	case "journal-away":
		return client("LoggingFailed", "logging_failed"), "The journal takes no message", true
	case "node-answer-broken":
		return client("InconsistentResponse", "inconsistent_response"), "The response of " + subject(p.Args["body"]) + " is not proved to belong to the request", true
	}
	return fault{}, "", false
}

// ofRights are those of services and of the rights to ask them.
func ofRights(p *problem.Problem) (fault, string, bool) {
	denied := server("AccessDenied", "access_denied")
	switch p.Code {
	case "service-unknown":
		return server("UnknownService", "unknown_service"), "Unknown service: " + service(p), true
	case "service-disabled":
		return server("ServiceDisabled", "service_disabled"), noticed("Service "+service(p)+" is disabled", ": ", p), true
	case "service-type":
		return server("ServiceType", "service_type"), "Service is a SOAP service and cannot be called using REST interface", true
	case "contract-missing":
		return denied, "Request is not allowed: " + service(p), true
	case "contract-ended", "contract-not-begun", "quota-exhausted", "rate-exceeded":
		return denied, "Request is not allowed: contract " + p.Args["contract"] + " (" + p.Code + ")", true
	case "provision-not-in-force", "provision-unknown":
		return denied, "Request is not allowed: provision " + p.Args["provision"] + " is not in force", true
	}
	return fault{}, "", false
}

// ofSystem are those of the information system behind the provider's node.
func ofSystem(p *problem.Problem) (fault, string, bool) {
	system := "The information system behind " + service(p)
	switch p.Code {
	case "system-host-unknown":
		return server("NetworkError", "unknown_host"), "The host of the information system behind " + service(p) + " is unknown", true
	case "system-untrusted":
		return server("SslAuthenticationFailed", "ssl_authentication_failed"), "Server certificate is not trusted: " + service(p), true
	case "system-away":
		if p.Kind == problem.Timeout {
			return server("IOError", "io_error"), system + " did not answer in time", true
		}
		return server("NetworkError", "network_error"), system + " does not answer", true
	case "system-failed":
		return server("IOError", "io_error"), system + " gave no answer that can be read", true
	case "answer-too-large":
		return server("IOError", "io_error"), "LoggingFailed: Message size exceeds maximum loggable size: " + service(p), true
	}
	return fault{}, "", false
}

// ofMessage are those of messages between the nodes, and of their content.
func ofMessage(p *problem.Problem) (fault, string, bool) {
	content := server("ServiceFailed.InvalidContentType", "service_failed.invalid_content_type")
	message := server("ServiceFailed.InvalidMessage", "service_failed.invalid_message")
	switch p.Code {
	case "answer-not-json":
		return content, "The response under contract " + p.Args["contract"] + " is not JSON", true
	case "question-not-json":
		return content, "The request under contract " + p.Args["contract"] + " is not JSON", true
	case "clock-off":
		return message, "The clocks of " + subject(p.Args["asker"]) + " and " + subject(p.Args["provider"]) + " differ by " + p.Args["seconds"] + " s", true
	case "message-forged":
		return message, "The request is not proved to be the client's", true
	case "message-replayed":
		return message, "The request was here before", true
	case "peer-unknown":
		return server("SslAuthenticationFailed", "ssl_authentication_failed"), "The registry does not know this security server", true
	}
	return fault{}, "", false
}

// ofDescription are those of getOpenAPI, in words that clients look for.
func ofDescription(p *problem.Problem) (fault, string, bool) {
	internal := server("InternalError", "internal_error")
	id, _ := registry.ParseID(p.Args["service"])
	switch p.Code {
	case "service-unnamed":
		return server("InvalidRequest", "invalid_request"), metadata.NoTarget(), true
	case "service-absent":
		return internal, metadata.NotFound(id), true
	case "description-none":
		return internal, metadata.NotDescribed(), true
	case "description-away":
		return internal, metadata.Unread(id), true
	}
	return fault{}, "", false
}

// service names a service as X-Road does in its texts.
func service(p *problem.Problem) string { return "SERVICE:" + plain(p.Args["service"]) }

// subject names a member or a subsystem as X-Road does in its texts.
func subject(id string) string {
	if strings.Count(id, "/") < 3 {
		return "MEMBER:" + plain(id)
	}
	return "SUBSYSTEM:" + plain(id)
}

// plain is an identifier without percent-encoding.
func plain(id string) string {
	if name, err := url.PathUnescape(id); err == nil {
		return name
	}
	return id
}

// noticed adds what those concerned say themselves.
func noticed(text, between string, p *problem.Problem) string {
	notice := p.Args["notice_en"]
	if notice == "" {
		notice = p.Args["notice"]
	}
	if notice == "" {
		return text
	}
	return text + between + notice
}
