package metadata

import (
	"mime"
	"strings"
)

// The service codes that X-Road keeps for itself. The first four are answered.
const (
	ListClients    = "listClients"
	ListMethods    = "listMethods"
	AllowedMethods = "allowedMethods"
	GetOpenAPI     = "getOpenAPI"

	getWSDL         = "getWsdl"
	serverMetrics   = "getSecurityServerMetrics"
	operationalData = "getSecurityServerOperationalData"
	healthData      = "getSecurityServerHealthData"
)

// Reserved reports whether no service of a subsystem can be asked by this code.
func Reserved(code string) bool {
	switch code {
	case ListClients, ListMethods, AllowedMethods, GetOpenAPI, getWSDL, serverMetrics, operationalData, healthData:
		return true
	}
	return false
}

// The media types of the documents.
const (
	JSON  = "application/json;charset=utf-8" // of listClients to those who accept it
	XML   = "text/xml;charset=utf-8"         // of listClients to all others
	Plain = "application/json"               // of listMethods and allowedMethods
	Zip   = "application/zip"                // of verificationconf
)

// maxAccept bounds what is read of the headers that say what a client accepts,
// in bytes.
const maxAccept = 4096

// AcceptsJSON reports whether a client that sent these Accept headers gets JSON:
// some item has to be application/json itself. Parameters and preferences are
// not looked at, as in X-Road.
func AcceptsJSON(accept []string) bool {
	all := strings.Join(accept, ",")
	for item := range strings.SplitSeq(all[:min(len(all), maxAccept)], ",") {
		if media, _, err := mime.ParseMediaType(item); err == nil && media == "application/json" {
			return true
		}
	}
	return false
}
