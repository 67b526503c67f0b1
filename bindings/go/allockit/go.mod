module allockit

go 1.24
