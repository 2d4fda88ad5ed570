// Real protocol peers at their versions, as tools of a module of their own: what they need stays out of the server's.
// Tests with the build tag peers build them, start them on loopback and play through what devices do.
module portcullis/peertest

go 1.26.0

tool (
	github.com/jessepeterson/kmfddm/cmd/kmfddm
	github.com/jessepeterson/mdmb/cmd/mdmb
	github.com/micromdm/nanomdm/cmd/nanomdm
	github.com/micromdm/scep/v2/cmd/scepserver
)

require (
	filippo.io/edwards25519 v1.1.0 // indirect
	github.com/alexedwards/flow v0.0.0-20220806114457-cf11be9e0e03 // indirect
	github.com/cespare/xxhash v1.1.0 // indirect
	github.com/go-kit/kit v0.10.0 // indirect
	github.com/go-logfmt/logfmt v0.5.1 // indirect
	github.com/go-sql-driver/mysql v1.8.1 // indirect
	github.com/google/btree v1.0.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/mux v1.7.3 // indirect
	github.com/groob/finalizer v0.0.0-20170707115354-4c2ed49aabda // indirect
	github.com/groob/plist v0.0.0-20190114192801-a99fbe489d03 // indirect
	github.com/jessepeterson/cfgprofiles v0.0.0-20210303044236-3a0d6e075e27 // indirect
	github.com/jessepeterson/kmfddm v0.8.3 // indirect
	github.com/jessepeterson/mdmb v0.1.0 // indirect
	github.com/lib/pq v1.10.9 // indirect
	github.com/micromdm/nanolib v0.5.0 // indirect
	github.com/micromdm/nanomdm v0.9.0 // indirect
	github.com/micromdm/plist v0.2.1 // indirect
	github.com/micromdm/scep v1.0.1-0.20201110133952-f3adbb75202b // indirect
	github.com/micromdm/scep/v2 v2.3.0 // indirect
	github.com/peterbourgon/diskv/v3 v3.0.1 // indirect
	github.com/pkg/errors v0.8.1 // indirect
	github.com/smallstep/pkcs7 v0.2.1 // indirect
	github.com/smallstep/scep v0.0.0-20241223071629-a37a330173bc // indirect
	github.com/valyala/fastjson v1.6.4 // indirect
	go.etcd.io/bbolt v1.3.3 // indirect
	go.mozilla.org/pkcs7 v0.10.0 // indirect
	golang.org/x/crypto v0.33.0 // indirect
	golang.org/x/net v0.34.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	golang.org/x/text v0.22.0 // indirect
)
