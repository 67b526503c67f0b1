module goserver

go 1.24

require (
	allockit v0.0.0
	github.com/valyala/bytebufferpool v1.0.0
)

replace allockit => ../../../bindings/go/allockit
