package main

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"allockit"
)

// state is what the lines of a case have made so far.
type state struct {
	handles map[string]*handle
	blocks  map[string][]byte
	batches map[string]int // how many blocks V.0, V.1 ... there are
	saved   map[string]uint64
	backing map[uintptr]allockit.Backing // what huge_alloc told, by the block's address
	memory  [][]byte                     // what regions, pools and rings stand on

	caches bool // whether pools keep anything on the Go side
}

// handle is one of the kinds, or an io_uring of the runner.
type handle struct {
	tiered *allockit.Tiered
	region *allockit.Region
	huge   *allockit.Huge
	pool   *allockit.Pool
	ring   *allockit.Ring
	uring  *allockit.Uring
	group  *allockit.Group
	file   *os.File
	id     uint64
}

func (h *handle) Close() error {
	switch {
	case h.region != nil:
		return h.region.Close()
	case h.huge != nil:
		return h.huge.Close()
	case h.pool != nil:
		return h.pool.CloseNow()
	case h.ring != nil:
		return h.ring.CloseNow()
	case h.file != nil:
		return h.file.Close()
	case h.uring != nil || h.group != nil:
		return nil
	default:
		return h.tiered.Close()
	}
}

// endRegistration ends groups and registrations, which come before what they are made
// of.
func (h *handle) endRegistration() {
	if h.group != nil {
		h.group.CloseNow()
	}
	if h.uring != nil {
		h.uring.CloseNow()
	}
}

func (s *state) any(name string) *handle {
	h := s.handles[name]
	if h == nil {
		panic("no handle " + name)
	}
	return h
}

func (s *state) handle(name string) *allockit.Tiered {
	if h := s.any(name).tiered; h != nil {
		return h
	}
	panic(name + " is no heap")
}

func (s *state) region(name string) *allockit.Region {
	if h := s.any(name).region; h != nil {
		return h
	}
	panic(name + " is no region")
}

func (s *state) huge(name string) *allockit.Huge {
	if h := s.any(name).huge; h != nil {
		return h
	}
	panic(name + " does not give huge pages")
}

func (s *state) pool(name string) *allockit.Pool {
	if p := s.any(name).pool; p != nil {
		return p
	}
	panic(name + " is no pool")
}

func (s *state) ring(name string) *allockit.Ring {
	if r := s.any(name).ring; r != nil {
		return r
	}
	panic(name + " is no ring")
}

func (s *state) uring(name string) *allockit.Uring {
	if u := s.any(name).uring; u != nil {
		return u
	}
	panic(name + " is no registration")
}

func (s *state) group(name string) *allockit.Group {
	if g := s.any(name).group; g != nil {
		return g
	}
	panic(name + " is no group")
}

// block is a block by name, or an address inside of one.
func (s *state) block(name string) []byte {
	name, offset, inside := strings.Cut(name, "+")
	b, known := s.blocks[name]
	if !known {
		panic("no block " + name)
	}
	if inside {
		at := unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), s.number(offset))
		return unsafe.Slice((*byte)(at), 0)
	}
	return b
}

