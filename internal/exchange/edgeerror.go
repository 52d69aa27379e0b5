package exchange

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"dobosh/internal/kit/problem"
)

// edgeError is the error body of X-Road's REST interface.
type edgeError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

// writeEdgeError answers in the classic dialect of X-Road (up to 7.7): the
// code in a header and the body, status 500 for every code that begins with
// "Server.".
func writeEdgeError(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	code, message := classic(p)
	w.Header().Set("X-Road-Error", code)
	e := edgeError{Type: code, Message: message, Detail: uuid()}
	if media := acceptedXML(r.Header.Values("Accept")); media != "" {
		w.Header().Set("Content-Type", media+";charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, "<error><type>%s</type><message>%s</message><detail>%s</detail></error>", xmlText(e.Type), xmlText(e.Message), xmlText(e.Detail))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_ = json.NewEncoder(w).Encode(e) // the client may have gone
}

// acceptedXML gives the XML type that a client accepts for an error, if any.
func acceptedXML(accept []string) string {
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, _, _ := strings.Cut(item, ";")
		switch media = strings.ToLower(strings.TrimSpace(media)); media {
		case "text/xml", "application/xml":
			return media
		case "text/*":
			return "text/xml"
		}
	}
	return ""
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// classic gives X-Road's code and text for a problem.
func classic(p *problem.Problem) (code, message string) {
	if p.Kind == problem.Internal {
		return "Server.ClientProxy.InternalError", "Internal error"
	}
	if code, message = classicClient(p); code == "" {
		code, message = classicServer(p)
	}
	return code, message
}

// classicClient gives those of problems on the asker's side; empty for others.
func classicClient(p *problem.Problem) (code, message string) {
	code = "Server.ClientProxy."
	switch p.Code {
	case "client-missing":
		return code + "InvalidClientIdentifier", "The header X-Road-Client names no client"
	case "service-path":
		return code + "InternalError", "The request is not of the form /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/path"
	case "client-unknown":
		return code + "UnknownMember", "Client 'SUBSYSTEM:" + p.Args["client"] + "' not found"
	case "provider-unknown":
		return code + "UnknownMember", "Could not find addresses for service provider \"SERVICE:" + p.Args["service"] + "\""
	case "registry-outdated":
		return code + "OutdatedGlobalConf", "The registry was not confirmed for too long"
	case "node-away", "node-slow":
		return code + "NetworkError", "The node of " + p.Args["body"] + " does not answer"
	case "question-too-large":
		return code + "IOError", "LoggingFailed: Message size exceeds maximum loggable size"
	case "journal-away":
		return code + "LoggingFailed", "The journal takes no message"
	case "node-answer-broken":
		return code + "InconsistentResponse", "The answer of " + p.Args["body"] + " is not proved"
	}
	return "", ""
}

// classicServer gives those of problems on the provider's side.
func classicServer(p *problem.Problem) (code, message string) {
	code, service := "Server.ServerProxy.", "SERVICE:"+p.Args["service"]
	switch p.Code {
	case "service-unknown":
		return code + "UnknownService", "Unknown service: " + service
	case "contract-missing":
		return code + "AccessDenied", "Request is not allowed: " + service
	case "contract-ended", "contract-not-begun", "quota-exhausted":
		return code + "AccessDenied", "Request is not allowed: contract " + p.Args["contract"] + " (" + p.Code + ")"
	case "provision-not-in-force", "provision-unknown":
		return code + "AccessDenied", "Request is not allowed: provision " + p.Args["provision"] + " is not in force"
	case "clock-off":
		return code + "ServiceFailed", "The clocks of " + p.Args["asker"] + " and " + p.Args["provider"] + " differ by " + p.Args["seconds"] + " s"
	case "system-host-unknown":
		return code + "NetworkError", "The host of the information system behind " + service + " is unknown"
	case "system-untrusted":
		return code + "NetworkError", "The certificate of the information system behind " + service + " is not trusted"
	case "system-away":
		if p.Kind == problem.Timeout {
			return code + "IOError", "The information system behind " + service + " did not answer in time"
		}
		return code + "NetworkError", "The information system behind " + service + " does not answer"
	}
	return code + "ServiceFailed", p.Code
}
