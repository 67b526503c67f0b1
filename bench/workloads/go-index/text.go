package main

// scan calls f with every pair of neighbouring words of text from the given
// place on, in lower case with a blank between, and the line of the second. The
// key is valid during the call. f returns false to end the scan.
func scan(text []byte, from int, f func(key []byte, line uint32) bool) {
	var buffer [2 * (maxWord + 1)]byte
	key := buffer[:0]
	line := uint32(1)
	for i := from; i < len(text); {
		c := letter[text[i]]
		if c == 0 {
			if text[i] == '\n' {
				line++
			}
			i++
			continue
		}
		second := len(key)
		for n := 0; i < len(text); i, n = i+1, n+1 {
			if c = letter[text[i]]; c == 0 {
				break
			}
			if n < maxWord {
				key = append(key, c)
			}
		}
		if second > 0 && !f(key, line) {
			return
		}
		n := copy(key, key[second:])
		key = append(key[:n], ' ')
	}
}

const maxWord = 40

// letter is the lower case of what words are made of, and 0 of all else.
var letter = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	t['_'] = '_'
	return t
}()
