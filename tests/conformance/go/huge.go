package main

import (
	"fmt"
	"strings"

	"allockit"
)

var hugeOperations = map[string]operation{
	"huge_create":      opHugeCreate,
	"huge_destroy":     opHugeDestroy,
	"huge_free":        opHugeFree,
	"huge_stats":       opHugeStats,
	"huge_save":        opHugeSave,
	"huge_config":      opHugeConfig,
	"huge_suggest":     opHugeSuggest,
	"huge_purge":       opHugePurge,
	"huge_node":        opHugeNode,
	"huge_alloc":       opHugeAlloc,
	"huge_reason":      opHugeReason,
	"huge_system":      opHugeSystem,
	"huge_system_save": opHugeSystemSave,
	"huge_system_node": opHugeSystemNode,
	"huge_system_text": opHugeSystemText,
}

func opHugeCreate(s *state, w []string) error {
	var config allockit.HugeConfig
	for _, assignment := range w[1:] {
		if err := s.set(&config, assignment); err != nil {
			return err
		}
	}
	h, err := allockit.NewHuge(config)
	if err != nil {
		return err
	}
	stats, err := h.Stats()
	if err != nil {
		return err
	}
	s.handles[w[0]] = &handle{huge: h, id: stats.ID}
	return nil
}

func opHugeDestroy(s *state, w []string) error {
	if len(w) > 1 {
		return s.huge(w[0]).CloseDeferred()
	}
	return s.huge(w[0]).Close()
}

func opHugeFree(s *state, w []string) error { return s.huge(w[0]).Free(s.block(w[1])) }

func opHugeStats(s *state, w []string) error {
	stats, err := s.huge(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opHugeSave(s *state, w []string) error {
	stats, err := s.huge(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

func opHugeConfig(s *state, w []string) error {
	config, err := s.huge(w[0]).Config()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opHugeSuggest(s *state, w []string) error {
	config, err := s.huge(w[0]).Suggest()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opHugePurge(s *state, w []string) error {
	_, err := s.huge(w[0]).Purge(purgeFlags(w[1]))
	return err
}

func opHugeNode(s *state, w []string) error {
	bytes, err := s.huge(w[0]).NodeBytes(s.size(w[1]))
	if err != nil || len(w) == 2 {
		return err
	}
	return s.compare(bytes, w[2:])
}

func opHugeAlloc(s *state, w []string) error {
	alignment, flags := s.alignmentAndFlags(w[3:])
	b, backing, err := s.huge(w[0]).AllocWith(s.size(w[2]), alignment, flags)
	if err == nil {
		s.backing[address(b)] = backing
	}
	return s.made(w[1], b, err)
}

func opHugeReason(s *state, w []string) error {
	count, err := s.huge(w[0]).ReasonCount(allockit.Reason(s.number(w[1])))
	if err != nil || len(w) == 2 {
		return err
	}
	return s.compare(count, w[2:])
}

func opHugeSystem(s *state, w []string) error {
	system, err := allockit.HugeSystem()
	if err != nil {
		return err
	}
	return s.compare(figure(&system, w[0]), w[1:])
}

func opHugeSystemSave(s *state, w []string) error {
	system, err := allockit.HugeSystem()
	if err == nil {
		s.saved[w[0]] = figure(&system, w[1])
	}
	return err
}

func opHugeSystemNode(s *state, w []string) error {
	system, err := allockit.HugeSystemNode(s.size(w[0]))
	if err != nil || len(w) == 1 {
		return err
	}
	return s.compare(figure(&system, w[1]), w[2:])
}

func opHugeSystemText(_ *state, w []string) error {
	text, err := allockit.HugeSystemText()
	if err == nil && !strings.Contains(text, w[0]) {
		err = fmt.Errorf("not in %s", text)
	}
	return err
}
