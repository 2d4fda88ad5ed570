// Package uitest checks pages in tests: that their HTML is well formed, that nothing in them needs an
// exception from the content security policy, and that labels, descriptions and links within the page
// lead to something that is there. It is for what a browser is too slow for, or would silently mend.
package uitest
