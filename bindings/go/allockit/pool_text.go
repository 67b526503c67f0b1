package allockit

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The texts that C writes count what lies idle on the Go side as out. Here every
// such figure gets the difference that Stats would show.

// differences is by how much fields differ, under their names in C without the
// underscores. A difference may be negative, as numbers of 64 bits are.
type differences map[string]uint64

func (d differences) note(raw, real any) {
	a, b := reflect.ValueOf(raw), reflect.ValueOf(real)
	for i := range a.NumField() {
		if a.Field(i).CanUint() {
			d[strings.ToLower(a.Type().Field(i).Name)] += b.Field(i).Uint() - a.Field(i).Uint()
		}
	}
}

func (d differences) of(field string) uint64 { return d[strings.ReplaceAll(field, "_", "")] }

// poolDifferences are those of one pool and its classes.
type poolDifferences struct {
	name    string
	pool    differences
	classes []differences
	sizes   []uint64 // capacity of each class
}

// allDifferences are those of every open pool by its id, and of the process.
func allDifferences() (pools map[uint64]poolDifferences, process differences) {
	pools, process = map[uint64]poolDifferences{}, differences{}
	for _, p := range openPools() {
		f, err := p.figures("Pool.Stats")
		if err != nil {
			continue // closed meanwhile
		}
		d := poolDifferences{name: p.config.Name, pool: differences{}}
		d.pool.note(f.rawPool, f.pool)
		for i := range f.classes {
			d.classes = append(d.classes, differences{})
			d.classes[i].note(f.rawClasses[i], f.classes[i])
			d.sizes = append(d.sizes, f.classes[i].BlockBytes)
		}
		pools[p.id] = d
		for _, field := range []string{"usedbytes", "cachedbytes", "misusestotal"} {
			process[field] += d.pool[field]
		}
	}
	return pools, process
}

// corrected is a number of a text plus a difference.
func corrected(digits string, difference uint64) string {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || difference == 0 {
		return digits
	}
	return strconv.FormatUint(minus(n+difference, 0), 10)
}

var jsonField = regexp.MustCompile(`"([a-z_0-9]+)":(\d+)`)

// correctJSON follows the order in which C writes: the figures of the process, and
// those of handles, each after its "id"; those of a class after its "index".
func correctJSON(text string) string {
	pools, d := allDifferences()
	if len(pools) == 0 {
		return text
	}
	var handle poolDifferences
	return jsonField.ReplaceAllStringFunc(text, func(pair string) string {
		m := jsonField.FindStringSubmatch(pair)
		key, digits := m[1], m[2]
		n, _ := strconv.ParseUint(digits, 10, 64)
		switch key {
		case "id":
			handle = pools[n]
			d = handle.pool
		case "index":
			d = nil
			if n < uint64(len(handle.classes)) {
				d = handle.classes[n]
			}
		}
		return `"` + key + `":` + corrected(digits, d.of(key))
	})
}

var (
	metricLine  = regexp.MustCompile(`(?m)^allockit_(pool_class|pool|process)_([a-z_0-9]+)\{([^}]*)\} (\d+)$`)
	classLabels = regexp.MustCompile(`id="(\d+)",block_bytes="(\d+)"`)
)

// correctMetrics adds the differences of all pools with the handle's label, as C adds
// up the handles; classes are labelled by the pool's id and their capacity.
func correctMetrics(text string, id uint64) string {
	pools, process := allDifferences()
	if len(pools) == 0 {
		return text
	}
	named := map[string]differences{}
	for of, d := range pools {
		if id != 0 && id != of {
			continue
		}
		label := `handle="` + d.name + `"`
		if named[label] == nil {
			named[label] = differences{}
		}
		for field, difference := range d.pool {
			named[label][field] += difference
		}
	}
	return metricLine.ReplaceAllStringFunc(text, func(line string) string {
		m := metricLine.FindStringSubmatch(line)
		d := process
		switch m[1] {
		case "pool":
			label, _, _ := strings.Cut(m[3], ",")
			d = named[label]
		case "pool_class":
			d = classOf(pools, m[3])
		}
		return strings.TrimSuffix(line, m[4]) + corrected(m[4], d.of(m[2]))
	})
}

// classOf finds the class that the labels of a metric name.
func classOf(pools map[uint64]poolDifferences, labels string) differences {
	m := classLabels.FindStringSubmatch(labels)
	if m == nil {
		return nil
	}
	id, _ := strconv.ParseUint(m[1], 10, 64)
	size, _ := strconv.ParseUint(m[2], 10, 64)
	d := pools[id]
	if i := slices.Index(d.sizes, size); i >= 0 {
		return d.classes[i]
	}
	return nil
}
