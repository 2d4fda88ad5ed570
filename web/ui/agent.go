package ui

import "strings"

// Browser says in words what a browser's User-Agent header (RFC 9110, section 10.1.5) says it is: enough
// for people to recognise their own devices, and no more.
func Browser(agent string) string {
	find := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	// The order matters: every browser claims to be some of the others.
	browser := find("Edg/", "Edge", "EdgA/", "Edge", "EdgiOS/", "Edge", "OPR/", "Opera", "SamsungBrowser/", "Samsung Internet",
		"FxiOS/", "Firefox", "Firefox/", "Firefox", "CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "CrOS", "ChromeOS", "Windows", "Windows", "Macintosh", "Mac", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "An unknown browser"
}

// SignInMethod says in words how a session began: passkey, or the name of a provider as it stands.
func SignInMethod(method string) string {
	if method == "passkey" {
		return "a passkey"
	}
	return method
}