// oldBlock is the block to resize; a name not known yet is nil.
func (s *state) oldBlock(name string) []byte {
	if plain, _, _ := strings.Cut(name, "+"); s.blocks[plain] == nil {
		return nil
	}
	return s.block(name)
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// batch is the blocks of a batch.
func (s *state) batch(name string) [][]byte {
	n, known := s.batches[name]
	if !known {
		panic("no batch " + name)
	}
	blocks := make([][]byte, n)
	for i := range blocks {
		blocks[i] = s.block(name + "." + strconv.Itoa(i))
	}
	return blocks
}

func (s *state) setBatch(name string, blocks [][]byte) {
	s.batches[name] = len(blocks)
	for i, b := range blocks {
		s.blocks[name+"."+strconv.Itoa(i)] = b
	}
}

// number reads 64 bits as the file writes them.
func (s *state) number(word string) uint64 {
	switch word {
	case "max":
		return math.MaxUint64
	case "ptrmax":
		return math.MaxInt64
	case "ptrmax1":
		return math.MaxInt64 + 1
	}
	if name, ok := strings.CutPrefix(word, "$"); ok {
		n, known := s.saved[name]
		if !known {
			panic("nothing saved as " + name)
		}
		return n
	}
	digits := strings.TrimRight(word, "KMGT")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		panic(err)
	}
	shift := map[string]uint{"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
	by, known := shift[word[len(digits):]]
	if !known || n > math.MaxUint64>>by {
		panic("not a number: " + word)
	}
	return n << by
}

// size is a number as an argument of the binding: what does not fit becomes
// negative, and the binding has to refuse that as it refuses the number.
func (s *state) size(word string) int { return int(s.number(word)) }

// compare answers "OP N" at the end of a line.
func (s *state) compare(have uint64, words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("expected a comparison, found %q", words)
	}
	want := s.number(words[1])
	held := false
	switch words[0] {
	case "=":
		held = have == want
	case ">=":
		held = have >= want
	case "<=":
		held = have <= want
	case ">":
		held = have > want
	case "<":
		held = have < want
	default:
		return fmt.Errorf("unknown comparison %s", words[0])
	}
	if !held {
		return fmt.Errorf("it is %d", have)
	}
	return nil
}

// field finds a field by its name in C; v points to a struct of the binding.
func field(v any, name string) reflect.Value {
	plain := strings.ReplaceAll(name, "_", "")
	f := reflect.ValueOf(v).Elem().FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, plain) })
	if !f.IsValid() {
		panic("no field " + name)
	}
	return f
}

// figure is the number in a field.
func figure(v any, name string) uint64 {
	f := field(v, name)
	switch {
	case f.Kind() == reflect.Bool && f.Bool():
		return 1
	case f.Kind() == reflect.Bool:
		return 0
	case !f.CanUint():
		panic(name + " is not a number")
	}
	return f.Uint()
}

// set is the field of a configuration that an assignment of the file names. A
// value that the field's type does not have is the library's EINVAL.
func (s *state) set(config any, assignment string) error {
	name, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return fmt.Errorf("not an assignment: %s", assignment)
	}
	switch f := field(config, name); f.Interface().(type) {
	case string:
		f.SetString(value)
	case bool:
		n := s.number(value)
		if n > 1 {
			return &allockit.Error{Op: name, Err: syscall.EINVAL}
		}
		f.SetBool(n == 1)
	case []byte:
		memory, err := syscall.Mmap(-1, 0, s.size(value), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			return err
		}
		s.memory = append(s.memory, memory)
		f.SetBytes(memory)
	case *allockit.Region:
		f.Set(reflect.ValueOf(s.region(value)))
	case *allockit.Huge:
		f.Set(reflect.ValueOf(s.huge(value)))
	default:
		f.SetUint(s.number(value))
	}
	return nil
}

// compareConfig answers "FIELD OP N" and "name = TEXT".
func (s *state) compareConfig(config any, words []string) error {
	if words[0] != "name" {
		return s.compare(figure(config, words[0]), words[1:])
	}
	if have := field(config, "name").String(); words[1] != "=" || have != words[2] {
		return fmt.Errorf("it is %q", have)
	}
	return nil
}

func allocFlags(word string) (flags allockit.AllocFlags) {
	known := map[string]allockit.AllocFlags{"zero": allockit.AllocZero, "no_move": allockit.AllocNoMove,
		"no_cache": allockit.AllocNoCache, "guard": allockit.AllocGuard}
	return orFlags(word, known)
}

func purgeFlags(word string) (flags allockit.PurgeFlags) {
	known := map[string]allockit.PurgeFlags{"due": allockit.PurgeDue, "all": allockit.PurgeAll, "wait": allockit.PurgeWait}
	return orFlags(word, known)
}

func orFlags[F ~uint32](word string, known map[string]F) (flags F) {
	if word == "-" {
		return 0
	}
	for _, w := range strings.Split(word, "+") {
		f, ok := known[w]
		if !ok {
			panic("unknown flag " + w)
		}
		flags |= f
	}
	return flags
}
