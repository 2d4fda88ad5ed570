package inspect_test

import (
	"archive/zip"
	"testing"

	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
)

// TestCoverage: of a file that could not be analysed to its end no byte counts as read, whichever system it is for.
func TestCoverage(t *testing.T) {
	in, code := inspector(t), kitCode()
	whole := manifest(t, apktest.Build(t, apktest.App{Package: "org.example"}))
	for name, test := range map[string]struct {
		file []byte
		lost int64
	}{
		"code that is cut off":     {pack(t, zip.Deflate, "AndroidManifest.xml", whole, "classes.dex", code[:len(code)/2]), int64(len(code) / 2)},
		"bytes that are encrypted": {pack(t, zip.Deflate, "AndroidManifest.xml", whole, "classes.dex", code, "assets/a", append(make([]byte, 100), noise(80<<10)...)), 100 + 80<<10},
		"a picture for iOS":        {ios(t, nil, "Payload/A.app/a.png", []byte("\x89PNG\r\n\x1a\n")), 8},
	} {
		c := vet(t, in, test.file).Coverage
		if len(c.NotAnalysed) != 1 || c.FilesRead != c.FilesTotal-1 || c.BytesRead != c.BytesTotal-test.lost {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := vet(t, in, pack(t, zip.Deflate, "AndroidManifest.xml", whole, "classes.dex", code)); c.Coverage.BytesRead != c.Coverage.BytesTotal || result(c, "analysed") != report.Met {
		t.Errorf("a whole app: %+v", c.Coverage)
	}
}
