module m/tools

go 1.26.0

tool a.example/tool/cmd/x

require (
	a.example/far v1.1.0 // indirect
	a.example/tool v1.3.0 // indirect
	m v0.0.0
)

replace m => ../
