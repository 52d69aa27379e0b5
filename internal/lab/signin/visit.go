package signin

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// visit is one authorization request on its way through the login page. A visit
// never changes: choosing a person makes a new one.
type visit struct {
	id       string
	asked    oidc.AuthRequest
	subject  string // who signs in; empty until somebody was chosen
	authTime time.Time
}

func (v visit) GetID() string                      { return v.id }
func (v visit) GetACR() string                     { return "" }
func (v visit) GetAMR() []string                   { return nil }
func (v visit) GetAudience() []string              { return []string{v.asked.ClientID} }
func (v visit) GetAuthTime() time.Time             { return v.authTime }
func (v visit) GetClientID() string                { return v.asked.ClientID }
func (v visit) GetNonce() string                   { return v.asked.Nonce }
func (v visit) GetRedirectURI() string             { return v.asked.RedirectURI }
func (v visit) GetResponseType() oidc.ResponseType { return v.asked.ResponseType }
func (v visit) GetResponseMode() oidc.ResponseMode { return v.asked.ResponseMode }
func (v visit) GetScopes() []string                { return v.asked.Scopes }
func (v visit) GetState() string                   { return v.asked.State }
func (v visit) GetSubject() string                 { return v.subject }
func (v visit) Done() bool                         { return v.subject != "" }

func (v visit) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: v.asked.CodeChallenge, Method: v.asked.CodeChallengeMethod}
}
