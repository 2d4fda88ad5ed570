module portcullis

go 1.26.0
