package directory_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"
)

// upload sends a file of people.
func (v visitor) upload(content string) answer {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "people.csv")
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content)) // into memory
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, "/people/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return v.do(r)
}

func TestImport(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		header := m.officer.get("/people/import/template.csv").shows(200).body
		row := `Ada Lund,ada@merrow.example,harbour,"staff, desk",,+99 1,Pilots,7,x,yes`
		m.officer.get("/people/import").shows(200, "Download a file")
		m.officer.leads(m.officer.upload(header+row+"\r\n"+`,grace@merrow.example,,,,+99 2,,,,`+"\r\n"), "/people?added=1&changed=1&unchanged=0").
			shows(200, "1 person added, 1 changed", "Ada Lund")
		m.officer.get("/people?role=desk").shows(200, "Ada Lund")
	})
}

func TestImportTakesNothingWhereSomethingIsWrong(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.post("/people/import").shows(422, "Choose the file")
		m.officer.upload("name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo,harbour\nCy,cy@merrow.example,\"har").
			shows(422, "Error: Import people", "Nothing has been imported", "Line 3, mail: ", "Line 4: ")
		m.officer.upload("name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo@merrow.example,<nowhere>\n").
			shows(422, "1 problem in the file", "Line 3: ", "&lt;nowhere&gt;")
		m.officer.upload("name,mail,organisation\nAda Lund,ada@merrow.example,harbour\nBo,bo@merrow.example,light\n").shows(403, "Line 3")
		wrong := "mail\n"
		for i := range 150 {
			wrong += fmt.Sprintf("wrong%d\n", i)
		}
		m.officer.upload(wrong).shows(422, "150 problems in the file", "And 50 more like them")
		m.officer.get("/people").shows(200).lacks("Ada Lund")
	})
}
