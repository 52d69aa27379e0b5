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
	var (
		malformed   = client("InternalError", "internal_error")
		tls         = client("SslAuthenticationFailed", "ssl_authentication_failed")
		denied      = server("AccessDenied", "access_denied")
		content     = server("ServiceFailed.InvalidContentType", "service_failed.invalid_content_type")
		message     = server("ServiceFailed.InvalidMessage", "service_failed.invalid_message")
		description = server("InternalError", "internal_error")

		asker  = subject(p.Args["client"])
		system = "The information system behind " + service(p)
		id, _  = registry.ParseID(p.Args["service"])
	)
	switch p.Code {
	// What nobody could take for a request.
	case "service-path":
		return malformed, "Invalid request URI"
	case "method-unknown":
		return malformed, "Unsupported method"
	case "client-invalid":
		return malformed, "Invalid Client Id"
	case "server-invalid":
		return malformed, "Invalid SecurityServer Id"
	case "party-invalid":
		return malformed, "Invalid RepresentedParty Id"
	case "question-headers":
		return malformed, "The headers are too many, too long or not readable"
	case "message-unreadable":
		return malformed, "The request is not HTTP"
	case "soap-unreadable":
		return fault{"Client.InvalidSoap", "client.invalid_soap"}, "The request is no SOAP message of the protocol 4.0"
	case "header-twice":
		return malformed, "A header stands there twice, or by two names"
	case "question-too-large":
		return client("IOError", "io_error"), "LoggingFailed: Message size exceeds maximum loggable size"
	case "edge-busy":
		return client("IOError", "io_error"), "Too many large requests at once"
	case "upload-broken":
		return client("IOError", "io_error"), "The request did not arrive whole"

	// Who asks.
	case "client-missing":
		return client("InvalidClientIdentifier", "invalid_client_identifier"), "The client identifier is missing"
	case "client-unknown":
		return client("UnknownMember", "unknown_member"), "Client '" + asker + "' not found"
	case "client-plaintext":
		return tls, "Client (" + asker + ") specifies HTTPS NO AUTH but client made plaintext connection"
	case "client-certificate-missing":
		return tls, "Client (" + asker + ") specifies HTTPS but did not supply TLS certificate"
	case "client-certificates-none":
		return tls, "Client (" + asker + ") has no IS certificates"
	case "client-certificate-unknown":
		return tls, "Client (" + asker + ") TLS certificate does not match any IS certificates"

	// This node, and the way to the provider's.
	case "provider-unknown":
		return client("UnknownMember", "unknown_member"), `Could not find addresses for service provider "` + service(p) + `"`
	case "node-unknown":
		return client("InvalidSecurityServer", "invalid_security_server"), `Invalid security server "SERVER:` + plain(p.Args["body"]) + "/" + p.Args["node"] + `"`
	case "node-maintenance":
		return client("MaintenanceMode", "maintenance_mode"), noticed("Security server of "+subject(p.Args["body"])+" is in maintenance mode", ". ", p)
	case "node-revoked":
		return client("SslAuthenticationFailed", "ssl_authentication_failed"), "Security server has no valid authentication certificate: the registry does not have the node " + p.Args["node"]
	case "registry-outdated":
		return client("OutdatedGlobalConf", "global_conf_outdated"), "The registry was not confirmed for too long"
	case "node-away", "node-slow":
		return client("NetworkError", "network_error"), "The security server of " + subject(p.Args["body"]) + " does not answer"
	case "journal-away":
		return client("LoggingFailed", "logging_failed"), "The journal takes no message"
	case "node-answer-broken":
		return client("InconsistentResponse", "inconsistent_response"), "The response of " + subject(p.Args["body"]) + " is not proved to belong to the request"

	// Services, and the rights to ask them.
	case "service-unknown":
		return server("UnknownService", "unknown_service"), "Unknown service: " + service(p)
	case "service-disabled":
		return server("ServiceDisabled", "service_disabled"), noticed("Service "+service(p)+" is disabled", ": ", p)
	case "service-type":
		return server("ServiceType", "service_type"), "Service is a SOAP service and cannot be called using REST interface"
	case "soap-unspoken":
		return server("ServiceType", "service_type"), "Service is a REST service and cannot be called using SOAP interface"
	case "contract-missing":
		return denied, "Request is not allowed: " + service(p)
	case "contract-ended", "contract-not-begun", "quota-exhausted", "rate-exceeded", "parameter-not-agreed":
		return denied, "Request is not allowed: contract " + p.Args["contract"] + " (" + p.Code + ")"
	case "provision-not-in-force", "provision-unknown":
		return denied, "Request is not allowed: provision " + p.Args["provision"] + " is not in force"

	// The information system behind the provider's node.
	case "system-host-unknown":
		return server("NetworkError", "unknown_host"), "The host of the information system behind " + service(p) + " is unknown"
	case "system-untrusted":
		return server("SslAuthenticationFailed", "ssl_authentication_failed"), "Server certificate is not trusted: " + service(p)
	case "system-away":
		if p.Kind == problem.Timeout {
			return server("IOError", "io_error"), system + " did not answer in time"
		}
		return server("NetworkError", "network_error"), system + " does not answer"
	case "system-failed":
		return server("IOError", "io_error"), system + " gave no answer that can be read"
	case "answer-unnamed":
		return server("IOError", "io_error"), system + " names nobody where the contract says that somebody is named"
	case "answer-too-large":
		return server("IOError", "io_error"), "LoggingFailed: Message size exceeds maximum loggable size: " + service(p)

	// Messages between the nodes, and their content.
	case "answer-not-json":
		return content, "The response under contract " + p.Args["contract"] + " is not JSON"
	case "question-not-json":
		return content, "The request under contract " + p.Args["contract"] + " is not JSON"
	case "clock-off":
		return message, "The clocks of " + subject(p.Args["asker"]) + " and " + subject(p.Args["provider"]) + " differ by " + p.Args["seconds"] + " s"
	case "message-forged":
		return message, "The request is not proved to be the client's"
	case "message-replayed":
		return message, "The request was here before"
	case "peer-unknown":
		return server("SslAuthenticationFailed", "ssl_authentication_failed"), "The registry does not know this security server"

	// getOpenAPI, in words that clients look for.
	case "service-unnamed":
		return server("InvalidRequest", "invalid_request"), metadata.NoTarget()
	case "service-absent":
		return description, metadata.NotFound(id)
	case "description-none":
		return description, metadata.NotDescribed()
	case "description-away":
		return description, metadata.Unread(id)
	}
	return server("ServiceFailed.InternalError", "service_failed.internal_error"), p.Code
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
