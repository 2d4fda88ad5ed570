package gate

import (
	"net/url"
	"strings"
)

// Path is the path made of parts, whatever they contain: "proposals", id, "sign".
func Path(parts ...string) string {
	var path strings.Builder
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}
