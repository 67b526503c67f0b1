package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// file is open all the time, so that a request costs one read of it.
type file struct {
	*os.File
	size int
}

const largest = 65_000

// openFiles opens the files below a folder in the order of their names; server
// and load generator number them alike.
func openFiles(folder string) []file {
	var all []file
	root, err := filepath.EvalSymlinks(folder)
	check(err)
	check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.Size() == 0 || info.Size() >= largest {
			return err
		}
		f, err := os.Open(path)
		all = append(all, file{f, int(info.Size())})
		return err
	}))
	if len(all) == 0 {
		fail("no files in " + folder)
	}
	return all
}

// read fills b, which is as long as the file.
func (f file) read(b []byte) {
	if n, err := f.ReadAt(b, 0); n != len(b) {
		fail(f.Name() + ": " + err.Error())
	}
}
