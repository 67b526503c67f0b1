//go:build !race

package allockit

const raceEnabled = false
