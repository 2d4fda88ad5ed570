module m

go 1.26.0

require (
	a.example/direct v1.0.0
	a.example/far v1.1.0 // indirect
)
