package signin

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// relyingParty is a Client as the provider library wants to see it.
type relyingParty struct {
	Client
	login string // URL of the login page up to the name of the visit
}

func (c relyingParty) GetID() string                       { return c.ID }
func (c relyingParty) RedirectURIs() []string              { return c.RedirectURLs }
func (c relyingParty) PostLogoutRedirectURIs() []string    { return c.SignedOutURLs }
func (c relyingParty) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c relyingParty) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c relyingParty) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c relyingParty) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c relyingParty) IDTokenLifetime() time.Duration       { return idTokenLife }
func (c relyingParty) DevMode() bool                        { return false }
func (c relyingParty) IsScopeAllowed(string) bool           { return false }
func (c relyingParty) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c relyingParty) ClockSkew() time.Duration             { return 0 }
func (c relyingParty) LoginURL(id string) string            { return c.login + id }

func (c relyingParty) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c relyingParty) RestrictAdditionalIdTokenScopes() func([]string) []string     { return same }
func (c relyingParty) RestrictAdditionalAccessTokenScopes() func([]string) []string { return same }

func same(scopes []string) []string { return scopes }
