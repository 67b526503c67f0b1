package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"allockit"
)

var poolLookOperations = map[string]operation{
	"capacity":       opCapacity,
	"leaks":          opLeaks,
	"leak":           opLeak,
	"pool_stats":     opPoolStats,
	"pool_save":      opPoolSave,
	"pool_config":    opPoolConfig,
	"pool_suggest":   opPoolSuggest,
	"pool_classes":   opPoolClasses,
	"pool_class":     opPoolClass,
	"pool_class_sum": opPoolClassSum,
}

// notFound is the answer to what the binding has no call for, because it returns
// all at once.
var notFound = &allockit.Error{Op: "conformance", Err: syscall.ENOENT}

func opCapacity(s *state, w []string) error {
	return s.compare(uint64(s.pool(w[0]).Capacity(s.buffer(w[1]))), w[2:])
}

func (s *state) leaks(name string) ([]allockit.BlockInfo, error) {
	leaks, err := s.pool(name).Leaks()
	if err != nil {
		return nil, err
	}
	for i := range leaks[min(1, len(leaks)):] {
		if leaks[i].Base >= leaks[i+1].Base {
			return nil, errors.New("the walk is not in the order of the addresses")
		}
	}
	return leaks, nil
}

func opLeaks(s *state, w []string) error {
	leaks, err := s.leaks(w[0])
	if err != nil {
		return err
	}
	return s.compare(uint64(len(leaks)), w[1:])
}

func opLeak(s *state, w []string) error {
	leaks, err := s.leaks(w[0])
	if err != nil {
		return err
	}
	at := address(s.block(w[1]))
	i := slices.IndexFunc(leaks, func(leak allockit.BlockInfo) bool { return leak.Base == at })
	if i < 0 {
		return notFound
	}
	return s.compare(figure(&leaks[i], w[2]), w[3:])
}

func opPoolStats(s *state, w []string) error {
	stats, err := s.pool(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opPoolSave(s *state, w []string) error {
	stats, err := s.pool(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

func opPoolConfig(s *state, w []string) error {
	config, err := s.pool(w[0]).Config()
	if err != nil {
		return err
	}
	return s.comparePoolConfig(&config, w[1:])
}

func opPoolSuggest(s *state, w []string) error {
	config, err := s.pool(w[0]).Suggest()
	if err != nil {
		return err
	}
	return s.comparePoolConfig(&config, w[1:])
}

// comparePoolConfig also answers about the list of classes.
func (s *state) comparePoolConfig(config *allockit.PoolConfig, w []string) error {
	switch have := config.ClassBytes; w[0] {
	case "class_count":
		return s.compare(uint64(len(have)), w[1:])
	case "class_bytes":
		if w[1] != "=" || !slices.Equal(have, s.numbers(w[2])) {
			return fmt.Errorf("the classes are %v", have)
		}
		return nil
	}
	return s.compareConfig(config, w)
}

func opPoolClasses(s *state, w []string) error {
	return s.compare(uint64(s.pool(w[0]).ClassCount()), w[1:])
}

func opPoolClass(s *state, w []string) error {
	classes, err := s.pool(w[0]).ClassStats()
	if err != nil {
		return err
	}
	if len(classes) != s.pool(w[0]).ClassCount() {
		return fmt.Errorf("figures of %d classes", len(classes))
	}
	i := s.number(w[1])
	if i >= uint64(len(classes)) {
		return notFound
	}
	return s.compare(figure(&classes[i], w[2]), w[3:])
}

func opPoolClassSum(s *state, w []string) error {
	classes, err := s.pool(w[0]).ClassStats()
	if err != nil {
		return err
	}
	sum := uint64(0)
	for i := range classes {
		sum += figure(&classes[i], w[1])
	}
	return s.compare(sum, w[2:])
}
