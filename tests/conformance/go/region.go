package main

import (
	"unsafe"

	"allockit"
)

var regionOperations = map[string]operation{
	"region_create":   opRegionCreate,
	"region_destroy":  opRegionDestroy,
	"region_free":     opRegionFree,
	"region_stats":    opRegionStats,
	"region_save":     opRegionSave,
	"region_config":   opRegionConfig,
	"region_suggest":  opRegionSuggest,
	"region_purge":    opRegionPurge,
	"region_node":     opRegionNode,
	"region_alloc":    opRegionAlloc,
	"region_realloc":  opRegionRealloc,
	"region_prefault": opRegionPrefault,
	"region_pin":      opRegionPin,
	"region_unpin":    opRegionUnpin,
}

func opRegionCreate(s *state, w []string) error {
	var config allockit.RegionConfig
	for _, assignment := range w[1:] {
		if err := s.set(&config, assignment); err != nil {
			return err
		}
	}
	h, err := allockit.NewRegion(config)
	if err != nil {
		return err
	}
	stats, err := h.Stats()
	if err != nil {
		return err
	}
	s.handles[w[0]] = &handle{region: h, id: stats.ID}
	return nil
}

func opRegionDestroy(s *state, w []string) error {
	if len(w) > 1 {
		return s.region(w[0]).CloseDeferred()
	}
	return s.region(w[0]).Close()
}

func opRegionFree(s *state, w []string) error { return s.region(w[0]).Free(s.block(w[1])) }

func opRegionStats(s *state, w []string) error {
	stats, err := s.region(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opRegionSave(s *state, w []string) error {
	stats, err := s.region(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

func opRegionConfig(s *state, w []string) error {
	config, err := s.region(w[0]).Config()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opRegionSuggest(s *state, w []string) error {
	config, err := s.region(w[0]).Suggest()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opRegionPurge(s *state, w []string) error {
	_, err := s.region(w[0]).Purge(purgeFlags(w[1]))
	return err
}

func opRegionNode(s *state, w []string) error {
	bytes, err := s.region(w[0]).NodeBytes(s.size(w[1]))
	if err != nil || len(w) == 2 {
		return err
	}
	return s.compare(bytes, w[2:])
}

func opRegionAlloc(s *state, w []string) error {
	alignment, flags := s.alignmentAndFlags(w[3:])
	b, err := s.region(w[0]).AllocWith(s.size(w[2]), alignment, flags)
	return s.made(w[1], b, err)
}

// alignmentAndFlags are the words that may be left out.
func (s *state) alignmentAndFlags(w []string) (alignment int, flags allockit.AllocFlags) {
	if len(w) > 0 {
		alignment = s.size(w[0])
	}
	if len(w) > 1 {
		flags = allocFlags(w[1])
	}
	return alignment, flags
}

func opRegionRealloc(s *state, w []string) error {
	var flags allockit.AllocFlags
	if len(w) > 3 {
		flags = allocFlags(w[3])
	}
	b, err := s.region(w[0]).ResizeWith(s.oldBlock(w[1]), s.size(w[2]), flags)
	return s.made(w[1], b, err)
}

func opRegionPrefault(s *state, w []string) error {
	b := s.block(w[1])[:0]
	if len(w) > 2 {
		b = unsafe.Slice(unsafe.SliceData(b), s.size(w[2]))
	}
	return s.region(w[0]).Prefault(b)
}

func opRegionPin(s *state, w []string) error   { return s.region(w[0]).Pin(s.block(w[1])) }
func opRegionUnpin(s *state, w []string) error { return s.region(w[0]).Unpin(s.block(w[1])) }
