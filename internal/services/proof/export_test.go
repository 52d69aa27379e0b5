package proof

// VerifySealed is Verify without running the rule, which takes most of its
// time.
func VerifySealed(file []byte, trust Trust) Report {
	r, _, _ := checkSeal(file, trust)
	return r.sum()
}
