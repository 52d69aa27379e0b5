package edge

import (
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"strings"

	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// complaint is the body of an error of X-Road's REST interface.
type complaint struct {
	XMLName struct{} `json:"-" xml:"error"`
	Type    string   `json:"type" xml:"type"`
	Message string   `json:"message" xml:"message"`
	Detail  string   `json:"detail" xml:"detail"` // found again in the log
}

// refusal is the key under which a request has the problem for which it was refused.
type refusal struct{}

// refuse answers with an error of X-Road's interface. Every code of it begins
// with "Server." in one way or the other, for which its status is 500; SOAP has faults.
func (e *Edge) refuse(ctx *fasthttp.RequestCtx, r head, err error) {
	p := problem.Of(err)
	ctx.SetUserValue(refusal{}, p)
	f, text := said(p)
	c := complaint{Type: f.in(e.Dialect), Message: text, Detail: uuid()}
	e.Log.Info("refused at the edge", slog.String("detail", c.Detail), slog.String("code", p.Code))
	ctx.SetStatusCode(http.StatusInternalServerError)
	ctx.Response.Header.Set(errorHeader, c.Type)
	mediaType, body := c.document(acceptedXML(r.accept))
	ctx.SetContentType(mediaType)
	ctx.Response.SetBodyRaw(body)
}

// document writes a complaint as XML of a media type, or as JSON where that is
// empty.
func (c complaint) document(xmlType string) (mediaType string, body []byte) {
	if xmlType == "" {
		body, _ = json.Marshal(c) // three strings
		return "application/json", body
	}
	body, _ = xml.Marshal(c) // three strings
	return xmlType + ";charset=utf-8", body
}

// acceptedXML gives the XML type that a client accepts for an error, if any;
// whatever else it accepts, and how much rather, does not count.
func acceptedXML(accept string) string {
	for item := range strings.SplitSeq(accept, ",") {
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
