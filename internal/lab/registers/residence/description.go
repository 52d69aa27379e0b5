package residence

import _ "embed"

//go:embed openapi.yaml
var description string

// Description is the OpenAPI description of what [Register.Handler] answers.
func Description() []byte { return []byte(description) }
