// Package browsertest gives tests a real browser: Debian's Chromium without a window, which the tests of a package share,
// each with an empty profile. A test goes to a page of its own server, presses keys as a person would, and asks axe-core
// what somebody with a screen reader would stumble over.
//
//	b := browsertest.Open(t)
//	b.Phone()
//	b.Go(browsertest.Local(server) + "/sign-in")
//	b.Authenticator() // passkeys that are answered at once
//	b.Press(browsertest.Tab, browsertest.Enter)
//	b.Accessible()
//
// Every step fails the test where it cannot be done. So does, at the end, a script that threw and anything
// that the content security policy stopped. Without Chromium or axe-core a test fails and says what installs
// them. What is not here can be done by chromedp with Context.
package browsertest
