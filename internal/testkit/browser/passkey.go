package browser

import (
	"github.com/chromedp/cdproto/webauthn"
)

// HoldsKeys gives the tab a device that makes and shows passkeys, and whose person is always
// there and known to it. After lies it signs with noughts.
func (p *Page) HoldsKeys() (lies func()) {
	p.t.Helper()
	call(p, webauthn.Enable, webauthn.EnableParams{})
	device := call(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return func() {
		bogus := true
		call(p, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{AuthenticatorID: device.AuthenticatorID, IsBogusSignature: &bogus})
	}
}
