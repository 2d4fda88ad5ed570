package directory_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"portcullis/internal/pagetest"
)

// upload sends a file of people.
func upload(t testing.TB, v pagetest.Visitor, content string) pagetest.Page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "people.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(content)) // into memory
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, "/people/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return v.Do(r)
}

func TestImport(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		header := m.officer.Get("/people/import/template.csv").Shows(200).Body
		row := `Ada Lund,ada@merrow.example,harbour,"staff, desk",,+99 1,Pilots,7,x,yes`
		m.officer.Get("/people/import").Shows(200, "Download a file")
		m.officer.LeadsTo(upload(t, m.officer, header+row+"\r\n"+`,grace@merrow.example,,,,+99 2,,,,`+"\r\n"), "/people?added=1&changed=1&unchanged=0").
			Shows(200, "1 person added, 1 changed", "Ada Lund")
		m.officer.Get("/people?role=desk").Shows(200, "Ada Lund")
	})
}

func TestImportTakesNothingWhereSomethingIsWrong(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.Post("/people/import").Shows(422, "Choose the file")
		upload(t, m.officer, "name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo,harbour\nCy,cy@merrow.example,\"har").
			Shows(422, "Error: Import people", "Nothing has been imported", "Line 3, mail: ", "Line 4: ")
		upload(t, m.officer, "name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo@merrow.example,<nowhere>\n").
			Shows(422, "1 problem in the file", "Line 3: ").Has("&lt;nowhere&gt;")
		upload(t, m.officer, "name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo@merrow.example,light\n").Shows(403, "Line 3")
		wrong := "mail\n"
		for i := range 150 {
			wrong += fmt.Sprintf("wrong%d\n", i)
		}
		upload(t, m.officer, wrong).Shows(422, "150 problems in the file", "And 50 more like them")
		m.officer.Get("/people").Shows(200).Lacks("Ada Lund")
	})
}
